#include <algorithm>

#include "elf/tables.hpp"

namespace rootlet::elf {
namespace {

constexpr uint64_t kSymbolBytes = 1 << 22;  // of the symbol table, read at a time
constexpr uint64_t kNameWindow = 1 << 16;

class ContentsReader : Tables {
 public:
  ContentsReader(const Source& source, Bytes start) : Tables(source, start, ident_) {}

  Result<Contents> run() {
    if (auto done = read_header(); !done) return Unexpected(std::move(done).error());
    if (auto done = read_program_headers(); !done) return Unexpected(std::move(done).error());
    const uint64_t size = reader_.source().size();
    for (const ProgramHeader& header : headers_) {
      if (header.type == kPtNote) notes(header);
      if (header.type != kPtLoad || header.offset >= size) continue;
      contents_.segments.push_back({header.offset, std::min(header.file_size, size - header.offset), (header.flags & 1) != 0, (header.flags & 2) != 0});
    }
    imports();
    return std::move(contents_);
  }

 private:
  void notes(const ProgramHeader& header) {
    const uint64_t align = header.align == 8 ? 8 : 4;
    auto bytes = reader_.range(header.offset, std::min(header.file_size, kMaxNoteBytes), store_, "PT_NOTE");
    if (!bytes) return;
    each_note(*bytes, align, [this](std::string_view owner, uint32_t type, Bytes body) {
      contents_.notes.push_back({std::string(owner.substr(0, owner.find('\0'))), type, std::string(body.text())});
      return false;
    });
  }

  std::optional<uint64_t> dynamic_value(uint64_t tag) const {
    std::optional<uint64_t> value;
    for (const auto& [found, content] : dynamic_) {
      if (found == tag) value = content;
    }
    return value;
  }

  // How many symbols may be undefined ones. In a file with a GNU hash table they stand before those that it
  // covers; else the classic table has a chain for each symbol.
  uint64_t symbol_count(uint64_t symbols, uint64_t strings) {
    if (auto place = where(kDtGnuHash)) {
      auto bytes = reader_.range(*place, 8, store_, "DT_GNU_HASH");
      if (bytes && u32(*bytes, 4) > 1) return u32(*bytes, 4);
    }
    if (auto place = where(kDtHash)) {
      auto bytes = reader_.range(*place, 8, store_, "DT_HASH");
      if (bytes) return u32(*bytes, 4);
    }
    return strings > symbols ? (strings - symbols) / (ident_.is_elf64() ? 24 : 16) : 0;
  }

  std::optional<uint64_t> where(uint64_t tag) const {
    auto value = dynamic_value(tag);
    auto place = value ? locate(*value) : std::nullopt;
    return place ? std::optional(place->first) : std::nullopt;
  }

  void imports() {
    (void)each_dynamic([this](uint64_t tag, uint64_t value) { dynamic_.emplace_back(tag, value); });
    const auto symbols = where(kDtSymtab), strings = where(kDtStrtab);
    if (!symbols || !strings || *symbols >= reader_.source().size()) return;
    const bool wide = ident_.is_elf64();
    const uint64_t entry = wide ? 24 : 16;
    const uint64_t count = std::min(symbol_count(*symbols, *strings), (reader_.source().size() - *symbols) / entry);
    std::vector<uint32_t> names;
    for (uint64_t done = 0; done < count && names.size() < kMaxImports;) {
      const uint64_t now = std::min(count - done, kSymbolBytes / entry);
      auto table = reader_.range(*symbols + done * entry, now * entry, store_, "DT_SYMTAB");
      if (!table) break;
      for (uint64_t i = 0; i < now && names.size() < kMaxImports; ++i) {
        const Bytes symbol = *table->sub(i * entry, entry);
        const uint32_t section = half(symbol, wide ? 6 : 14), name = u32(symbol, 0);
        if (section == 0 && name != 0) names.push_back(name);
      }
      done += now;
    }
    read_names(std::move(names), *strings);
  }

  void read_names(std::vector<uint32_t> names, uint64_t table) {
    std::sort(names.begin(), names.end());
    std::pmr::vector<std::byte> store;
    Bytes window;
    uint64_t begin = 0;
    const uint64_t size = reader_.source().size();
    for (uint32_t name : names) {
      auto text = name >= begin ? window.c_string(name - begin) : std::nullopt;
      if (!text && table < size && name < size - table) {
        auto bytes = reader_.range(table + name, std::min(kNameWindow, size - table - name), store, "DT_STRTAB");
        if (!bytes) return;
        begin = name;
        window = *bytes;
        text = window.c_string(0);
      }
      if (text) contents_.imports.emplace_back(*text);
    }
  }

  Header ident_;
  Contents contents_;
  std::vector<std::pair<uint64_t, uint64_t>> dynamic_;
};

}  // namespace

Result<Contents> read_contents(const Source& source) {
  std::array<std::byte, kStartBytes> buffer;
  auto length = source.read_at(0, buffer);
  if (!length) return Unexpected(std::move(length).error());
  return ContentsReader(source, Bytes(std::span<const std::byte>(buffer.data(), *length))).run();
}

}  // namespace rootlet::elf
