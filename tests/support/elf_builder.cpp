// One segment maps the whole file, readable and writable: loaders write relocated pointers into the
// dynamic section.
#include "support/elf_builder.hpp"

#include <string_view>

namespace rootlet::test {
namespace {

constexpr uint16_t kExecutable = 2;
constexpr uint64_t kExecutableBase = 0x400000;
constexpr uint64_t kPage = 0x10000;  // the largest page size of any common machine

enum SegmentType : uint32_t {
  kLoad = 1,
  kDynamic = 2,
  kInterp = 3,
  kNote = 4,
  kPhdr = 6,
  kGnuStack = 0x6474e551,
};

enum Tag : uint64_t {
  kHash = 4,
  kStringTable = 5,
  kSymbolTable = 6,
  kStringSize = 10,
  kSymbolEntry = 11,
  kSoname = 14,
  kRpath = 15,
  kRunpath = 29,
  kDepAudit = 0x6ffffefb,
  kAudit = 0x6ffffefc,
  kFlags1 = 0x6ffffffb,
};

// Bytes in the making, with numbers in the target's byte order and width.
class Output {
 public:
  explicit Output(const ElfSpec& spec) : is64_(spec.is64), big_endian_(spec.big_endian) {}

  void number(uint64_t value, size_t width) {
    for (size_t i = 0; i < width; ++i) {
      size_t shift = 8 * (big_endian_ ? width - 1 - i : i);
      text_.push_back(static_cast<char>(value >> shift & 0xff));
    }
  }
  void half(uint64_t value) { number(value, 2); }
  void word(uint64_t value) { number(value, 4); }
  void address(uint64_t value) { number(value, is64_ ? 8 : 4); }
  void bytes(std::string_view text) { text_.append(text); }
  void align(size_t alignment) { text_.resize((text_.size() + alignment - 1) / alignment * alignment); }
  size_t size() const { return text_.size(); }
  std::string take() { return std::move(text_); }

 private:
  bool is64_;
  bool big_endian_;
  std::string text_;
};

struct Segment {
  uint32_t type;
  uint32_t flags;
  uint64_t offset;
  uint64_t size;
  uint64_t alignment;
};

// A string table that hands out offsets.
class Strings {
 public:
  uint64_t add(std::string_view text) {
    uint64_t offset = table_.size();
    table_.append(text);
    table_.push_back('\0');
    return offset;
  }
  const std::string& table() const { return table_; }

