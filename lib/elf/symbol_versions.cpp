#include <algorithm>

#include "elf/dynamic_tags.hpp"
#include "elf/symbol_reader.hpp"

namespace rootlet::elf {
namespace {

constexpr uint64_t kMaxVersionBytes = 4 << 20;  // of either table
constexpr uint16_t kFlagBase = 1, kFlagWeak = 2;  // VER_FLG_BASE, VER_FLG_WEAK

}  // namespace

// Elf_Verneed, each with its Elf_Vernaux; both are lists by offsets, ended by 0 (_dl_check_map_versions).
Result<void> SymbolReader::requirements(uint64_t address) {
  auto bytes = up_to(address, kMaxVersionBytes, "DT_VERNEED");
  if (!bytes) return Unexpected(std::move(bytes).error());
  uint32_t steps = 0;
  for (uint64_t at = 0;;) {
    const auto entry = bytes->sub(at, 16);
    if (!entry) return malformed("an entry of DT_VERNEED at " + hex(address) + " + " + hex(at) + " exceeds its segment");
    if (half(*entry, 0) != 1) return malformed("an entry of DT_VERNEED at " + hex(address) + " + " + hex(at) + " has version " + std::to_string(half(*entry, 0)) + ", not 1");
    for (uint64_t aux = at + u32(*entry, 8);;) {
      const auto auxiliary = bytes->sub(aux, 16);
      if (!auxiliary) return malformed("an auxiliary entry of DT_VERNEED at " + hex(address) + " + " + hex(aux) + " exceeds its segment");
      if (++steps > 2 * kMaxVersions) return fail(ErrorCode::too_large, "DT_VERNEED at " + hex(address) + " has more than " + std::to_string(2 * kMaxVersions) + " entries");
      if (auto done = required(u32(*entry, 4), *auxiliary); !done) return done;
      const uint32_t next = u32(*auxiliary, 12);
      if (next == 0) break;
      aux += next;
    }
    const uint32_t next = u32(*entry, 12);
    if (next == 0) return {};
    at += next;
  }
}

Result<void> SymbolReader::required(uint32_t file, Bytes auxiliary) {
  const uint32_t name = u32(auxiliary, 8);
  if (!measured_) {
    last_name_ = std::max({last_name_, file, name});
    return {};
  }
  const uint32_t hash = u32(auxiliary, 0), flags = half(auxiliary, 4), other = half(auxiliary, 6);
  made_.requirements_.push_back({made_.text(file), made_.text(name), hash, (flags & kFlagWeak) != 0});
  set_version(other & 0x7fff, {made_.text(name), made_.text(file), hash, (other & 0x8000) != 0});
  return {};
}

// Elf_Verdef; the first Elf_Verdaux has its name.
Result<void> SymbolReader::definitions(uint64_t address) {
  auto bytes = up_to(address, kMaxVersionBytes, "DT_VERDEF");
  if (!bytes) return Unexpected(std::move(bytes).error());
  uint32_t steps = 0;
  for (uint64_t at = 0;;) {
    const auto entry = bytes->sub(at, 20);
    if (!entry) return malformed("an entry of DT_VERDEF at " + hex(address) + " + " + hex(at) + " exceeds its segment");
    if (half(*entry, 0) != 1) return malformed("an entry of DT_VERDEF at " + hex(address) + " + " + hex(at) + " has version " + std::to_string(half(*entry, 0)) + ", not 1");
    const auto auxiliary = bytes->sub(at + u32(*entry, 12), 8);
    if (!auxiliary) return malformed("the name of an entry of DT_VERDEF at " + hex(address) + " + " + hex(at) + " exceeds its segment");
    if (++steps > kMaxVersions) return fail(ErrorCode::too_large, "DT_VERDEF at " + hex(address) + " has more than " + std::to_string(kMaxVersions) + " entries");
    defined(*entry, u32(*auxiliary, 0));
    const uint32_t next = u32(*entry, 16);
    if (next == 0) return {};
    at += next;
  }
}

void SymbolReader::defined(Bytes definition, uint32_t name) {
  if (!measured_) {
    last_name_ = std::max(last_name_, name);
    return;
  }
  const uint32_t hash = u32(definition, 8);
  const auto index = static_cast<uint16_t>(half(definition, 4) & 0x7fff);
  const bool base = (half(definition, 2) & kFlagBase) != 0;
  made_.definitions_.push_back({made_.text(name), hash, index, base});
  // The name of the base version is not for symbols; its index counts all the same.
  set_version(index, base ? Version() : Version{made_.text(name), {}, hash, false});
}

void SymbolReader::set_version(uint16_t index, const Version& version) {
  if (index >= made_.versions_.size()) made_.versions_.resize(size_t{index} + 1);
  if (version.name.data() != nullptr) made_.versions_[index] = version;
}

Result<void> SymbolReader::version_tables() {
  if (const auto address = tag(kDtVerneed)) {
    if (auto done = requirements(*address); !done) return done;
  }
  if (const auto address = tag(kDtVerdef)) {
    if (auto done = definitions(*address); !done) return done;
  }
  return version_symbols();
}

Result<void> SymbolReader::version_symbols() {
  const auto address = tag(kDtVersym);
  if (!address) return {};
  auto bytes = table(*address, count_ * 2, "DT_VERSYM");
  if (!bytes) return Unexpected(std::move(bytes).error());
  made_.version_symbols_.resize(count_);
  const size_t known = std::max<size_t>(made_.versions_.size(), 2);
  for (uint64_t i = 0; i < count_; ++i) {
    auto version = static_cast<uint16_t>(half(*bytes, 2 * i));
    // What nothing defines or requires a loader would look up behind its table; here it is no version.
    if ((version & 0x7fff) >= known) version = static_cast<uint16_t>((version & 0x8000) | kVersionGlobal);
    made_.version_symbols_[i] = version;
  }
  return {};
}

}  // namespace rootlet::elf
