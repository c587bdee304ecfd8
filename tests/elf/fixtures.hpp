// ELF files for the reader's tests: a set of them that between them have every field, an editor for
// single fields, and a spelling of what was read that tests can compare.
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rootlet/elf.hpp"
#include "support/elf_builder.hpp"

namespace rootlet::elf_test {

using test::build_elf;
using test::ElfSpec;

constexpr uint64_t kNeeded = 1, kFilter = 0x7fffffff, kAuxiliary = 0x7ffffffd;

// A program (with an interpreter) or a library that has everything the reader looks at.
inline ElfSpec full_spec(bool is64, bool big_endian, bool program) {
  ElfSpec spec;
  spec.is64 = is64;
  spec.big_endian = big_endian;
  spec.machine = static_cast<uint16_t>(is64 ? (big_endian ? 22 : 62) : (big_endian ? 8 : 3));
  spec.flags = 0x70001007;
  spec.os_abi = 3;
  if (program) {
    spec.type = 2;
    spec.interpreter = "/lib/ld-linux.so.2";
  } else {
    spec.soname = "libfull.so.1";
  }
  spec.rpath = "/old/path:$ORIGIN/../lib";
  spec.runpath = "$ORIGIN/lib:/opt/new/lib";
  spec.audit = "libaudit-a.so";
  spec.depaudit = "libaudit-d.so:/x/b.so";
  spec.dependencies = {{kNeeded, "libz.so.1"},  {kAuxiliary, "libfast.so"}, {kNeeded, "liba.so.2"},
                       {kFilter, "libreal.so"}, {kNeeded, "libc.so.6"}};
  spec.flags_1 = 0x08000801;
  spec.abi_tag = {0, 3, 2, 17};
  return spec;
}

struct ElfFixture {
  std::string name;
  ElfSpec spec;
  std::string bytes;
};

inline const std::vector<ElfFixture>& elf_fixtures() {
  static const std::vector<ElfFixture> fixtures = [] {
    std::vector<ElfFixture> made;
    auto add = [&made](std::string name, ElfSpec spec) {
      std::string bytes = build_elf(spec);
      made.push_back({std::move(name), std::move(spec), std::move(bytes)});
    };
    for (bool is64 : {false, true}) {
      for (bool big_endian : {false, true}) {
        const std::string kind = std::string(is64 ? "64" : "32") + (big_endian ? "big" : "little");
        add("program" + kind, full_spec(is64, big_endian, true));
        add("library" + kind, full_spec(is64, big_endian, false));
        ElfSpec bare;
        bare.is64 = is64;
        bare.big_endian = big_endian;
        bare.type = 2;
        bare.dynamic = false;
        add("static" + kind, bare);
      }
    }
    return made;
  }();
  return fixtures;
}

// Single fields of an ELF file, by their names in <elf.h>.
class ElfEditor {
 public:
  explicit ElfEditor(const ElfSpec& spec) : is64_(spec.is64), big_endian_(spec.big_endian), bytes_(build_elf(spec)) {}
  const std::string& bytes() const { return bytes_; }
  std::string& bytes() { return bytes_; }
  size_t word() const { return is64_ ? 8 : 4; }

  uint64_t get(size_t offset, size_t width) const {
    uint64_t value = 0;
    for (size_t i = 0; i < width; ++i) {
      value = value << 8 | static_cast<uint8_t>(bytes_.at(offset + (big_endian_ ? i : width - 1 - i)));
    }
    return value;
  }
  ElfEditor& put(size_t offset, uint64_t value, size_t width) {
    for (size_t i = 0; i < width; ++i) {
      bytes_.at(offset + (big_endian_ ? width - 1 - i : i)) = static_cast<char>(value >> (8 * i) & 0xff);
    }
    return *this;
  }

  ElfEditor& e_phoff(uint64_t value) { return put(is64_ ? 32 : 28, value, word()); }
  ElfEditor& e_shoff(uint64_t value) { return put(is64_ ? 40 : 32, value, word()); }
  ElfEditor& e_phentsize(uint64_t value) { return put(is64_ ? 54 : 42, value, 2); }
  ElfEditor& e_phnum(uint64_t value) { return put(is64_ ? 56 : 44, value, 2); }
  uint64_t e_phnum() const { return get(is64_ ? 56 : 44, 2); }

