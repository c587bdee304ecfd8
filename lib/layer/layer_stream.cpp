#include "layer/layer_stream.hpp"

#include <numeric>
#include <vector>

#include "base/digest.hpp"
#include "layer/compressor.hpp"
#include "layer/digest_thread.hpp"
#include "layer/members.hpp"
#include "layer/threads.hpp"

namespace rootlet::layer {

namespace {

// Hands on what passes, measured.
class Measured : public Sink {
 public:
  Measured(Sink& out, bool threaded) : out_(out), digest_(threaded) {}
  Result<void> write(std::span<const std::byte> bytes) override {
    digest_.add(bytes);
    size_ += bytes.size();
    return out_.write(bytes);
  }
  std::string digest() { return digest_.hex(); }
  uint64_t size() const { return size_; }

 private:
  Sink& out_;
  DigestThread digest_;
  uint64_t size_ = 0;
};

}  // namespace

Result<WrittenLayer> write_layer(const Plan& plan, std::span<const size_t> entries, Root& root, Sink& out, Compression compression, int level,
                                 unsigned threads, Meter& meter) {
  const bool threaded = thread_count(threads) > 1;
  if (compression == Compression::none) {
    Measured measured(out, threaded);
    if (auto written = write_members(plan, entries, root, measured, meter); !written) return Unexpected(std::move(written).error());
    const std::string digest = measured.digest();
    return WrittenLayer{digest, digest, measured.size(), measured.size()};
  }
  Measured packed(out, false);
  auto compressor = make_compressor(compression, level, threads, packed);
  if (!compressor) return Unexpected(std::move(compressor).error());
  Measured unpacked(**compressor, threaded);
  if (auto written = write_members(plan, entries, root, unpacked, meter); !written) return Unexpected(std::move(written).error());
  if (auto finished = (*compressor)->finish(); !finished) return Unexpected(std::move(finished).error());
  return WrittenLayer{unpacked.digest(), packed.digest(), packed.size(), unpacked.size()};
}

Result<WrittenLayer> write_layer(const Plan& plan, Root& root, Sink& out, Compression compression, int level, unsigned threads, Meter& meter) {
  std::vector<size_t> all(plan.entries.size());
  std::iota(all.begin(), all.end(), size_t{0});
  return write_layer(plan, all, root, out, compression, level, threads, meter);
}

}  // namespace rootlet::layer
