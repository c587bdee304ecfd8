// Programs that scripts of other languages than shell start: system("..."), subprocess.run([...]).
#pragma once

#include <string>
#include <string_view>

#include "data/scripts/needs.hpp"

namespace rootlet::scripts {

struct StartedProgram {
  std::string text;
  bool line = false;  // a line for a shell, and not a program's name
};

// Whether what a file starts is looked at: of libraries not, for they start a program only where they are asked to.
bool starts_programs(const ModuleSearch& search, std::string_view path);

// `path` is the script's.
void add_started(Needs& needs, std::string_view path, const StartedProgram& program);

}  // namespace rootlet::scripts
