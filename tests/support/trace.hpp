// What a program loads, in the words of its loader and in rootlet's, so that the two can be compared.
#pragma once

#include <map>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "rootlet/closure.hpp"
#include "rootlet/loader.hpp"

namespace rootlet::test {

struct Loaded {
  std::set<std::string> files;    // by their real paths in the root, the program left out
  std::set<std::string> missing;  // names
  bool operator==(const Loaded&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Loaded& loaded);

// From the output of a trace (LD_TRACE_LOADED_OBJECTS, --list) of a program that ran in `tree`.
Loaded read_trace(const std::string& output, const std::string& tree);

Loaded loaded_of(const Load& load);

// What the closure of a program alone holds for its sake, without what only some processors load and without
// a loader that nothing names as a library.
Loaded loaded_of(const Closure& closure, std::string_view program);

// Programs in these directories of a tree with the interpreters that readelf finds in them, so that what is
// compared is not chosen by the reader that is tested. Paths are inside the tree; what cannot be read is left
// out.
std::map<std::string, std::string> dynamic_programs(const std::string& tree,
                                                    const std::vector<std::string>& directories);

}  // namespace rootlet::test
