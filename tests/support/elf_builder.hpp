// Builds small ELF files that real loaders accept: the fixtures of the parser's tests and of the
// differential tests. Nothing here uses the library's own reader.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rootlet::test {

struct ElfSpec {
  bool is64 = true;
  bool big_endian = false;
  uint16_t machine = 62;  // EM_X86_64
  uint16_t type = 3;      // ET_DYN
  uint32_t flags = 0;     // e_flags
  uint8_t os_abi = 0;
  std::optional<std::string> interpreter;
  std::optional<std::string> soname;
  std::optional<std::string> rpath;
  std::optional<std::string> runpath;
  std::optional<std::string> audit;
  std::optional<std::string> depaudit;
  // DT_NEEDED (1), DT_FILTER (0x7fffffff), DT_AUXILIARY (0x7ffffffd), in this order in the file.
  std::vector<std::pair<uint64_t, std::string>> dependencies;
  uint64_t flags_1 = 0;  // DT_FLAGS_1, left out if 0
  // NT_GNU_ABI_TAG: os, major, minor, patch; left out if empty.
  std::vector<uint32_t> abi_tag;
  std::vector<std::string> imports;  // undefined dynamic symbols; no relocation uses them
  std::vector<std::string> strings;  // in its data, each with a NUL before and behind it
  bool dynamic = true;  // false: no PT_DYNAMIC (a static program)
  // Further dynamic entries as they are (tag, value), after all others.
  std::vector<std::pair<uint64_t, uint64_t>> extra_dynamic;

  ElfSpec& needs(std::string name) {
    dependencies.emplace_back(1, std::move(name));
    return *this;
  }
};

// The bytes of a file of that description: an ELF header, program headers (PT_PHDR, PT_INTERP,
// PT_LOAD, PT_DYNAMIC, PT_NOTE, PT_GNU_STACK), a dynamic section with DT_STRTAB, DT_STRSZ,
// DT_SYMTAB, DT_SYMENT and DT_HASH, and no section headers. A loader maps it and finds no symbol
// defined; a program's entry point exits with status 0 on x86-64 and i386.
std::string build_elf(const ElfSpec& spec);

}  // namespace rootlet::test
