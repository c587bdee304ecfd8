// One object asked for one symbol, as its loader asks it.
#pragma once

#include "audit/object.hpp"
#include "rootlet/loader.hpp"

namespace rootlet::auditing {

enum class Answer : uint8_t {
  no,
  yes,
  yes_without_version,  // it has no versions at all, though one is wanted
};

struct Found {
  Answer answer = Answer::no;
  // Of the symbol:
  uint64_t size = 0;
  elf::SymbolType type = elf::SymbolType::none;
  elf::Visibility visibility = elf::Visibility::normal;
  bool defined = false;
};

// For what a reference is looked up: glibc's type classes (ELF_RTYPE_CLASS_PLT, elf_machine_type_class), musl's need_def.
enum class Purpose : uint8_t { data, jump };

// do_lookup_x and check_match in glibc's elf/dl-lookup.c. `work` grows by the steps that it takes.
Found ask_glibc(const elf::Symbols& provider, const Want& want, Purpose purpose, uint64_t& work);

// find_sym2, gnu_lookup and sysv_lookup in musl's ldso/dynlink.c.
Found ask_musl(const elf::Symbols& provider, const elf::HashedName& name, Purpose purpose, uint64_t& work);

// The name that musl's libc looks up instead of one with "64" that it does not have (get_lfs64, since 1.2.4), or nothing.
std::optional<std::string_view> musl_name_without_64(std::string_view name);

}  // namespace rootlet::auditing
