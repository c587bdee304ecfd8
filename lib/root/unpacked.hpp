// Compressed content that can be read at any offset, without a copy of it anywhere.
//
// It is unpacked once from end to end, by a Scan. That leaves points behind, about one for each MiB of content, from which it can be unpacked
// again: between the blocks of gzip (the method of zlib's examples/zran.c), and where frames of zstd begin. Where there is none for long,
// as in the one frame that most tools write, the content is kept in memory, compressed in blocks. Past a bound on that, reading goes on
// from where it last was, or from the last point: slow where it jumps backwards, and never wrong.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/digest.hpp"
#include "root/unpack.hpp"
#include "rootlet/base.hpp"

namespace rootlet {

inline constexpr uint64_t kUnpackedBlock = 256 << 10;
inline constexpr uint64_t kMostUnpackedBytes = uint64_t{64} << 30;  // of one layer

// What all that is unpacked of one image shares: the memory it may take.
struct UnpackLimits {
  uint64_t distance = 1 << 20;        // between two points
  uint64_t windows = 96 << 20;        // bytes of points' windows
  uint64_t kept = 128 << 20;          // bytes of compressed blocks,
  uint64_t kept_inside = 192 << 20;   // and of those from inside large files
  size_t cached = 256;                // blocks
  uint64_t cursors = 128 << 20;       // bytes of readers that stand where one may go on
  uint64_t content = uint64_t{128} << 30;  // bytes of content that are gone through, of all layers
};

class Unpacked;

class UnpackMemory {
 public:
  explicit UnpackMemory(const UnpackLimits& limits = {}) : limits_(limits) {}
  const UnpackLimits& limits() const { return limits_; }

  // Takes `bytes` of a budget, if they are left.
  bool take_content(uint64_t bytes) { return take(limits_.content, bytes); }
  bool take_window(uint64_t bytes) { return take(limits_.windows, bytes); }
  bool take_kept(uint64_t bytes, bool inside) { return take(inside ? limits_.kept_inside : limits_.kept, bytes); }

 private:
  friend class Unpacked;
  struct Block {
    const Unpacked* of;
    uint64_t index;
    std::string content;
  };
  struct Cursor {
    const Unpacked* of;
    uint64_t position;
    std::unique_ptr<Unpacker> unpacker;
  };
  // Of the cursors but the first, gives up the one that another stands closest before, until they take no more than they may.
  void thin_cursors();
  static bool take(uint64_t& budget, uint64_t bytes) { return bytes <= budget && (budget -= bytes, true); }

  UnpackLimits limits_;
  std::list<Block> blocks_;  // the last used first
  std::list<Cursor> cursors_;
};

class Unpacked final : public Source {
 public:
  Unpacked(Packing packing, std::shared_ptr<const Source> packed, std::shared_ptr<UnpackMemory> memory, std::string shown);
  ~Unpacked() override;

  Result<size_t> read_at(uint64_t offset, std::span<std::byte> out) const override;
  uint64_t size() const override { return size_; }

 private:
  friend class Scan;
  friend class UnpackMemory;
  // Valid until the next call.
  Result<const std::string*> block(uint64_t index) const;
  Result<std::string> unpack(uint64_t index) const;
  uint64_t point_before(uint64_t position) const;
  std::string& remember(uint64_t index, std::string content) const;

  Packing packing_;
  std::shared_ptr<const Source> packed_;
  std::shared_ptr<UnpackMemory> memory_;
  std::string shown_;
  uint64_t size_ = 0;
  std::vector<Point> points_;                          // by place; the first is the beginning
  std::unordered_map<uint64_t, std::string> kept_;     // blocks, compressed
  mutable std::unordered_map<uint64_t, std::list<UnpackMemory::Block>::iterator> cached_;
};

// What is known of a piece before it is read: whether many small things are in it that will be asked for, or it is from inside a large one.
enum class Keeping : uint8_t { small, inside, never };

// The content from end to end, in pieces.
class Scan {
 public:
  // With `digests`, those of the stored bytes and of the content are made; of content that is not compressed, only the first.
  Scan(Packing packing, std::shared_ptr<const Source> packed, std::shared_ptr<UnpackMemory> memory, const std::string& shown, bool digests);
  ~Scan();

  // The next piece, which is valid until the next call; empty at the end.
  Result<std::span<const std::byte>> next(Keeping keeping = Keeping::small);

  // Passes over up to `length` bytes without reading them, where nothing has to; returns how many.
  uint64_t skip(uint64_t length);

  // Reads what is left, so that the digests and the source are of all.
  Result<void> finish();
  std::string stored_digest() { return stored_.hex(); }
  std::string content_digest() { return content_.hex(); }
  // After finish(): the content at any offset. Uncompressed content is the packed source itself.
  std::shared_ptr<const Source> source() const;

 private:
  void mark();
  void keep(bool inside);

  std::shared_ptr<Unpacked> unpacked_;
  bool digests_;
  Digest stored_, content_;
  std::unique_ptr<Unpacker> unpacker_;
  std::string block_;
  uint64_t out_ = 0;  // bytes unpacked
};

}  // namespace rootlet
