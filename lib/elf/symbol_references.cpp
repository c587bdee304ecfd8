#include <algorithm>

#include "elf/dynamic_tags.hpp"
#include "elf/relocations.hpp"
#include "elf/symbol_reader.hpp"

namespace rootlet::elf {
namespace {

constexpr uint8_t kAtStart = 1, kJump = 2, kCopy = 4, kThread = 8;  // how relocations refer to a symbol
constexpr uint8_t kVariantCall = 0x80;                 // STO_AARCH64_VARIANT_PCS
constexpr uint64_t kBlock = 1 << 20;                   // bytes of relocations that are read at a time

}  // namespace

Result<void> SymbolReader::references() {
  const bool wide = header_.is_elf64();
  for (const auto& [name, size] : {std::pair(kDtRelEntry, wide ? 16u : 8u), std::pair(kDtRelaEntry, wide ? 24u : 12u)}) {
    if (const auto entry = tag(name); entry && *entry != size) return malformed("relocations have " + std::to_string(*entry) + " bytes each, not " + std::to_string(size));
  }
  Range jumps{tag(kDtJmpRel).value_or(0), tag(kDtPltRelSize).value_or(0), tag(kDtPltRel).value_or(kDtRel) == kDtRela, true};
  if (!tag(kDtJmpRel)) jumps.size = 0;
  for (const Range& range : {Range{tag(kDtRel).value_or(0), tag(kDtRelSize).value_or(0), false}, Range{tag(kDtRela).value_or(0), tag(kDtRelaSize).value_or(0), true}, jumps}) {
    if (range.size == 0) continue;
    if (auto done = relocations(range, jumps); !done) return done;
  }
  return header_.machine == kMachineMips ? mips_references() : Result<void>();
}

// elf_dynamic_do_Rel (elf/do-rel.h). The jump slots may lie within the range of the others; they are jump slots all the same
// (_ELF_DYNAMIC_DO_RELOC in elf/dynamic-link.h).
Result<void> SymbolReader::relocations(const Range& range, const Range& jumps) {
  const bool wide = header_.is_elf64();
  const uint64_t entry = (wide ? 16 : 8) + (range.addends ? (wide ? 8 : 4) : 0), per_block = kBlock / entry;
  const RelocationTypes types = relocation_types(header_.machine);
  const uint64_t count = range.size / entry;
  relocations_ += count;
  if (relocations_ > kMaxRelocations) return fail(ErrorCode::too_large, "there are more than " + std::to_string(kMaxRelocations) + " relocations");
  // The first so many are relative ones, and no loader looks at their symbols (elf_dynamic_do_Rel); libraries have hundreds of thousands.
  const uint64_t relative = range.jumps ? 0 : tag(range.addends ? kDtRelaCount : kDtRelCount).value_or(0);
  for (uint64_t done = std::min(relative, count); done < count;) {
    const uint64_t now = std::min(count - done, per_block), address = range.address + done * entry;
    auto bytes = table(address, now * entry, range.jumps ? "DT_JMPREL" : range.addends ? "DT_RELA" : "DT_REL");
    if (!bytes) return Unexpected(std::move(bytes).error());
    for (uint64_t i = 0; i < now; ++i) {
      const Relocation found = relocation(word(*bytes, i * entry + (wide ? 8 : 4)), header_);
      const bool thread = found.type != 0 && (found.type == types.thread_offset || found.type == types.thread_offset_32);
      made_.has_indirect_ = made_.has_indirect_ || (types.indirect != 0 && found.type == types.indirect);
      made_.thread_offsets_ = made_.thread_offsets_ || (thread && found.symbol == 0);
      if (found.symbol == 0 || found.type == 0 || (types.relative != 0 && found.type == types.relative) || (types.indirect != 0 && found.type == types.indirect)) continue;
      if (!range.jumps && address + i * entry - jumps.address < jumps.size) continue;
      const bool jump = range.jumps && found.type == types.jump_slot;
      const uint8_t how = jump ? kJump : types.copy != 0 && found.type == types.copy ? kAtStart | kCopy : thread ? kAtStart | kThread : kAtStart;
      if (auto kept = refer(found.symbol, how); !kept) return kept;
    }
    done += now;
  }
  return {};
}

// MIPS has no relocations for the symbols of its global offset table: they are the last of DT_SYMTAB (elf_machine_got_rel).
Result<void> SymbolReader::mips_references() {
  const auto first = tag(kDtMipsGotSymbol), count = tag(kDtMipsSymbolCount);
  if (!first || !count) return {};
  if (auto done = speaks_of(*count, "DT_MIPS_SYMTABNO"); !done) return done;
  for (uint64_t i = std::max<uint64_t>(*first, 1); i < *count; ++i) {
    if (auto kept = refer(static_cast<uint32_t>(i), kJump); !kept) return kept;
  }
  return {};
}

Result<void> SymbolReader::refer(uint32_t symbol, uint8_t how) {
  if (symbol >= uses_.size()) {
    if (symbol >= count_) {
      if (auto done = speaks_of(uint64_t{symbol} + 1, "a relocation"); !done) return done;
    }
    uses_.resize(count_);
  }
  uses_[symbol] |= how;
  return {};
}

void SymbolReader::keep_references() {
  const bool variant_calls = header_.machine == kMachineAarch64 && tag(kDtAarch64VariantPcs).has_value();
  for (uint32_t i = 1; i < uses_.size(); ++i) {
    if (uses_[i] == 0) continue;
    const Symbol symbol = made_.symbol(i);
    made_.thread_offsets_ = made_.thread_offsets_ || ((uses_[i] & kThread) != 0 && symbol.defined());
    // A definition without a value is none to check_match (elf/dl-lookup.c).
    const bool elsewhere = !symbol.defined() || (symbol.value == 0 && symbol.section != kAbsolute && symbol.type != SymbolType::tls);
    if (!elsewhere && (uses_[i] & kCopy) == 0) continue;
    // Of MIPS a function has a stub, and may be bound at its first call, where it has a value.
    const bool mips_stub = header_.machine == kMachineMips && symbol.type == SymbolType::function && symbol.value != 0;
    // Of AArch64 a function that is called in a way of its own is bound at once (elf_machine_lazy_rel).
    const bool variant = variant_calls && (made_.entries_[i].other & kVariantCall) != 0;
    const bool lazy = (uses_[i] & kAtStart) == 0 && (header_.machine != kMachineMips || mips_stub) && !variant;
    made_.references_.push_back({i, lazy, (uses_[i] & kAtStart) != 0, (uses_[i] & kJump) != 0, (uses_[i] & kCopy) != 0, (uses_[i] & kThread) != 0});
  }
}

}  // namespace rootlet::elf
