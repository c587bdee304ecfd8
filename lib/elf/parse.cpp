#include <algorithm>
#include <memory_resource>
#include <vector>

#include "rootlet/elf.hpp"

namespace rootlet::elf {
namespace {

constexpr uint32_t kPtLoad = 1, kPtDynamic = 2, kPtInterp = 3, kPtNote = 4;
constexpr uint64_t kDtNull = 0, kDtNeeded = 1, kDtStrtab = 5, kDtSoname = 14, kDtRpath = 15, kDtRunpath = 29,
                   kDtFlags1 = 0x6ffffffb, kDtDepaudit = 0x6ffffefb, kDtAudit = 0x6ffffefc,
                   kDtAuxiliary = 0x7ffffffd, kDtFilter = 0x7fffffff;
constexpr size_t kStartBytes = 4096;   // header, program headers, interpreter and notes of most files
constexpr uint64_t kMaxNoteBytes = 65536;
constexpr uint64_t kStringWindow = 4096;

std::string hex(uint64_t value) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  do {
    text.insert(text.begin(), kDigits[value & 15]);
    value >>= 4;
  } while (value != 0);
  return "0x" + text;
}

Unexpected malformed(std::string message) { return fail(ErrorCode::malformed, std::move(message)); }

struct ProgramHeader {
  uint32_t type = 0;
  uint64_t offset = 0, address = 0, file_size = 0, align = 0;
};

// The first bytes of a file, and further ranges read when they lie beyond.
class Reader {
 public:
  Reader(const Source& source, Bytes start) : source_(source), start_(start) {}
  Bytes start() const { return start_; }

  // Exactly [offset, offset + length), or an error that names `what`. The view lasts until the next
  // call with the same `store`.
  Result<Bytes> range(uint64_t offset, uint64_t length, std::pmr::vector<std::byte>& store, const char* what) {
    if (auto here = start_.sub(offset, length)) return *here;
    if (offset > source_.size() || length > source_.size() - offset) {
      return malformed(std::string(what) + " at " + hex(offset) + " of " + std::to_string(length) +
                       " bytes exceeds file size " + std::to_string(source_.size()));
    }
    store.resize(length);
    auto got = source_.read_at(offset, std::span(store));
    if (!got) return Unexpected(std::move(got).error());
    if (*got != length) return malformed(std::string(what) + " at " + hex(offset) + ": the file ends within it");
    return Bytes(std::span<const std::byte>(store));
  }

  const Source& source() const { return source_; }

 private:
  const Source& source_;
  Bytes start_;
};

// Where a string of the dynamic section is wanted.
struct StringUse {
  uint64_t offset;
  enum class Into : uint8_t { dependency, soname, rpath, runpath, audit, depaudit } into;
  size_t index = 0;  // of a dependency
};

class Parser {
 public:
  Parser(const Source& source, Bytes start) : reader_(source, start) {}

  Result<Header> run_header() {
    if (auto done = header(); !done) return Unexpected(std::move(done).error());
    return static_cast<Header>(image_);
  }

  Result<Image> run() {
    if (auto done = header(); !done) return Unexpected(std::move(done).error());
    if (auto done = program_headers(); !done) return Unexpected(std::move(done).error());
    if (auto done = interpreter(); !done) return Unexpected(std::move(done).error());
    notes();
    if (auto done = dynamic_section(); !done) return Unexpected(std::move(done).error());
    if (auto done = strings(); !done) return Unexpected(std::move(done).error());
    return std::move(image_);
  }

 private:
  uint64_t word(Bytes bytes, uint64_t offset) const {
    return image_.is_elf64() ? *bytes.number<uint64_t>(offset, image_.order)
                             : *bytes.number<uint32_t>(offset, image_.order);
  }
  uint32_t half(Bytes bytes, uint64_t offset) const { return *bytes.number<uint16_t>(offset, image_.order); }
  uint32_t u32(Bytes bytes, uint64_t offset) const { return *bytes.number<uint32_t>(offset, image_.order); }

