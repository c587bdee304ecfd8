// A piece of a gzip member, compressed by itself.
#pragma once

#include <libdeflate.h>
#define ZLIB_CONST
#include <zlib.h>

#include <memory>
#include <span>
#include <vector>

namespace rootlet::layer {

// Where the input is cut depends on nothing but the input. A longer piece is packed better, since nothing before it is referred to.
inline constexpr size_t kBlock = 512 * 1024;

// libdeflate packs, three times as fast as zlib; but what it makes of a piece is a whole deflate stream (RFC 1951). So that pieces
// joined are one stream, what is not the last is opened at its end again, in the way of zlib's examples/gzjoin.c.
class Deflate {
 public:
  explicit Deflate(int level);
  ~Deflate();
  Deflate(const Deflate&) = delete;
  Deflate& operator=(const Deflate&) = delete;

  // The most that a block becomes.
  size_t bound() { return libdeflate_deflate_compress_bound(packer_.get(), kBlock) + kMark; }

  // Returns the length of what it put into `out`, which is as large as bound() says. Allocates nothing.
  size_t run(std::span<const Bytef> in, bool last, std::span<Bytef> out);

 private:
  static constexpr size_t kMark = 5;  // a stored block of no bytes, from the next byte's beginning on
  struct Free {
    void operator()(libdeflate_compressor* packer) const { libdeflate_free_compressor(packer); }
  };

  size_t open(std::span<Bytef> out, size_t packed);

  std::unique_ptr<libdeflate_compressor, Free> packer_;
  z_stream reader_{};
  std::vector<Bytef> read_;
};

struct Block {
  std::vector<Bytef> in;
  size_t length = 0;  // of `in`
  bool last = false;
  std::vector<Bytef> out;
  size_t packed = 0;  // of `out`
  uLong crc = 0;
  bool done = false;

  void compress(Deflate& deflate) {
    const std::span<const Bytef> data(in.data(), length);
    packed = deflate.run(data, last, out);
    crc = libdeflate_crc32(0, data.data(), data.size());
  }
};

}  // namespace rootlet::layer
