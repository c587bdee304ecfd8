#include "layer/deflate_block.hpp"

#include <array>
#include <cassert>
#include <new>

namespace rootlet::layer {

Deflate::Deflate(int level) : packer_(libdeflate_alloc_compressor(level)), read_(kBlock) {
  if (packer_ == nullptr || inflateInit2(&reader_, -15) != Z_OK) throw std::bad_alloc();
  // Has zlib allocate its window, which it otherwise does when it first reads.
  if (inflateSetDictionary(&reader_, read_.data(), 1 << 15) != Z_OK) {
    inflateEnd(&reader_);
    throw std::bad_alloc();
  }
}

Deflate::~Deflate() {
  inflateEnd(&reader_);
}

size_t Deflate::run(std::span<const Bytef> in, bool last, std::span<Bytef> out) {
  const size_t packed = libdeflate_deflate_compress(packer_.get(), in.data(), in.size(), out.data(), out.size() - kMark);
  assert(packed > 0);
  return last ? packed : open(out, packed);
}

// Says of the last block that it is not, and fills the last byte up with an empty block, as a flush does.
size_t Deflate::open(std::span<Bytef> out, size_t packed) {
  inflateReset(&reader_);
  reader_.next_in = out.data();
  reader_.avail_in = static_cast<uInt>(packed);
  // zlib.h, "inflate": bit 6 of data_type: just behind the last block; the lowest three: unused bits of the byte before.
  const auto behind_the_last = [&] { return (reader_.data_type & 64) != 0; };
  const auto unused = [&] { return static_cast<unsigned>(reader_.data_type & 7); };
  size_t begin = 0;  // of the block that is read, in bits
  for (;;) {
    reader_.next_out = read_.data();
    reader_.avail_out = static_cast<uInt>(read_.size());
    if (inflate(&reader_, Z_BLOCK) != Z_OK || behind_the_last()) break;
    begin = 8 * reader_.total_in - unused();
  }
  assert(behind_the_last() && reader_.avail_in == 0);
  out[begin / 8] = static_cast<Bytef>(out[begin / 8] & ~(1U << (begin % 8)));
  if (unused() < 3) out[packed++] = 0;  // the three bits of a stored block's header, and what fills their byte
  for (const Bytef byte : std::array<Bytef, 4>{0x00, 0x00, 0xff, 0xff}) out[packed++] = byte;  // its length, and that inverted
  return packed;
}

}  // namespace rootlet::layer
