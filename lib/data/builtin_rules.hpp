// The files of lib/data/rules, as they were when the library was built.
#pragma once

#include <span>
#include <string_view>

namespace rootlet::data {

struct BuiltinFile {
  std::string_view name;
  std::string_view text;
};

std::span<const BuiltinFile> builtin_files();

}  // namespace rootlet::data
