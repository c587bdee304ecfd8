// What a PHP file includes, and the classes that it names.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "data/scripts/commands.hpp"

namespace rootlet::scripts {

struct PhpUnknown {
  uint32_t line = 0;
  std::string what;
};

struct PhpFacts {
  std::vector<std::string> includes;  // absolute, or relative to include_path and the script
  std::vector<std::string> files;     // __DIR__ . '/x' elsewhere than in an include
  std::set<std::string> classes;      // fully qualified, without the leading backslash: "Foo\\Bar"
  std::string space;                  // its namespace, the last one if there are several
  std::vector<StartedProgram> started;
  std::vector<PhpUnknown> unknown;
};

// `path` is the file itself, for __DIR__ and __FILE__.
PhpFacts read_php(std::string_view text, std::string_view path);

inline constexpr size_t kMaxPhpNames = 8192;  // of each kind in one file

}  // namespace rootlet::scripts