  Result<void> header() {
    const Bytes start = reader_.start();
    if (start.size() < 16) return malformed("file too short: " + std::to_string(start.size()) + " bytes");
    if (!has_magic(start)) return malformed("no ELF magic at offset 0");
    auto ident = start.span();
    auto file_class = std::to_integer<uint8_t>(ident[4]);
    auto data = std::to_integer<uint8_t>(ident[5]);
    if (file_class != 1 && file_class != 2) {
      return malformed("EI_CLASS " + std::to_string(file_class) + " at 0x4 is neither ELFCLASS32 nor ELFCLASS64");
    }
    if (data != 1 && data != 2) {
      return malformed("EI_DATA " + std::to_string(data) + " at 0x5 is neither ELFDATA2LSB nor ELFDATA2MSB");
    }
    image_.file_class = static_cast<Class>(file_class);
    image_.order = data == 1 ? ByteOrder::little : ByteOrder::big;
    image_.ident_version = std::to_integer<uint8_t>(ident[6]);
    image_.os_abi = std::to_integer<uint8_t>(ident[7]);
    image_.abi_version = std::to_integer<uint8_t>(ident[8]);
    image_.ident_padding_clear =
        std::all_of(ident.begin() + 9, ident.begin() + 16, [](std::byte b) { return b == std::byte{0}; });
    const bool wide = image_.is_elf64();
    const uint64_t header_size = wide ? 64 : 52;
    if (start.size() < header_size) {
      return malformed("file too short: " + std::to_string(start.size()) + " of the " +
                       std::to_string(header_size) + " bytes of an ELF header");
    }
    image_.type = static_cast<Type>(half(start, 16));
    image_.machine = static_cast<uint16_t>(half(start, 18));
    image_.version = u32(start, 20);
    image_.program_header_offset = word(start, wide ? 32 : 28);
    image_.flags = u32(start, wide ? 48 : 36);
    image_.program_header_size = static_cast<uint16_t>(half(start, wide ? 54 : 42));
    image_.program_header_count = static_cast<uint16_t>(half(start, wide ? 56 : 44));
    return {};
  }

  Result<void> program_headers() {
    const bool wide = image_.is_elf64();
    const uint64_t entry = wide ? 56 : 32;
    const uint64_t count = image_.program_header_count;
    if (count == 0) return {};
    if (image_.program_header_size != entry) {
      return malformed("e_phentsize is " + std::to_string(image_.program_header_size) + ", not " +
                       std::to_string(entry));
    }
    if (count * entry > kMaxProgramHeaderBytes) {
      return fail(ErrorCode::too_large, "e_phnum " + std::to_string(count) + " exceeds the " +
                                            std::to_string(kMaxProgramHeaderBytes / entry) +
                                            " program headers that are read");
    }
    auto table = reader_.range(image_.program_header_offset, count * entry, store_, "program header table");
    if (!table) return Unexpected(std::move(table).error());
    headers_.reserve(count);
    for (uint64_t i = 0; i < count; ++i) {
      Bytes row = *table->sub(i * entry, entry);
      ProgramHeader header;
      header.type = u32(row, 0);
      header.offset = word(row, wide ? 8 : 4);
      header.address = word(row, wide ? 16 : 8);
      header.file_size = word(row, wide ? 32 : 16);
      header.align = word(row, wide ? 48 : 28);
      image_.has_load = image_.has_load || header.type == kPtLoad;
      headers_.push_back(header);
    }
    return {};
  }

  const ProgramHeader* find(uint32_t type) const {
    auto found = std::find_if(headers_.begin(), headers_.end(),
                              [type](const ProgramHeader& header) { return header.type == type; });
    return found == headers_.end() ? nullptr : &*found;
  }

  Result<void> interpreter() {
    const ProgramHeader* header = find(kPtInterp);
    if (header == nullptr) return {};
    if (header->file_size < 2 || header->file_size > 4096) {  // load_elf_binary: at most PATH_MAX
      return malformed("PT_INTERP p_filesz " + std::to_string(header->file_size) + " is not in 2..4096");
    }
    auto bytes = reader_.range(header->offset, header->file_size, store_, "PT_INTERP");
    if (!bytes) return Unexpected(std::move(bytes).error());
    if (bytes->text().back() != '\0') return malformed("PT_INTERP at " + hex(header->offset) + " has no terminating NUL");
    image_.interpreter = std::string(*bytes->c_string(0));
    return {};
  }

  // NT_GNU_ABI_TAG, looked for as in open_verify. A note that is out of bounds is no reason to reject a file: no
  // loader does.
  void notes() {
    for (const ProgramHeader& header : headers_) {
      if (header.type != kPtNote || image_.abi_tag || (header.align != 4 && header.align != 8)) continue;
      if (header.file_size < 32 || header.file_size > kMaxNoteBytes) continue;
      auto bytes = reader_.range(header.offset, header.file_size, store_, "PT_NOTE");
      if (bytes) abi_note(*bytes, header.align);
    }
  }

