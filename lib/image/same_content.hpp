#pragma once

#include "rootlet/plan.hpp"
#include "rootlet/root.hpp"

namespace rootlet::image {

// Whether a file of the plan has the content of a regular file of the base.
Result<bool> same_content(const PlanEntry& entry, Root& root, const Node& other, Root& base);

}  // namespace rootlet::image
