#include "package/path_index.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace rootlet::package {
namespace {

constexpr size_t kFirstSlots = size_t{1} << 16;

// The finalizer of MurmurHash3: every bit of the input reaches every bit of the output.
uint64_t mix(uint64_t value) {
  value ^= value >> 33;
  value *= 0xff51afd7ed558ccdULL;
  value ^= value >> 33;
  value *= 0xc4ceb9fe1a85ec53ULL;
  return value ^ (value >> 33);
}

uint64_t load(const char* from, size_t length) {
  uint64_t word = 0;
  std::memcpy(&word, from, length);
  return word;
}

}  // namespace

uint64_t PathIndex::hash(std::string_view path) {
  constexpr uint64_t kFactor = 0x9e3779b97f4a7c15ULL;
  uint64_t state = path.size() * kFactor;
  while (path.size() >= 8) {
    state = std::rotl((state ^ load(path.data(), 8)) * kFactor, 29);
    path.remove_prefix(8);
  }
  if (!path.empty()) state ^= load(path.data(), path.size());
  return std::max<uint64_t>(mix(state), 1);
}

void PathIndex::reserve(size_t paths) {
  const size_t slots = std::bit_ceil(std::min(paths, kMostPaths) * 4 / 3 + 1);
  if (slots > slots_.size()) resize(std::max(slots, kFirstSlots));
}

void PathIndex::add_hash(uint64_t hash, uint32_t owner) {
  if (waiting_count_ == waiting_.size()) settle();
  if (!slots_.empty()) __builtin_prefetch(&slots_[hash & (slots_.size() - 1)], 1);
  waiting_[waiting_count_++] = Addition{hash, owner};
}

void PathIndex::settle() {
  for (size_t i = 0; i < waiting_count_; ++i) insert(waiting_[i].hash, waiting_[i].owner);
  waiting_count_ = 0;
}

void PathIndex::insert(uint64_t hash, uint32_t owner) {
  if ((used_ + 1) * 4 > slots_.size() * 3) resize(std::max(kFirstSlots, slots_.size() * 2));
  const auto high = static_cast<uint32_t>(hash >> 32), low = static_cast<uint32_t>(hash);
  const size_t mask = slots_.size() - 1;
  for (size_t probe = 0, at = hash & mask; probe < kLongestProbe; ++probe, at = (at + 1) & mask) {
    Slot& slot = slots_[at];
    if (slot.high == high && slot.low == low) {
      slot.owner = std::min(slot.owner, owner);
      return;
    }
    if ((slot.high | slot.low) != 0) continue;
    if (used_ >= kMostPaths) break;
    slot = Slot{high, low, owner};
    ++used_;
    return;
  }
  ++lost_;
}

std::optional<uint32_t> PathIndex::find_hash(uint64_t hash) {
  settle();
  const auto high = static_cast<uint32_t>(hash >> 32), low = static_cast<uint32_t>(hash);
  const size_t mask = slots_.size() - 1;
  for (size_t probe = 0, at = hash & mask; probe < std::min(kLongestProbe, slots_.size()); ++probe, at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.high == high && slot.low == low) return slot.owner;
    if ((slot.high | slot.low) == 0) break;
  }
  return std::nullopt;
}

void PathIndex::resize(size_t slots) {
  const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots));
  used_ = 0;
  for (const Slot& slot : old) {
    if ((slot.high | slot.low) != 0) insert(uint64_t{slot.high} << 32 | slot.low, slot.owner);
  }
}

}  // namespace rootlet::package
