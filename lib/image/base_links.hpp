// Links of the root in places where the base has a directory, as /lib64 of a root with a merged /usr on a base without.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rootlet/closure.hpp"
#include "rootlet/plan.hpp"
#include "rootlet/root.hpp"

namespace rootlet::image {

// Where a path comes to stand on the base, whose links lead elsewhere than the root's: nothing where something else is in the way.
std::optional<std::string> place_on(Root& base, const std::string& path);

struct ReplacedLink {
  PlanEntry entry;        // the link
  std::string directory;  // which the base has there
};

struct LinkedPaths {
  std::vector<PlanEntry> links;
  std::vector<Finding> findings;
};

// Links in the directories of the base to all that the closure reaches through the replaced links, where the base and what is `kept`
// (by place) of the layer lack it; a finding "base-differs" where the base has something else.
Result<LinkedPaths> link_paths(const std::vector<ReplacedLink>& replaced, const Closure& closure, Root& root, Root& base, const std::map<std::string, PlanEntry>& kept);

}  // namespace rootlet::image
