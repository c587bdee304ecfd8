// Rules as data: what files a program or library needs beyond what its own bytes say. The form is described in
// lib/data/rules/README.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/c_library.hpp"
#include "rootlet/base.hpp"

namespace rootlet::data {

enum Role : uint8_t { kEntry = 1, kProgram = 2, kInterpreter = 4, kLibrary = 8 };

struct Rule {
  std::string name, because, source;
  // when: each list that is not empty must have an item that holds.
  std::vector<std::string> soname, path, import, string, language, package, exists;
  CLibrary libc = CLibrary::unknown;  // any
  uint8_t roles = 0;  // any of Role; 0: all
  // then
  std::vector<std::string> files, trees, directories, objects, plugins, programs, follow, base, databases, provide, empty, exclude;
  bool ignore_strings = false;
  bool required = false;
};

// Reads rules in TOML. Errors name `file`, the line, and what is allowed there.
Result<std::vector<Rule>> parse_rules(std::string_view text, const std::string& file);

// Those that are built in, in the order of their files' names.
const std::vector<Rule>& builtin_rules();

inline constexpr size_t kMaxRulesBytes = 4 << 20;

}  // namespace rootlet::data
