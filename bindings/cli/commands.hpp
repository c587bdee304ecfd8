#pragma once

#include "options.hpp"

namespace rootlet::cli {

// Runs a command; returns the exit status.
int run(const Options& options);

}  // namespace rootlet::cli
