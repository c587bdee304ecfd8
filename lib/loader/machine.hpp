// What differs from machine to machine in a loader's search.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rootlet/loader.hpp"

namespace rootlet {

struct Abi {
  std::string_view name;                       // as in multiarch: "x86_64-linux-gnu"
  std::vector<uint32_t> cache_flags;           // entry flags that its ld.so accepts; the last is its own
  std::vector<std::string> default_dirs;       // where the loader's own binary does not tell
  std::string_view lib;                        // $LIB, likewise
  std::string_view glibc_interpreter;          // the usual one
  std::string_view musl_name;                  // ld-musl-NAME.so.1
  std::string_view vdso;                       // its soname
  std::vector<CpuModel> models;                // the baseline first
};

// The ABI of an object, by class, machine and flags. Unknown machines get a generic one.
const Abi& abi_of(const elf::Header& header);

// Whether the loader of `program` takes `candidate` for an object of its own machine
// (elf_machine_matches_host): the class is compared elsewhere.
bool same_machine(const elf::Header& program, const elf::Header& candidate);

}  // namespace rootlet
