#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rootlet/base.hpp"

namespace rootlet::plan {

// The texts of passwd(5) and group(5).
struct Accounts {
  std::string passwd, group;
};

struct AddedUser {
  std::vector<std::string> unknown;  // of the names, those that neither the layer nor the root knows
  std::string taken;                 // if it is "nonroot", and that is somebody else there: who
  bool made_up = false;              // it is "nonroot", which the root does not know
};

// Whether that is USER or USER[:GROUP], each a name or a number below the one, (uid_t)-1, that stands for nobody: invalid_argument if not.
Result<void> check_user(const std::string& user);

// Makes the names in `user` (USER[:GROUP]; numbers need no entry) known to `layer`, with what `root` says of them, passwords left out.
// "nonroot" is known wherever it is not: 65532, as in other minimal images.
AddedUser add_user(std::string_view user, Accounts& layer, const Accounts& root);

}  // namespace rootlet::plan