  void abi_note(Bytes notes, uint64_t align) {
    uint64_t at = 0;
    while (notes.sub(at, 12)) {
      uint64_t name_size = u32(notes, at), size = u32(notes, at + 4), type = u32(notes, at + 8);
      uint64_t content = (at + 12 + name_size + align - 1) / align * align;
      auto name = notes.sub(at + 12, name_size);
      auto body = notes.sub(content, size);
      if (!name || !body) return;
      if (type == 1 && size == 16 && name->text() == std::string_view("GNU\0", 4)) {
        image_.abi_tag = AbiTag{u32(*body, 0), {u32(*body, 4), u32(*body, 8), u32(*body, 12)}};
        return;
      }
      at = (content + size + align - 1) / align * align;
    }
  }

  Result<void> dynamic_section() {
    const ProgramHeader* header = nullptr;  // the last one counts, as in _dl_map_object_from_fd
    for (const ProgramHeader& candidate : headers_) {
      if (candidate.type == kPtDynamic && candidate.file_size != 0) header = &candidate;
    }
    if (header == nullptr) return {};
    if (header->file_size > kMaxDynamicBytes) {
      return fail(ErrorCode::too_large, "PT_DYNAMIC p_filesz " + std::to_string(header->file_size) +
                                            " exceeds the " + std::to_string(kMaxDynamicBytes) +
                                            " bytes that are read");
    }
    auto bytes = reader_.range(header->offset, header->file_size, store_, "PT_DYNAMIC");
    if (!bytes) return Unexpected(std::move(bytes).error());
    image_.has_dynamic = true;
    const uint64_t width = image_.is_elf64() ? 8 : 4;
    for (uint64_t at = 0; bytes->sub(at, 2 * width); at += 2 * width) {
      uint64_t tag = word(*bytes, at);
      if (tag == kDtNull) break;
      dynamic_entry(tag, word(*bytes, at + width));
    }
    return {};
  }

  void single(StringUse::Into into, uint64_t offset) { singles_[static_cast<size_t>(into)] = offset; }

  void dependency(DependencyKind kind, uint64_t offset) {
    if (image_.dependencies.empty()) image_.dependencies.reserve(8);
    uses_.push_back({offset, StringUse::Into::dependency, image_.dependencies.size()});
    image_.dependencies.push_back({kind, {}});
  }

  void dynamic_entry(uint64_t tag, uint64_t value) {
    using Into = StringUse::Into;
    switch (tag) {
      case kDtStrtab: string_table_ = value; break;
      case kDtNeeded: dependency(DependencyKind::needed, value); break;
      case kDtFilter: dependency(DependencyKind::filter, value); break;
      case kDtAuxiliary: dependency(DependencyKind::auxiliary, value); break;
      case kDtSoname: single(Into::soname, value); break;
      case kDtRpath: single(Into::rpath, value); break;
      case kDtRunpath: single(Into::runpath, value); break;
      case kDtAudit: single(Into::audit, value); break;
      case kDtDepaudit: single(Into::depaudit, value); break;
      case kDtFlags1: image_.flags_1 = value; break;
      default: break;
    }
  }

  // The file offset of an address, and how many bytes of file follow it in its segment.
  std::optional<std::pair<uint64_t, uint64_t>> locate(uint64_t address) const {
    for (const ProgramHeader& header : headers_) {
      if (header.type != kPtLoad || address < header.address || address - header.address >= header.file_size) continue;
      uint64_t inside = address - header.address;
      if (header.offset > UINT64_MAX - inside) return std::nullopt;
      return std::pair(header.offset + inside, header.file_size - inside);
    }
    return std::nullopt;
  }

  Result<void> strings() {
    for (size_t into = 0; into < singles_.size(); ++into) {
      if (singles_[into]) uses_.push_back({*singles_[into], static_cast<StringUse::Into>(into)});
    }
    if (uses_.empty()) return {};
    if (!string_table_) return malformed("the dynamic section names strings but has no DT_STRTAB");
    auto place = locate(*string_table_);
    if (!place) return malformed("DT_STRTAB " + hex(*string_table_) + " lies in no PT_LOAD segment");
    // The segment and the file bound the table: no loader asks for DT_STRSZ.
    uint64_t size = reader_.source().size();
    if (place->first >= size) return malformed("DT_STRTAB at file offset " + hex(place->first) + " exceeds file size " + std::to_string(size));
    const uint64_t limit = std::min(place->second, size - place->first);
    std::sort(uses_.begin(), uses_.end(), [](const auto& a, const auto& b) { return a.offset < b.offset; });
    Window window(&pool_);
    uint64_t total = 0;
    for (const StringUse& use : uses_) {
      auto text = string_at(use.offset, place->first, limit, window);
      if (!text) return Unexpected(std::move(text).error());
      total += text->size() + 1;
      if (total > kMaxStringTotal) {
        return fail(ErrorCode::too_large, "the strings of the dynamic section exceed " + std::to_string(kMaxStringTotal) + " bytes");
      }
      store(use, *text);
    }
    return {};
  }

