#pragma once

#include <string>
#include <vector>

#include "rootlet/closure.hpp"
#include "rootlet/image.hpp"
#include "rootlet/plan.hpp"

namespace rootlet::image {

// What one layer carries: a Plan of its own, with the parents of everything in it.
struct Part {
  std::string name;  // for the history: "loader and libc"
  Plan plan;
};

// The plan in the layers wanted, the lowest first; none is empty.
std::vector<Part> split(const Closure& closure, const Plan& plan, Root& root, LayerSplit layers);

}  // namespace rootlet::image
