// Compressed content, from its beginning or from a point in it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "rootlet/base.hpp"

namespace rootlet {

enum class Packing : uint8_t { none, gzip, zstd };

// As the first bytes say; media types and names of files are often wrong. Unsupported: the signatures of bzip2 and xz.
Result<Packing> packing_of(const Source& source, const std::string& shown);

// A place where unpacking can begin.
struct Point {
  uint64_t out = 0;    // bytes unpacked before it
  uint64_t in = 0;     // bytes of the packed content before it
  bool begins = true;  // a member (gzip) or frame (zstd) begins here; else, inside a member, between two of its blocks (RFC 1951):
  int bits = 0;        // how many bits of the byte before are still to come,
  std::string window;  // and the up to 32 KiB of content that the next block may refer to
};

inline constexpr uint64_t kPackedPiece = 128 << 10;

// The packed bytes in order, in pieces.
class PackedInput {
 public:
  // Of all bytes read, `digest` is made, if there is one.
  PackedInput(const Source& source, uint64_t offset, Digest* digest, const std::string& shown);

  // What is read and not used up yet, at least one byte unless the source is at its end.
  Result<std::span<const std::byte>> rest();
  void use(size_t length) { used_ += length; }
  uint64_t position() const { return offset_ - (length_ - used_); }
  Unexpected malformed(const std::string& why) const;

 private:
  const Source& source_;
  uint64_t offset_;  // of what is read next
  Digest* digest_;
  const std::string& shown_;
  std::vector<std::byte> buffer_;
  size_t length_ = 0, used_ = 0;
};

class Unpacker {
 public:
  virtual ~Unpacker() = default;
  // The next bytes of the content, as many as are at hand; 0 at its end only. `out` is not empty.
  virtual Result<size_t> read(std::span<std::byte> out) = 0;
  // Where unpacking can begin behind what was read, but for Point::out; nothing where it cannot.
  virtual std::optional<Point> point() = 0;
  // Bytes of memory that it takes, about.
  virtual uint64_t memory() const = 0;
};

// The source and the digest stay the caller's. Errors are of code malformed, too_large and what the source has.
std::unique_ptr<Unpacker> make_gzip_unpacker(const Source& source, const Point& from, Digest* digest, const std::string& shown);
std::unique_ptr<Unpacker> make_zstd_unpacker(const Source& source, const Point& from, Digest* digest, const std::string& shown);
std::unique_ptr<Unpacker> make_unpacker(Packing packing, const Source& source, const Point& from, Digest* digest, const std::string& shown);

}  // namespace rootlet
