#include "elf/canonical.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "elf/dynamic_tags.hpp"

namespace rootlet::elf {
namespace {

constexpr size_t kHeaders = 64 + 2 * 56;  // ELF header, PT_LOAD, PT_DYNAMIC
constexpr uint16_t kVersionHidden = 0x8000, kFlagBase = 1;

class Layout {
 public:
  Layout(const Symbols& symbols, const std::vector<uint32_t>& chosen) : symbols_(symbols), chosen_(chosen) {}

  Result<std::vector<uint8_t>> run() {
    if (chosen_.size() > kMaxModelSymbols) {
      return fail(ErrorCode::too_large, "more than " + std::to_string(kMaxModelSymbols) + " symbols for one model");
    }
    if (symbols_.definitions().size() > kMaxModelVersions || symbols_.versions().size() > kMaxModelVersions) {
      return fail(ErrorCode::too_large, "more than " + std::to_string(kMaxModelVersions) + " versions for one model");
    }
    out_.resize(kHeaders);
    const uint64_t symbols = dynamic_symbols();
    const uint64_t hash = hash_table();
    const uint64_t versions = version_symbols();
    const uint64_t definitions = version_definitions();
    const uint64_t requirements = version_requirements();
    if (too_long_) return fail(ErrorCode::too_large, "the names for one model exceed " + std::to_string(kMaxModelStrings) + " bytes");
    const uint64_t strings = begin();
    out_.insert(out_.end(), strings_.begin(), strings_.end());
    entries_ = {{kDtHash, hash}, {kDtStrtab, strings}, {kDtSymtab, symbols}, {kDtStringSize, strings_.size()}, {kDtSymbolEntry, 24}};
    if (definition_count_ + requirement_count_ != 0) entries_.emplace_back(kDtVersym, versions);
    if (definition_count_ != 0) entries_.insert(entries_.end(), {{kDtVerdef, definitions}, {kDtVerdefCount, definition_count_}});
    if (requirement_count_ != 0) entries_.insert(entries_.end(), {{kDtVerneed, requirements}, {kDtVerneedCount, requirement_count_}});
    entries_.emplace_back(kDtNull, 0);
    const uint64_t dynamic = dynamic_section();
    headers(dynamic, out_.size(), section_headers(symbols, strings, dynamic));
    return std::move(out_);
  }

 private:
  uint64_t begin() {
    out_.resize((out_.size() + 7) / 8 * 8);
    return out_.size();
  }

  void number(uint64_t value, size_t width) {
    for (size_t i = 0; i < width; ++i) out_.push_back(static_cast<uint8_t>(value >> (8 * i)));
  }
  void set(size_t at, uint64_t value, size_t width) {
    for (size_t i = 0; i < width; ++i) out_[at + i] = static_cast<uint8_t>(value >> (8 * i));
  }

  uint32_t string(std::string_view text) {
    use(text);
    if (auto known = offsets_.find(text); known != offsets_.end()) return known->second;
    if (too_long_) return 0;
    const auto offset = static_cast<uint32_t>(strings_.size());
    strings_.append(text).push_back('\0');
    offsets_.emplace(text, offset);
    return offset;
  }

  // A model has a string of its own wherever the same bytes are meant.
  void use(std::string_view text) {
    used_ += std::min(text.size(), kMaxModelStrings);
    too_long_ = too_long_ || text.size() > kMaxModelName || used_ > kMaxModelStrings;
  }

  uint64_t dynamic_symbols() {
    const uint64_t place = begin();
    out_.resize(out_.size() + 24);
    for (const uint32_t index : chosen_) {
      const Symbol symbol = symbols_.symbol(index);
      number(string(symbol.name), 4);
      number(static_cast<uint64_t>(symbol.binding) << 4 | static_cast<uint64_t>(symbol.type), 1);
      number(static_cast<uint64_t>(symbol.visibility), 1);
      number(symbol.defined() ? kAbsolute : kUndefined, 2);  // there are no sections to speak of
      number(0, 8);
      number(symbol.size, 8);
    }
    return place;
  }

  // By whose chains the symbols are counted.
  uint64_t hash_table() {
    const uint64_t place = begin();
    const size_t count = chosen_.size();
    number(1, 4);
    number(count + 1, 4);
    number(count != 0 ? 1 : 0, 4);
    number(0, 4);
    for (size_t i = 1; i <= count; ++i) number(i < count ? i + 1 : 0, 4);
    return place;
  }

  uint64_t version_symbols() {
    const uint64_t place = begin();
    number(0, 2);
    for (const uint32_t index : chosen_) {
      const Symbol symbol = symbols_.symbol(index);
      if (symbol.version < symbols_.versions().size()) use(symbols_.versions()[symbol.version].name);
      number(symbol.version | (symbol.version_hidden ? kVersionHidden : 0), 2);
    }
    return place;
  }

