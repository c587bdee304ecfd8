// Commands that are part of a shell, and commands that start another one.
#pragma once

#include <string_view>

#include "data/scripts/shell_parse.hpp"

namespace rootlet::scripts {

bool is_shell_builtin(Shell shell, std::string_view name);

// A command whose arguments hold another command: after its options, so many further arguments, and
// assignments where it takes them.
struct ShellPrefix {
  std::string_view name;
  std::string_view valued;       // letters of short options that take the next argument
  unsigned skipped = 0;          // arguments in front of the command
  bool assignments = false;      // NAME=value may stand in front
  std::string_view long_valued;  // " --user --group ": long options that take the next argument
};

const ShellPrefix* shell_prefix(std::string_view name);

// sh, bash and others whose -c runs its argument; su and runuser take one as well.
bool takes_script(std::string_view name);

}  // namespace rootlet::scripts
