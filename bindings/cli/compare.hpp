#pragma once

#include "options.hpp"

namespace rootlet::cli {

// The commands that look at layers which are there. They return the exit status: 1 if something differs.
int verify_command(const Options& options);
int diff_command(const Options& options);

}  // namespace rootlet::cli