  // A piece of the string table that was read.
  struct Window {
    explicit Window(std::pmr::memory_resource* pool) : store(pool) {}
    uint64_t begin = 0;
    Bytes bytes;
    std::pmr::vector<std::byte> store;

    std::optional<std::string_view> string(uint64_t offset) const {
      return offset < begin ? std::nullopt : bytes.c_string(offset - begin);
    }
  };

  Result<std::string_view> string_at(uint64_t offset, uint64_t table, uint64_t limit, Window& window) {
    if (offset >= limit) {
      return malformed("string offset " + hex(offset) + " exceeds the " + std::to_string(limit) +
                       " bytes of file that follow DT_STRTAB in its segment");
    }
    if (auto text = window.string(offset)) return *text;
    for (uint64_t want : {kStringWindow, kMaxStringBytes}) {
      uint64_t length = std::min(want, limit - offset);
      auto bytes = reader_.range(table + offset, length, window.store, "dynamic string table");
      if (!bytes) return Unexpected(std::move(bytes).error());
      window.begin = offset;
      window.bytes = *bytes;
      if (auto text = window.string(offset)) return *text;
      if (length < want) {
        return malformed("string at " + hex(offset) + " of the string table has no terminating NUL");
      }
    }
    return fail(ErrorCode::too_large, "string at " + hex(offset) + " of the string table is longer than " +
                                          std::to_string(kMaxStringBytes) + " bytes");
  }

  void store(const StringUse& use, std::string_view text) {
    using Into = StringUse::Into;
    switch (use.into) {
      case Into::dependency: image_.dependencies[use.index].name = text; break;
      case Into::soname: image_.soname = std::string(text); break;
      case Into::rpath: image_.rpath = std::string(text); break;
      case Into::runpath: image_.runpath = std::string(text); break;
      case Into::audit: image_.audit = std::string(text); break;
      case Into::depaudit: image_.depaudit = std::string(text); break;
    }
  }

  // Most files fit in here, and cost no allocation but for the strings they hand out.
  std::array<std::byte, 12288> arena_;
  std::pmr::monotonic_buffer_resource pool_{arena_.data(), arena_.size()};
  Reader reader_;
  Image image_;
  std::pmr::vector<ProgramHeader> headers_{&pool_};
  std::pmr::vector<StringUse> uses_{&pool_};
  std::array<std::optional<uint64_t>, 6> singles_;  // by StringUse::Into
  std::optional<uint64_t> string_table_;
  std::pmr::vector<std::byte> store_{&pool_};
};

}  // namespace

std::vector<std::string> Image::needed() const {
  std::vector<std::string> names;
  for (const Dependency& dependency : dependencies) {
    if (dependency.kind == DependencyKind::needed) names.push_back(dependency.name);
  }
  return names;
}

bool has_magic(Bytes start) { return start.size() >= 4 && start.text().substr(0, 4) == "\177ELF"; }

Result<Header> parse_header(Bytes start) { return Parser(MemorySource(start), start).run_header(); }

Result<Image> parse(const Source& source, Bytes start) { return Parser(source, start).run(); }

Result<Image> parse(const Source& source) {
  std::array<std::byte, kStartBytes> buffer;
  auto length = source.read_at(0, buffer);
  if (!length) return Unexpected(std::move(length).error());
  return parse(source, Bytes(std::span<const std::byte>(buffer.data(), *length)));
}

std::string machine_name(uint16_t machine) {
  switch (machine) {
    case kMachine386: return "i386";
    case kMachineMips: return "MIPS";
    case kMachinePpc: return "PowerPC";
    case kMachinePpc64: return "PowerPC64";
    case kMachineS390: return "S/390";
    case kMachineArm: return "Arm";
    case kMachineX86_64: return "x86-64";
    case kMachineAarch64: return "AArch64";
    case kMachineRiscv: return "RISC-V";
    case kMachineLoongarch: return "LoongArch";
    default: return "machine " + std::to_string(machine);
  }
}

}  // namespace rootlet::elf
