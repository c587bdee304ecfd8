// What a workload really used, from the traces of its run on the host.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "support/workload_world.hpp"

namespace rootlet::test {

// Regular files by their real paths in the world, with every path by which they were asked for. What is
// supplied to a container and what the workload made itself are left out.
struct Truth {
  using Files = std::map<std::string, std::set<std::string>>;
  Files opened;                              // for reading, or executed, or read by the kernel for that
  Files looked_at;                           // or opened for writing only
  std::map<std::string, std::string> links;  // that were followed or read, and their targets
  std::set<std::string> directories;         // that were opened or looked at, or in which something was made
  uint64_t bytes = 0;                        // of `opened`
};

// Where `path`, which is absolute in the directory `base` of a root, leads to in that root, its links
// followed inside `base` (the last one only with `follow`). Nothing where it leads to no file, or to one that
// is supplied. `links` gets the links on the way.
std::optional<std::string> real_path(const std::string& root, const std::string& base,
                                     const std::string& path, bool follow = true,
                                     std::map<std::string, std::string>* links = nullptr);

// `traces` is what WorkloadWorld::run filled.
Truth read_truth(const WorkloadWorld& world, const std::string& traces);

// Copies exactly the truth to `layer`: what a perfect builder would write, and what the ways of this suite
// are tested with.
void copy_truth(const WorkloadWorld& world, const Truth& truth, const std::string& layer);

}  // namespace rootlet::test
