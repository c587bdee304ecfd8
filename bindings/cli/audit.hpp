#pragma once

#include "options.hpp"

namespace rootlet::cli {

// Says what would not start. Returns the exit status: 1 if something would not.
int audit_command(const Options& options);

}  // namespace rootlet::cli
