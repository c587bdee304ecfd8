// Who nearly provides what is not bound.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "elf/symbols.hpp"

namespace rootlet::auditing {

// What is referred to and not found; a version alone where the version itself is missing.
struct Wanted {
  std::string_view symbol, version;  // either may be empty
  std::string_view from;             // the soname that the version is wanted of, or empty
};

// An object that might provide it.
struct Candidate {
  std::string_view name;  // its soname, or the name of its file
  const elf::Symbols* symbols = nullptr;
  bool loaded = true;     // it is in the scope that was searched
};

// A clause of a sentence, or empty if nobody comes near: "libc.so.6 has up to GLIBC_2.36", "libfoo.so.1 defines it as foo@@V_1",
// "libfoo.so.1 defines it, but hidden", "libfoo.so.1, which is not loaded, defines it". Read with LIEF's model where it can be had, else
// by our own reader; model_problem() says which.
std::string nearest(const Wanted& wanted, const std::vector<Candidate>& candidates);

// Why LIEF's model is not to be had here; empty if it is. Loads it.
std::string model_problem();

// "GLIBC_2.36" before "GLIBC_2.4"? Numbers count as numbers: less than 0 if a is the earlier, more if the later, 0 if they differ in
// nothing but zeros ahead of a number. Of the same family only.
int compare_versions(std::string_view a, std::string_view b);

// What stands before the first digit: "GLIBC_", "GLIBCXX_", "V_".
std::string_view version_family(std::string_view version);

}  // namespace rootlet::auditing
