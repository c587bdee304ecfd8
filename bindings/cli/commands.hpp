#pragma once

#include "options.hpp"

namespace rootlet::cli {

// Runs a command; returns the exit status.
int run(Options options);

}  // namespace rootlet::cli
