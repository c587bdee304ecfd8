// What an interpreter is told to do by its arguments.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/scripts.hpp"

namespace rootlet::scripts {

struct InterpreterCall {
  std::string file;  // the script
  std::string code;  // of options: -c, -e, -m, -r, as text of the language
};

// `arguments` are those behind the interpreter's name; nothing stands for one that is not known.
InterpreterCall interpreter_call(ScriptLanguage language, const std::vector<std::optional<std::string>>& arguments);

}  // namespace rootlet::scripts
