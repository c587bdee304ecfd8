#include "layer/compressor.hpp"

#include "layer/gzip.hpp"
#include "layer/zstd.hpp"

namespace rootlet::layer {

namespace {

class Uncompressed : public Sink {
 public:
  explicit Uncompressed(Sink& out) : out_(out) {}
  Result<void> write(std::span<const std::byte> bytes) override { return out_.write(bytes); }

 private:
  Sink& out_;
};

Result<int> check_level(int level, int usual, int highest, const char* format) {
  if (level == 0) return usual;
  if (level >= 1 && level <= highest) return level;
  return fail(ErrorCode::invalid_argument, std::string(format) + " has no level " + std::to_string(level) + "; give 1 to " + std::to_string(highest) +
                                               ", or 0 for the default of " + std::to_string(usual));
}

}  // namespace

Result<std::unique_ptr<Sink>> make_compressor(Compression compression, int level, unsigned threads, Sink& out) {
  if (compression == Compression::none && level != 0) return fail(ErrorCode::invalid_argument, "what is not compressed has no level; choose gzip or zstd, or leave the level out");
  if (compression == Compression::none) return std::unique_ptr<Sink>(std::make_unique<Uncompressed>(out));
  const bool gzip = compression == Compression::gzip;
  auto checked = gzip ? check_level(level, 6, 9, "gzip") : check_level(level, 3, 19, "zstd");
  if (!checked) return Unexpected(std::move(checked).error());
  return gzip ? make_gzip(*checked, threads, out) : make_zstd(*checked, threads, out);
}

}  // namespace rootlet::layer
