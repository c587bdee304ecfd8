#pragma once

#include "rootlet/base.hpp"
#include "rootlet/plan.hpp"

namespace rootlet::layer {

// Holds a plan to what plan.hpp promises, so that no writer has to: canonical paths, sorted, parents
// first, nothing under a link, hard links to earlier files, a content for every file. The error is
// of code invalid_argument.
Result<void> check_plan(const Plan& plan);

}  // namespace rootlet::layer
