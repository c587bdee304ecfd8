#include "elf/symbol_reader.hpp"

#include <algorithm>

#include "elf/dynamic_tags.hpp"

namespace rootlet::elf {

Result<Symbols> Symbols::read(const Source& source) {
  std::array<std::byte, kStartBytes> buffer;
  auto length = source.read_at(0, buffer);
  if (!length) return Unexpected(std::move(length).error());
  return SymbolReader(source, Bytes(std::span<const std::byte>(buffer.data(), *length))).run();
}

Result<Symbols> SymbolReader::run() {
  if (auto done = read_header(); !done) return Unexpected(std::move(done).error());
  if (auto done = read_program_headers(); !done) return Unexpected(std::move(done).error());
  made_.machine_ = header_.machine;
  made_.wide_ = header_.is_elf64();
  if (auto done = read_dynamic(); !done) return Unexpected(std::move(done).error());
  made_.strings_.push_back('\0');
  // The hash table and the relocations tell how many symbols there are: nothing else does.
  for (auto step : {&SymbolReader::hashes, &SymbolReader::references, &SymbolReader::symbols, &SymbolReader::strings, &SymbolReader::version_tables}) {
    if (auto done = (this->*step)(); !done) return Unexpected(std::move(done).error());
  }
  if (auto done = check_names(); !done) return Unexpected(std::move(done).error());
  keep_references();
  return std::move(made_);
}

Result<void> SymbolReader::read_dynamic() {
  auto found = each_dynamic([this](uint64_t tag, uint64_t value) { dynamic_.emplace_back(tag, value); });
  if (!found) return Unexpected(std::move(found).error());
  // Of a tag that stands more than once the last counts (elf_get_dynamic_info).
  std::reverse(dynamic_.begin(), dynamic_.end());
  std::stable_sort(dynamic_.begin(), dynamic_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  made_.bind_now_ = tag(kDtBindNow) || (tag(kDtFlags).value_or(0) & kFlagBindNow) != 0 || (tag(kDtFlags1).value_or(0) & kFlag1Now) != 0;
  made_.has_relr_ = tag(kDtRelr).has_value();
  return {};
}

std::optional<uint64_t> SymbolReader::tag(uint64_t wanted) const {
  auto found = std::lower_bound(dynamic_.begin(), dynamic_.end(), wanted, [](const auto& entry, uint64_t value) { return entry.first < value; });
  return found == dynamic_.end() || found->first != wanted ? std::nullopt : std::optional(found->second);
}

Result<Bytes> SymbolReader::table(uint64_t address, uint64_t size, const char* what) {
  auto place = locate(address);
  if (!place) return malformed(std::string(what) + " " + hex(address) + " lies in no PT_LOAD segment");
  if (size > place->second) {
    return malformed(std::string(what) + " at " + hex(address) + " of " + std::to_string(size) + " bytes exceeds the " +
                     std::to_string(place->second) + " bytes of file that follow in its segment");
  }
  return reader_.range(place->first, size, block_, what);
}

Result<Bytes> SymbolReader::up_to(uint64_t address, uint64_t most, const char* what) {
  auto place = locate(address);
  if (!place) return malformed(std::string(what) + " " + hex(address) + " lies in no PT_LOAD segment");
  const uint64_t size = reader_.source().size();
  if (place->first >= size) return malformed(std::string(what) + " at file offset " + hex(place->first) + " exceeds file size " + std::to_string(size));
  return reader_.range(place->first, std::min({most, place->second, size - place->first}), block_, what);
}

Result<std::vector<uint32_t>> SymbolReader::words(uint64_t address, uint64_t count, uint64_t width, const char* what) {
  auto bytes = table(address, count * width, what);
  if (!bytes) return Unexpected(std::move(bytes).error());
  std::vector<uint32_t> words(count);
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t value = width == 8 ? *bytes->number<uint64_t>(8 * i, header_.order) : u32(*bytes, 4 * i);
    if (value > UINT32_MAX) return malformed(std::string(what) + " has the index " + hex(value));
    words[i] = static_cast<uint32_t>(value);
  }
  return words;
}

Result<void> SymbolReader::symbols() {
  const auto address = tag(kDtSymtab);
  if (!address) {
    if (count_ > 1) return malformed("a hash table or relocations speak of symbols, but there is no DT_SYMTAB");
    made_.entries_.resize(1);
    return {};
  }
  const bool wide = header_.is_elf64();
  const uint64_t entry = wide ? 24 : 16;
  if (const auto size = tag(kDtSymbolEntry); size && *size != entry) return malformed("DT_SYMENT is " + std::to_string(*size) + ", not " + std::to_string(entry));
  auto bytes = table(*address, count_ * entry, "DT_SYMTAB");
  if (!bytes) return Unexpected(std::move(bytes).error());
  made_.entries_.resize(count_);
  for (uint64_t i = 1; i < count_; ++i) {
    const Bytes row = *bytes->sub(i * entry, entry);
    Symbols::Entry& made = made_.entries_[i];
    made.name = u32(row, 0);
    made.info = *row.number<uint8_t>(wide ? 4 : 12, header_.order);
    made.other = *row.number<uint8_t>(wide ? 5 : 13, header_.order);
    made.section = static_cast<uint16_t>(half(row, wide ? 6 : 14));
    made.value = word(row, wide ? 8 : 4);
    made.size = word(row, wide ? 16 : 8);
    last_name_ = std::max(last_name_, made.name);
  }
  return {};
}

Result<void> SymbolReader::strings() {
  for (const auto& [name, walk] : {std::pair(kDtVerneed, &SymbolReader::requirements), std::pair(kDtVerdef, &SymbolReader::definitions)}) {
    if (const auto address = tag(name)) {
      if (auto done = (this->*walk)(*address); !done) return done;
    }
  }
  measured_ = true;
  const auto address = tag(kDtStrtab);
  if (!address) {
    if (last_name_ != 0) return malformed("symbols have names, but there is no DT_STRTAB");
    return {};
  }
  // DT_STRSZ bounds nothing, as in parse(): it only tells how much is worth reading.
  const uint64_t wanted = std::max<uint64_t>(tag(kDtStringSize).value_or(0), uint64_t{last_name_} + 1);
  if (last_name_ >= kMaxSymbolStrings) {
    return fail(ErrorCode::too_large, "a name at " + hex(last_name_) + " of DT_STRTAB is beyond the " + std::to_string(kMaxSymbolStrings) + " bytes that are read");
  }
  size_t read = 0;
  for (const uint64_t size : {wanted, uint64_t{last_name_} + kMaxStringBytes}) {
    auto bytes = up_to(*address, std::min(size, kMaxSymbolStrings), "DT_STRTAB");
    if (!bytes) return Unexpected(std::move(bytes).error());
    std::string_view text = bytes->text();
    const size_t end = text.rfind('\0');
    if (end != text.npos && end >= last_name_) {
      made_.strings_.assign(text.begin(), text.begin() + static_cast<ptrdiff_t>(end) + 1);
      return {};
    }
    read = std::max(read, text.size());
  }
  return malformed("the name at " + hex(last_name_) + " of DT_STRTAB is not there, or has no NUL in the " + std::to_string(read) + " bytes that were read");
}

// Linkers let names share their ends, which saves little; a table where they add up to far more is made to cost time and memory.
Result<void> SymbolReader::check_names() const {
  const uint64_t limit = 8 * made_.strings_.size() + (1 << 20);
  uint64_t sum = 0;
  for (uint32_t i = 0; i < made_.count(); ++i) {
    sum += made_.name(i).size();
    if (sum > limit) break;
  }
  for (const VersionRequirement& requirement : made_.requirements_) sum += requirement.file.size() + requirement.version.size();
  for (const VersionDefinition& definition : made_.definitions_) sum += definition.version.size();
  if (sum <= limit) return {};
  return fail(ErrorCode::too_large, "the names of symbols and versions add up to more than 8 times the " + std::to_string(made_.strings_.size()) + " bytes of DT_STRTAB");
}

}  // namespace rootlet::elf
