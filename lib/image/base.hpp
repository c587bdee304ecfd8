#pragma once

#include <vector>

#include "image/layers.hpp"
#include "rootlet/closure.hpp"
#include "rootlet/plan.hpp"
#include "rootlet/root.hpp"

namespace rootlet::image {

// Takes out of the plan what the base has, and moves what is left to where the base's links lead, so that a layer with it changes nothing
// of the base. What the base has otherwise stays as the base has it: a finding "base-differs". But package metadata is of the packages of
// both. Where the base has a directory in place of a link of the plan, the paths that the closure reaches through the link are linked
// in it. The plan then lacks the parents that the base has. Fails where one of the files cannot be read, and where the base has something
// else than a file in the place of one.
Result<Plan> without_base(const Plan& plan, const Closure& closure, Root& root, Root& base);

}  // namespace rootlet::image