  uint64_t version_definitions() {
    const uint64_t place = begin();
    const auto& all = symbols_.definitions();
    for (size_t i = 0; i < all.size(); ++i) {
      number(1, 2);
      number(all[i].base ? kFlagBase : 0, 2);
      number(all[i].index, 2);
      number(1, 2);  // one name: what it succeeds is left out
      number(all[i].hash, 4);
      number(20, 4);
      number(i + 1 < all.size() ? 28 : 0, 4);
      number(string(all[i].version), 4);
      number(0, 4);
    }
    definition_count_ = all.size();
    return place;
  }

  uint64_t version_requirements() {
    std::map<std::string_view, std::vector<uint16_t>> by_file;
    const auto& versions = symbols_.versions();
    for (size_t index = 0; index < versions.size(); ++index) {
      if (!versions[index].file.empty()) by_file[versions[index].file].push_back(static_cast<uint16_t>(index));
    }
    const uint64_t place = begin();
    for (const auto& [file, indices] : by_file) {
      number(1, 2);
      number(indices.size(), 2);
      number(string(file), 4);
      number(16, 4);
      number(++requirement_count_ < by_file.size() ? 16 + 16 * indices.size() : 0, 4);
      for (const uint16_t index : indices) {
        number(versions[index].hash, 4);
        number(0, 2);
        number(index | (versions[index].hidden ? kVersionHidden : 0), 2);
        number(string(versions[index].name), 4);
        number(index != indices.back() ? 16 : 0, 4);
      }
    }
    return place;
  }

  uint64_t dynamic_section() {
    const uint64_t place = begin();
    for (const auto& [tag, value] : entries_) {
      number(tag, 8);
      number(value, 8);
    }
    return place;
  }

  // LIEF 0.9 counts the symbols by nothing but the size of their section: it takes every DT_HASH for one that ends too early.
  uint64_t section_headers(uint64_t symbols, uint64_t strings, uint64_t dynamic) {
    const uint64_t size = out_.size() - dynamic, place = begin();
    out_.resize(out_.size() + 64);
    section(11, symbols, 24 * (chosen_.size() + 1), 2, 24);  // SHT_DYNSYM
    section(3, strings, strings_.size(), 0, 0);               // SHT_STRTAB, for the names of sections as well: they have none
    section(6, dynamic, size, 2, 16);                         // SHT_DYNAMIC
    return place;
  }

  void section(uint32_t type, uint64_t place, uint64_t size, uint32_t link, uint64_t entry) {
    number(0, 4);
    number(type, 4);
    for (const uint64_t field : {uint64_t{2}, place, place, size}) number(field, 8);
    number(link, 4);
    number(type == 11 ? 1 : 0, 4);
    number(8, 8);
    number(entry, 8);
  }

  void headers(uint64_t dynamic, uint64_t end, uint64_t sections) {
    static constexpr uint8_t kIdent[] = {0x7f, 'E', 'L', 'F', 2, 1, 1, 3};  // ELFOSABI_GNU: of IFUNC and UNIQUE
    std::copy(std::begin(kIdent), std::end(kIdent), out_.begin());
    set(16, 3, 2);  // ET_DYN
    set(18, kMachineX86_64, 2);
    set(20, 1, 4);
    set(32, 64, 8);  // the program headers follow
    set(52, 64, 2);
    set(54, 56, 2);
    set(56, 2, 2);
    set(40, sections, 8);
    set(58, 64, 2);
    set(60, 4, 2);
    set(62, 2, 2);
    segment(64, 1, 0, end);
    segment(64 + 56, 2, dynamic, end - dynamic);
  }

  // Addresses are offsets.
  void segment(size_t at, uint32_t type, uint64_t offset, uint64_t size) {
    set(at, type, 4);
    set(at + 4, 6, 4);
    for (size_t field : {8, 16, 24}) set(at + field, offset, 8);
    for (size_t field : {32, 40}) set(at + field, size, 8);
    set(at + 48, 8, 8);
  }

  const Symbols& symbols_;
  const std::vector<uint32_t>& chosen_;
  std::vector<uint8_t> out_;
  std::string strings_ = std::string(1, '\0');
  std::unordered_map<std::string_view, uint32_t> offsets_ = {{"", 0}};
  std::vector<std::pair<uint64_t, uint64_t>> entries_;
  size_t definition_count_ = 0, requirement_count_ = 0, used_ = 0;
  bool too_long_ = false;
};

}  // namespace

Result<std::vector<uint8_t>> canonical_image(const Symbols& symbols, const std::vector<uint32_t>& chosen) { return Layout(symbols, chosen).run(); }

}  // namespace rootlet::elf
