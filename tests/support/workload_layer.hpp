// Layers for workloads, and how near they come to what the workload really used.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "support/workload_truth.hpp"

namespace rootlet::test {

// Both return what the builder said, if it failed.

// `command build --dir layer ENTRY...`
std::string build_layer(const WorkloadWorld& world, const Workload& workload, const std::string& command,
                        const std::string& layer);

// The usual recipe: the entries, the libraries that ldd lists for them, and the interpreters of scripts.
std::string copy_by_ldd(const WorkloadWorld& world, const Workload& workload, const std::string& layer);

struct Measure {
  uint64_t bytes = 0;  // of the layer's regular files; hard links count once
  double recall = 0;   // the share of the opened files that are there under each path they were asked for by
  std::vector<std::string> missing;  // as they were asked for
  std::vector<std::pair<uint64_t, std::string>>
      unused;  // the layer's files that were not opened, largest first
};
Measure measure(const Truth& truth, const std::string& layer);

}  // namespace rootlet::test
