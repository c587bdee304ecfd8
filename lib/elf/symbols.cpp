#include "elf/symbols.hpp"

namespace rootlet::elf {

uint32_t gnu_hash(std::string_view name) {
  uint32_t hash = 5381;
  for (const char c : name) hash = hash * 33 + static_cast<unsigned char>(c);
  return hash;
}

uint32_t sysv_hash(std::string_view name) {
  uint32_t hash = 0;
  for (const char c : name) {
    hash = (hash << 4) + static_cast<unsigned char>(c);
    const uint32_t high = hash & 0xf0000000;
    hash = (hash ^ (high >> 24)) & ~high;
  }
  return hash;
}

Symbol Symbols::symbol(uint32_t index) const {
  const Entry& entry = entries_[index];
  Symbol symbol;
  symbol.name = text(entry.name);
  symbol.value = entry.value;
  symbol.size = entry.size;
  symbol.section = entry.section;
  symbol.binding = static_cast<Binding>(entry.info >> 4);
  symbol.type = static_cast<SymbolType>(entry.info & 15);
  symbol.visibility = static_cast<Visibility>(entry.other & 3);
  if (!version_symbols_.empty()) {
    symbol.version = version_symbols_[index] & 0x7fff;
    symbol.version_hidden = (version_symbols_[index] & 0x8000) != 0;
  }
  return symbol;
}

uint64_t Symbols::bytes() const {
  const auto size = [](const auto& vector) { return vector.capacity() * sizeof(vector[0]); };
  return size(entries_) + size(strings_) + size(version_symbols_) + size(bloom_) + size(buckets_) + size(chains_) + size(versions_) +
         size(requirements_) + size(definitions_) + size(references_);
}

}  // namespace rootlet::elf
