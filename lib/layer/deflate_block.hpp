// A piece of a gzip member, compressed by itself.
#pragma once

#include <zlib.h>

#include <cassert>
#include <new>
#include <span>
#include <vector>

namespace rootlet::layer {

// As pigz does it: a block has the 32 KiB before it for a dictionary and is flushed to a byte's end, so that blocks joined are one
// deflate stream (RFC 1951). Where they are cut depends on nothing but the input.
inline constexpr size_t kBlock = 128 * 1024;
inline constexpr size_t kWindow = 32 * 1024;

class Deflate {
 public:
  explicit Deflate(int level) {
    if (deflateInit2(&stream_, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
  }
  ~Deflate() { deflateEnd(&stream_); }
  Deflate(const Deflate&) = delete;
  Deflate& operator=(const Deflate&) = delete;

  // The most that a block becomes; a flush takes up to 5 bytes on top of what deflateBound() counts.
  size_t bound() { return deflateBound(&stream_, kBlock) + 16; }

  // Returns the length of what it put into `out`, which is as large as bound() says.
  size_t run(std::span<const Bytef> dictionary, std::span<const Bytef> in, bool last, std::span<Bytef> out) {
    deflateReset(&stream_);
    if (!dictionary.empty()) deflateSetDictionary(&stream_, dictionary.data(), static_cast<uInt>(dictionary.size()));
    stream_.next_in = const_cast<Bytef*>(in.data());
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = out.data();
    stream_.avail_out = static_cast<uInt>(out.size());
    [[maybe_unused]] const int done = deflate(&stream_, last ? Z_FINISH : Z_SYNC_FLUSH);
    assert(done == (last ? Z_STREAM_END : Z_OK) && stream_.avail_in == 0 && stream_.avail_out > 0);
    return out.size() - stream_.avail_out;
  }

 private:
  z_stream stream_{};
};

struct Block {
  std::vector<Bytef> in;  // kWindow of what came before it, of which `window` bytes at the end are there; then `length` bytes
  size_t window = 0;
  size_t length = 0;
  bool last = false;
  std::vector<Bytef> out;
  size_t packed = 0;
  uLong crc = 0;
  bool done = false;

  std::span<const Bytef> data() const { return std::span(in).subspan(kWindow, length); }
  void compress(Deflate& deflate) {
    packed = deflate.run(std::span(in).subspan(kWindow - window, window), data(), last, out);
    crc = crc32_z(0, data().data(), data().size());
  }
};

}  // namespace rootlet::layer
