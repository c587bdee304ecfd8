// What an `if` of a Python file comes to on Linux, as far as that can be told without running it.
#pragma once

#include "data/scripts/python_lines.hpp"

namespace rootlet::scripts {

enum class Truth : uint8_t { no, yes, unknown };

struct PythonContext {
  bool entry = false;        // the script that is run: __name__ is "__main__"
  std::vector<int> version;  // {3, 11}, or empty if it is not known
};

// The truth of an expression: comparisons of __name__, sys.platform, os.name, platform.system() and
// sys.version_info with literals, TYPE_CHECKING, True and False, joined by not, and, or, parentheses.
Truth python_condition(PythonTokens tokens, const PythonContext& context);

}  // namespace rootlet::scripts
