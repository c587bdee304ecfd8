#pragma once

#include <vector>

#include "image/layers.hpp"
#include "rootlet/plan.hpp"
#include "rootlet/root.hpp"

namespace rootlet::image {

// Takes out of the plan what the base has, and moves what is left to where the base's links lead, so that a layer with it changes nothing
// of the base. What the base has otherwise stays as the base has it: a finding "base-differs". The plan then lacks the parents that the
// base has. Fails where one of the files cannot be read.
Result<Plan> without_base(const Plan& plan, Root& root, Root& base);

}  // namespace rootlet::image
