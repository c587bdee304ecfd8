// Runs a command that sees a terminal where its output goes.
#pragma once

#include <string>
#include <vector>

#include "support/temporary.hpp"

namespace rootlet::test {

struct Streams {
  bool out_is_terminal = true;
  bool err_is_terminal = true;
  int read_after_ms = 0;  // nothing is taken from either before
};

// What went to the terminal is in `out` or `err`; if both are it, all is in `out`. Lines end as a
// terminal has them, in CR LF. A pipe's content is as it is.
CommandResult run_on_terminal(const std::vector<std::string>& argv, const Streams& streams);

}  // namespace rootlet::test
