// Which package owns a path, for hundreds of thousands of paths in a few megabytes.
//
// Of a path only a 64-bit hash is kept, in one flat table with open addressing: 12 bytes a slot, no
// allocation a path. Two paths of one machine share a hash with a probability of 3 in a billion (300,000
// paths). The hash is not keyed: who writes the database could make paths meet, so a probe ends after
// kLongestProbe slots, and what finds no slot until then is not indexed.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace rootlet::package {

class PathIndex {
 public:
  static constexpr size_t kMostPaths = 6'000'000;
  static constexpr size_t kLongestProbe = 1024;

  // Room for so many paths, so that the table need not grow up to there.
  void reserve(size_t paths);

  // Notes that `owner` has this path; of several owners the smallest number stays. The table is larger than a CPU's
  // caches: an addition is done some additions later, when its slot had time to arrive.
  void add(std::string_view path, uint32_t owner) { add_hash(hash(path), owner); }
  std::optional<uint32_t> find(std::string_view path) { return find_hash(hash(path)); }

  // How many additions found no room: kMostPaths were in, or too many hashes met.
  size_t lost() { return settle(), lost_; }
  size_t size() { return settle(), used_; }
  size_t bytes() const { return slots_.size() * sizeof(Slot); }

  // Never 0.
  static uint64_t hash(std::string_view path);
  void add_hash(uint64_t hash, uint32_t owner);
  std::optional<uint32_t> find_hash(uint64_t hash);

 private:
  struct Slot {
    uint32_t high = 0;  // of the hash; both halves are 0 where the slot is free
    uint32_t low = 0;
    uint32_t owner = 0;
  };
  static_assert(sizeof(Slot) == 12);

  struct Addition {
    uint64_t hash;
    uint32_t owner;
  };

  void settle();
  void insert(uint64_t hash, uint32_t owner);
  void resize(size_t slots);

  std::vector<Slot> slots_;  // a power of two of them, or none
  size_t used_ = 0;
  size_t lost_ = 0;
  std::array<Addition, 16> waiting_;
  size_t waiting_count_ = 0;
};

}  // namespace rootlet::package
