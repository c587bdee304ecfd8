// Configuration files and what they name.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "data/taker.hpp"

namespace rootlet::data {

class ConfigFollower {
 public:
  ConfigFollower(Root& root, Taker& taker, PackageDatabase& packages) : root_(root), taker_(taker), packages_(packages) {}

  // Takes the file, and what it names: absolute paths and patterns, and relative ones from `base` and the file's own
  // directory. Included configuration is followed in turn, shared objects are plugins. Of directories that it names,
  // those below a directory of /etc are configuration, those of sites (/srv, /var/www) and, where a rule or the user points
  // to the file, those that no package owns, are taken whole, others empty.
  bool follow(Taking& taking, const std::string& path, const std::vector<std::string>& base);

  static constexpr uint64_t kMaxConfigBytes = 1 << 20;
  static constexpr int kMaxDepth = 16;

 private:
  void line(Taking& taking, std::string_view line, const std::vector<std::string>& bases, int depth);
  bool word(Taking& taking, const std::string& word, const std::vector<std::string>& bases, int depth);
  bool named_directory(Taking& taking, const std::string& path, const Node& node, const std::vector<std::string>& bases, int depth);
  bool named(Taking& taking, const std::string& path, const std::vector<std::string>& bases, int depth);
  bool follow_file(Taking& taking, const std::string& path, const std::vector<std::string>& base, int depth);

  Root& root_;
  Taker& taker_;
  PackageDatabase& packages_;
  std::set<std::pair<std::string, std::string>> seen_;  // file, first base
};

// Whether a file that configuration names, or the user, is configuration itself: text that may name more.
bool is_configuration(const Node& node);

}  // namespace rootlet::data
