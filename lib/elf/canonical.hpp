// A small shared object that says of symbols and versions what a stranger's file says, laid out anew.
//
// LIEF walks what it is given and falls over what is not in order. It is never given a stranger's file, but what is made here of tables
// that Symbols has checked: a 64-bit little-endian object with PT_LOAD, PT_DYNAMIC, DT_SYMTAB, DT_STRTAB, DT_HASH, DT_VERSYM,
// DT_VERNEED, DT_VERDEF and a section of symbols, each offset and count in it written here. Only names are the stranger's, and they are bounded.
#pragma once

#include <cstdint>
#include <vector>

#include "elf/symbols.hpp"

namespace rootlet::elf {

inline constexpr size_t kMaxModelSymbols = 10'000;      // that are laid out
inline constexpr size_t kMaxModelVersions = 8192;       // LIEF looks for each of them in all symbols
inline constexpr size_t kMaxModelName = 1 << 14;        // bytes of one name
inline constexpr size_t kMaxModelStrings = 16u << 20;   // of all of them, each as often as a model says it

// With the symbols of these indices, in this order, and all versions. Errors are `too_large`, for the bounds above.
Result<std::vector<uint8_t>> canonical_image(const Symbols& symbols, const std::vector<uint32_t>& chosen);

}  // namespace rootlet::elf
