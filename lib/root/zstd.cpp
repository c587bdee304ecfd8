#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <new>

#include "root/unpack.hpp"

namespace rootlet {
namespace {

// Frames one behind the other; those to be skipped have no content (RFC 8878, 3.1.2).
class ZstdUnpacker final : public Unpacker {
 public:
  ZstdUnpacker(const Source& source, const Point& from, Digest* digest, const std::string& shown)
      : input_(source, from.in, digest, shown), stream_(ZSTD_createDStream()) {
    if (!stream_) throw std::bad_alloc();
  }

  Result<size_t> read(std::span<std::byte> out) override {
    while (true) {
      auto rest = input_.rest();
      if (!rest) return Unexpected(std::move(rest).error());
      if (rest->empty() && !inside_) return size_t{0};
      ZSTD_inBuffer in{rest->data(), rest->size(), 0};
      ZSTD_outBuffer to{out.data(), out.size(), 0};
      const size_t hint = ZSTD_decompressStream(stream_.get(), &to, &in);
      input_.use(in.pos);
      if (ZSTD_isError(hint) != 0) return failure(hint);
      inside_ = hint != 0;
      if (to.pos > 0) return to.pos;
      if (rest->empty() && inside_) return input_.malformed("ends inside a zstd frame");
    }
  }

  std::optional<Point> point() override {
    if (inside_) return std::nullopt;
    return Point{0, input_.position(), true, 0, {}};
  }
  uint64_t memory() const override { return kPackedPiece + ZSTD_sizeof_DStream(stream_.get()); }

 private:
  struct Free {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
  };

  Unexpected failure(size_t status) const {
    const ZSTD_ErrorCode code = ZSTD_getErrorCode(status);
    if (code == ZSTD_error_memory_allocation) throw std::bad_alloc();
    Unexpected error = input_.malformed(std::string("zstd: ") + ZSTD_getErrorName(status));
    if (code == ZSTD_error_frameParameter_windowTooLarge) error.error().code = ErrorCode::too_large;
    return error;
  }

  PackedInput input_;
  std::unique_ptr<ZSTD_DStream, Free> stream_;
  bool inside_ = false;  // a frame
};

}  // namespace

std::unique_ptr<Unpacker> make_zstd_unpacker(const Source& source, const Point& from, Digest* digest, const std::string& shown) {
  return std::make_unique<ZstdUnpacker>(source, from, digest, shown);
}

}  // namespace rootlet
