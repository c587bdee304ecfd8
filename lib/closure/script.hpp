// The first line of a script, as the kernel reads it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rootlet/base.hpp"

namespace rootlet {

struct Shebang {
  std::string interpreter;
  std::optional<std::string> argument;  // everything after it, as one argument
};

// `start` is what the kernel has in its buffer: the first 256 bytes, or the whole of a shorter file
// (load_script in fs/binfmt_script.c). Nothing if it does not start with "#!"; an error where the
// kernel would refuse it.
Result<std::optional<Shebang>> parse_shebang(Bytes start);

// The name that `env` would run, from the argument of its shebang line: "-S", variables and options are
// passed over as coreutils' env does. Nothing if there is none.
std::optional<std::string> env_command(std::string_view argument);

inline constexpr size_t kShebangBytes = 256;  // BINPRM_BUF_SIZE
inline constexpr int kMaxShebangDepth = 5;    // nested interpreters (exec_binprm)

}  // namespace rootlet
