#include <algorithm>
#include <vector>

#include "elf/tables.hpp"

namespace rootlet::elf {
namespace {

constexpr uint64_t kStringWindow = 4096;

// Where a string of the dynamic section is wanted.
struct StringUse {
  uint64_t offset;
  enum class Into : uint8_t { dependency, soname, rpath, runpath, audit, depaudit } into;
  size_t index = 0;  // of a dependency
};

class Parser : Tables {
 public:
  Parser(const Source& source, Bytes start) : Tables(source, start, image_) {}

  Result<Header> run_header() {
    if (auto done = read_header(); !done) return Unexpected(std::move(done).error());
    return static_cast<Header>(image_);
  }

  Result<Image> run() {
    if (auto done = read_header(); !done) return Unexpected(std::move(done).error());
    if (auto done = read_program_headers(); !done) return Unexpected(std::move(done).error());
    image_.has_load = find(kPtLoad) != nullptr;
    if (auto done = interpreter(); !done) return Unexpected(std::move(done).error());
    notes();
    if (auto done = dynamic_section(); !done) return Unexpected(std::move(done).error());
    if (auto done = strings(); !done) return Unexpected(std::move(done).error());
    return std::move(image_);
  }

 private:
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
    each_note(notes, align, [this](std::string_view owner, uint32_t type, Bytes body) {
      if (type != 1 || body.size() != 16 || owner != std::string_view("GNU\0", 4)) return false;
      image_.abi_tag = AbiTag{u32(body, 0), {u32(body, 4), u32(body, 8), u32(body, 12)}};
      return true;
    });
  }

  Result<void> dynamic_section() {
    auto found = each_dynamic([this](uint64_t tag, uint64_t value) { dynamic_entry(tag, value); });
    if (!found) return Unexpected(std::move(found).error());
    image_.has_dynamic = *found;
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

  Image image_;
  std::pmr::vector<StringUse> uses_{&pool_};
  std::array<std::optional<uint64_t>, 6> singles_;  // by StringUse::Into
  std::optional<uint64_t> string_table_;
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