 private:
  std::string table_ = std::string(1, '\0');
};

using Entries = std::vector<std::pair<uint64_t, uint64_t>>;

Entries string_entries(const ElfSpec& spec, Strings& strings) {
  Entries entries;
  for (const auto& [tag, name] : spec.dependencies) entries.emplace_back(tag, strings.add(name));
  auto optional = [&](uint64_t tag, const std::optional<std::string>& value) {
    if (value) entries.emplace_back(tag, strings.add(*value));
  };
  optional(kSoname, spec.soname);
  optional(kRpath, spec.rpath);
  optional(kRunpath, spec.runpath);
  optional(kAudit, spec.audit);
  optional(kDepAudit, spec.depaudit);
  return entries;
}

// Code that exits with status 0, or nothing for a machine not written for here.
std::string_view exit_code(const ElfSpec& spec) {
  using namespace std::string_view_literals;
  if (spec.machine == 62)
    return "\xb8\x3c\x00\x00\x00\x31\xff\x0f\x05"sv;  // mov $60,%eax; xor %edi,%edi; syscall
  if (spec.machine == 3)
    return "\xb8\x01\x00\x00\x00\x31\xdb\xcd\x80"sv;  // mov $1,%eax; xor %ebx,%ebx; int $0x80
  return {};
}

void write_header(Output& out, const ElfSpec& spec, uint64_t entry, size_t segments) {
  size_t header_size = spec.is64 ? 64 : 52;
  out.bytes("\177ELF");
  out.number(spec.is64 ? 2 : 1, 1);
  out.number(spec.big_endian ? 2 : 1, 1);
  out.number(1, 1);
  out.number(spec.os_abi, 1);
  out.align(16);
  out.half(spec.type);
  out.half(spec.machine);
  out.word(1);
  out.address(entry);
  out.address(header_size);  // the program headers follow
  out.address(0);
  out.word(spec.flags);
  out.half(header_size);
  out.half(spec.is64 ? 56 : 32);
  out.half(segments);
  out.half(0);
  out.half(0);
  out.half(0);
}

void write_segment(Output& out, bool is64, uint64_t base, const Segment& segment) {
  uint64_t address = segment.size == 0 ? 0 : base + segment.offset;
  out.word(segment.type);
  if (is64) out.word(segment.flags);
  out.address(segment.offset);
  out.address(address);
  out.address(address);
  out.address(segment.size);
  out.address(segment.size);
  if (!is64) out.word(segment.flags);
  out.address(segment.alignment);
}

void write_note(Output& out, const std::vector<uint32_t>& abi_tag) {
  out.word(4);
  out.word(4 * abi_tag.size());
  out.word(1);  // NT_GNU_ABI_TAG
  out.bytes({"GNU\0", 4});
  for (uint32_t value : abi_tag) out.word(value);
}

// What follows the program headers, and where each piece lies in the file.
struct Body {
  std::string bytes;
  uint64_t entry = 0;
  std::vector<Segment> segments;
};

void write_import(Output& out, const ElfSpec& spec, uint64_t name) {
  out.word(name);
  if (spec.is64) {
    out.number(0x12, 1);  // STB_GLOBAL, STT_FUNC
    out.number(0, 1);
    out.half(0);
    out.address(0);
    out.address(0);
  } else {
    out.word(0);
    out.word(0);
    out.number(0x12, 1);
    out.number(0, 1);
    out.half(0);
  }
}

// The dynamic section and the tables it names: no symbol is defined.
void write_dynamic(Output& out, const ElfSpec& spec, uint64_t start, uint64_t base, Body& body) {
  Strings strings;
  Entries entries = string_entries(spec, strings);
  std::vector<uint64_t> imports;
  for (const std::string& name : spec.imports) imports.push_back(strings.add(name));
  size_t symbol_size = spec.is64 ? 24 : 16;
  out.align(8);
  uint64_t hash = start + out.size();
  out.word(1);  // one bucket, which is empty, and a chain for each symbol
  out.word(1 + imports.size());
  for (size_t i = 0; i < 2 + imports.size(); ++i) out.word(0);
  out.align(8);
  uint64_t symbols = start + out.size();
  out.bytes(std::string(symbol_size, '\0'));
  for (uint64_t name : imports) write_import(out, spec, name);
  uint64_t table = start + out.size();
  out.bytes(strings.table());
  out.align(8);

  entries.emplace_back(kHash, base + hash);
  entries.emplace_back(kSymbolTable, base + symbols);
  entries.emplace_back(kSymbolEntry, symbol_size);
  entries.emplace_back(kStringTable, base + table);
  entries.emplace_back(kStringSize, strings.table().size());
  if (spec.flags_1 != 0) entries.emplace_back(kFlags1, spec.flags_1);
  for (const auto& [tag, value] : spec.extra_dynamic) entries.emplace_back(tag, value);
  entries.emplace_back(0, 0);
  uint64_t dynamic = start + out.size();
  for (const auto& [tag, value] : entries) {
    out.address(tag);
    out.address(value);
  }
  body.segments.push_back({kDynamic, 6, dynamic, start + out.size() - dynamic, 8});
}

Body build_body(const ElfSpec& spec, uint64_t start, uint64_t base) {
  Output out(spec);
  Body body;
  if (spec.interpreter) {
    body.segments.push_back({kInterp, 4, start, spec.interpreter->size() + 1, 1});
    out.bytes(*spec.interpreter);
    out.bytes({"\0", 1});
  }
  if (!spec.abi_tag.empty()) {
    out.align(8);
    uint64_t note = start + out.size();
    write_note(out, spec.abi_tag);
    body.segments.push_back({kNote, 4, note, start + out.size() - note, 4});
  }
  if (spec.dynamic) write_dynamic(out, spec, start, base, body);
  for (const std::string& text : spec.strings) out.bytes('\0' + text + '\0');
  out.align(8);
  body.entry = start + out.size();
  out.bytes(exit_code(spec));
  body.bytes = out.take();
  return body;
}

}  // namespace

std::string build_elf(const ElfSpec& spec) {
  uint64_t base = spec.type == kExecutable ? kExecutableBase : 0;
  bool is_program = spec.interpreter || spec.type == kExecutable;
  uint64_t header_size = spec.is64 ? 64 : 52;
  uint64_t segment_size = spec.is64 ? 56 : 32;
  size_t count = 2 + (is_program ? 1 : 0) + (spec.interpreter ? 1 : 0) + (spec.abi_tag.empty() ? 0 : 1) +
                 (spec.dynamic ? 1 : 0);
  uint64_t start = (header_size + count * segment_size + 7) / 8 * 8;
  Body body = build_body(spec, start, base);

  // PT_PHDR and PT_INTERP stand before every PT_LOAD (gABI chapter 5).
  std::vector<Segment> segments;
  if (is_program) segments.push_back({kPhdr, 4, header_size, count * segment_size, 8});
  auto rest = body.segments.begin();
  if (spec.interpreter) segments.push_back(*rest++);
  segments.push_back({kLoad, is_program ? 7u : 6u, 0, start + body.bytes.size(), kPage});
  segments.insert(segments.end(), rest, body.segments.end());
  segments.push_back({kGnuStack, 6, 0, 0, 16});

  Output out(spec);
  write_header(out, spec, is_program ? base + body.entry : 0, segments.size());
  for (const Segment& segment : segments) write_segment(out, spec.is64, base, segment);
  out.align(8);
  out.bytes(body.bytes);
  return out.take();
}

}  // namespace rootlet::test
