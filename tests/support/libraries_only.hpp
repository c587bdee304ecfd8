// Options for tests of what the loaders load, whatever else the programs need.
#pragma once

#include "rootlet/closure.hpp"

namespace rootlet::test {

inline ResolveOptions libraries_only() {
  ResolveOptions options;
  options.data.mode = DataMode::none;
  return options;
}

}  // namespace rootlet::test
