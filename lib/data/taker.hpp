// Turns paths and patterns into needs, with what must not be taken left out.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "data/need.hpp"
#include "data/safety.hpp"
#include "rootlet/package.hpp"
#include "rootlet/root.hpp"

namespace rootlet::data {

// For whom something is taken, and where it goes.
struct Taking {
  Needs& needs;
  Origin origin = Origin::evidence;
  std::string detail;
  Safety::Asker asker = Safety::Asker::evidence;
  std::vector<std::string> exclude = {};  // patterns of paths that are left out
  bool programs = true;                   // executables are taken too
};

class Taker {
 public:
  Taker(Root& root, Safety& safety) : root_(root), safety_(safety) {}

  // The regular file at a path, links followed; says whether it was taken. What is refused becomes a finding.
  bool file(Taking& taking, const std::string& path);
  // A directory, empty; one that does not exist only if `make`.
  bool directory(Taking& taking, const std::string& path, bool make);
  bool plugin(Taking& taking, const std::string& path);
  bool program(Taking& taking, const std::string& path);
  // The run-time files under a directory; shared objects in it are plugins, executables are programs, but for scripts, whose
  // interpreters and modules are not brought because of that.
  bool tree(Taking& taking, const std::string& path);

  // Calls take(path) for all that match; says whether any was taken.
  template <typename Take>
  bool matching(const std::string& pattern, Take take) {
    if (pattern.find_first_of("*?[") == std::string::npos) return take(pattern);
    bool any = false;
    for (const std::string& path : root_.glob(pattern, kMaxMatches, &glob_work_)) any = take(path) || any;
    return any;
  }

  static constexpr size_t kMaxMatches = 20'000;
  static constexpr uint64_t kMaxGlobWork = 1'000'000'000;  // as Root::glob counts it, for all patterns together
  static constexpr size_t kMaxTreeFiles = 200'000;
  static constexpr int kMaxTreeDepth = 64;

 private:
  const Node* allowed(Taking& taking, const std::string& path);
  bool one(Taking& taking, const std::string& path, Need::Kind kind);
  bool tree_below(Taking& taking, const Node& directory, const std::string& spelled, int depth, size_t& left);

  Root& root_;
  Safety& safety_;
  uint64_t glob_work_ = kMaxGlobWork;  // left
  std::unordered_set<std::string> refused_;
};

// "libfoo.so", "foo.so.1", "foo.cpython-311-x86_64-linux-gnu.so".
bool is_shared_object_name(std::string_view name);

bool is_script(Root& root, const Node& node);

}  // namespace rootlet::data
