#define ZLIB_CONST
#include <zlib.h>

#include <algorithm>
#include <array>
#include <climits>
#include <new>

#include "root/unpack.hpp"

namespace rootlet {
namespace {

constexpr int kRaw = -15, kWithHeader = 15 + 16;  // inflateInit2(), "windowBits"
constexpr size_t kTrailer = 8;                    // RFC 1952: CRC32 and ISIZE
constexpr size_t kWindow = 32768;

// Members one behind the other. As gzip(1) reads them, a zero where one might begin ends them: what follows is padding, whatever it holds.
class GzipUnpacker final : public Unpacker {
 public:
  GzipUnpacker(const Source& source, const Point& from, Digest* digest, const std::string& shown)
      : input_(source, from.bits > 0 ? from.in - 1 : from.in, digest, shown), raw_(!from.begins), bits_(from.bits), window_(from.window) {
    if (inflateInit2(&stream_, raw_ ? kRaw : kWithHeader) != Z_OK) throw std::bad_alloc();
    inside_ = raw_;
  }
  GzipUnpacker(const GzipUnpacker&) = delete;
  GzipUnpacker& operator=(const GzipUnpacker&) = delete;
  ~GzipUnpacker() override { inflateEnd(&stream_); }

  Result<size_t> read(std::span<std::byte> out) override {
    if (auto begun = begin_raw(); !begun) return Unexpected(std::move(begun).error());
    while (true) {
      auto rest = input_.rest();
      if (!rest) return Unexpected(std::move(rest).error());
      if (!inside_) {
        if (rest->empty()) return size_t{0};
        if (members_ > 0 && rest->front() == std::byte{0}) padding_ = true;
        if (padding_) {
          input_.use(rest->size());
          continue;
        }
        inside_ = true;
      }
      if (rest->empty()) return input_.malformed("ends inside a gzip member");
      const size_t given = std::min<size_t>(rest->size(), UINT_MAX), room = std::min<size_t>(out.size(), UINT_MAX);
      stream_.next_in = reinterpret_cast<const Bytef*>(rest->data());
      stream_.avail_in = static_cast<uInt>(given);
      stream_.next_out = reinterpret_cast<Bytef*>(out.data());
      stream_.avail_out = static_cast<uInt>(room);
      const int status = inflate(&stream_, Z_BLOCK);
      input_.use(given - stream_.avail_in);
      if (status == Z_MEM_ERROR) throw std::bad_alloc();
      if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
        return input_.malformed(std::string("gzip: ") + (stream_.msg != nullptr ? stream_.msg : "not understood"));
      }
      if (status == Z_STREAM_END) {
        if (auto ended = end_member(); !ended) return Unexpected(std::move(ended).error());
      }
      if (stream_.avail_out < room) return room - stream_.avail_out;
    }
  }

  // zlib.h, "inflate": bit 7 of data_type: just behind the end of a block; bit 6: of the last one; the lowest three: unused bits.
  std::optional<Point> point() override {
    if (padding_) return std::nullopt;
    if (!inside_) return Point{0, input_.position(), true, 0, {}};
    if ((stream_.data_type & 128) == 0 || (stream_.data_type & 64) != 0) return std::nullopt;
    Point point{0, input_.position(), false, stream_.data_type & 7, std::string(kWindow, '\0')};
    uInt length = 0;
    if (inflateGetDictionary(&stream_, reinterpret_cast<Bytef*>(point.window.data()), &length) != Z_OK) return std::nullopt;
    point.window.resize(length);
    point.window.shrink_to_fit();
    return point;
  }
  uint64_t memory() const override { return kPackedPiece + 2 * kWindow; }

 private:
  Result<void> begin_raw() {
    if (window_.empty() && bits_ == 0) return {};
    if (bits_ > 0) {
      auto rest = input_.rest();
      if (!rest) return Unexpected(std::move(rest).error());
      if (rest->empty()) return input_.malformed("ends early");
      inflatePrime(&stream_, bits_, std::to_integer<int>(rest->front()) >> (8 - bits_));
      input_.use(1);
    }
    if (!window_.empty()) inflateSetDictionary(&stream_, reinterpret_cast<const Bytef*>(window_.data()), static_cast<uInt>(window_.size()));
    window_.clear();
    bits_ = 0;
    return {};
  }

  Result<void> end_member() {
    for (size_t left = raw_ ? kTrailer : 0; left > 0;) {
      auto rest = input_.rest();
      if (!rest) return Unexpected(std::move(rest).error());
      if (rest->empty()) return input_.malformed("ends inside a gzip member");
      const size_t length = std::min(left, rest->size());
      input_.use(length);
      left -= length;
    }
    raw_ = false;
    inside_ = false;
    ++members_;
    if (inflateReset2(&stream_, kWithHeader) != Z_OK) throw std::bad_alloc();
    return {};
  }

  PackedInput input_;
  z_stream stream_{};
  bool raw_;
  bool inside_ = false;  // a member
  uint64_t members_ = 0;
  bool padding_ = false;  // is all that is left
  int bits_;
  std::string window_;
};

}  // namespace

std::unique_ptr<Unpacker> make_gzip_unpacker(const Source& source, const Point& from, Digest* digest, const std::string& shown) {
  return std::make_unique<GzipUnpacker>(source, from, digest, shown);
}

}  // namespace rootlet