  // The place of the n-th program header of a type.
  size_t segment(uint32_t type, size_t n = 0) const {
    for (size_t i = 0; i < e_phnum(); ++i) {
      const size_t at = (is64_ ? 64 : 52) + i * (is64_ ? 56 : 32);
      if (get(at, 4) == type && n-- == 0) return at;
    }
    std::abort();
  }
  size_t p_offset(size_t segment_at) const { return segment_at + (is64_ ? 8 : 4); }
  size_t p_vaddr(size_t segment_at) const { return segment_at + (is64_ ? 16 : 8); }
  size_t p_filesz(size_t segment_at) const { return segment_at + (is64_ ? 32 : 16); }
  size_t p_align(size_t segment_at) const { return segment_at + (is64_ ? 48 : 28); }

  // The place of the value of the first dynamic entry of a tag.
  size_t dynamic_value(uint64_t tag) const {
    for (size_t at = get(p_offset(segment(2)), word()); get(at, word()) != 0; at += 2 * word()) {
      if (get(at, word()) == tag) return at + word();
    }
    std::abort();
  }

 private:
  bool is64_;
  bool big_endian_;
  std::string bytes_;
};

inline Result<elf::Image> parse_elf(std::string_view bytes) { return elf::parse(MemorySource(Bytes(bytes))); }

// Everything in an image, a line a field.
inline std::string spell(const elf::Image& image) {
  std::string text;
  auto line = [&text](std::string_view name, const std::string& value) {
    text.append(name).append("=").append(value).append("\n");
  };
  auto number = [&line](std::string_view name, uint64_t value) { line(name, std::to_string(value)); };
  auto optional = [&line](std::string_view name, const std::optional<std::string>& value) {
    line(name, value ? "\"" + *value + "\"" : "none");
  };
  number("class", static_cast<uint64_t>(image.file_class));
  number("order", static_cast<uint64_t>(image.order));
  number("ident_version", image.ident_version);
  number("os_abi", image.os_abi);
  number("abi_version", image.abi_version);
  number("padding_clear", image.ident_padding_clear ? 1 : 0);
  number("type", static_cast<uint64_t>(image.type));
  number("machine", image.machine);
  number("version", image.version);
  number("flags", image.flags);
  number("phentsize", image.program_header_size);
  number("phoff", image.program_header_offset);
  number("phnum", image.program_header_count);
  optional("interpreter", image.interpreter);
  number("has_dynamic", image.has_dynamic ? 1 : 0);
  number("has_load", image.has_load ? 1 : 0);
  for (const elf::Dependency& dependency : image.dependencies) {
    line("dependency" + std::to_string(static_cast<int>(dependency.kind)), dependency.name);
  }
  optional("soname", image.soname);
  optional("rpath", image.rpath);
  optional("runpath", image.runpath);
  optional("audit", image.audit);
  optional("depaudit", image.depaudit);
  number("flags_1", image.flags_1);
  if (image.abi_tag) {
    number("abi_os", image.abi_tag->os);
    for (uint32_t part : image.abi_tag->version) number("abi_version_part", part);
  }
  return text;
}

inline std::string spell(const Result<elf::Image>& result) {
  return result ? spell(*result) : "error " + std::string(to_string(result.error().code)) + ": " + result.error().message;
}

// A source that counts what is asked of it.
class CountingSource final : public Source {
 public:
  explicit CountingSource(const Source& source) : source_(source) {}
  Result<size_t> read_at(uint64_t offset, std::span<std::byte> out) const override {
    auto length = source_.read_at(offset, out);
    ++reads_;
    if (length) bytes_ += *length;
    if (out.size() > largest_) largest_ = out.size();
    return length;
  }
  uint64_t size() const override { return source_.size(); }
  uint64_t reads() const { return reads_; }
  uint64_t bytes() const { return bytes_; }      // read in all
  uint64_t largest() const { return largest_; }  // asked for at once

 private:
  const Source& source_;
  mutable uint64_t reads_ = 0, bytes_ = 0, largest_ = 0;
};

}  // namespace rootlet::elf_test
