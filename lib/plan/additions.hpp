// Puts files into a plan that the closure does not have: regular files, whatever the root has at their paths.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rootlet/plan.hpp"

namespace rootlet::plan {

using Entries = std::map<std::string, PlanEntry>;  // by path

class Additions {
 public:
  Additions(Root& root, int64_t epoch, Entries& entries, std::vector<Finding>& findings)
      : root_(root), epoch_(epoch), entries_(entries), findings_(findings) {}

  // A file of this content. What the plan has at this path stays.
  void add(std::string_view path, std::string content, std::string_view reason);

  // A file with the content of the file that `from` leads to in the root. What the plan has at `path` stays, but for a link, in
  // place of which the file comes. The file must be readable for all and lie where distributions put public data: a root may
  // be anyone's, and a link in it can lead to a secret. False if there is no such file.
  bool copy(std::string_view from, std::string_view path, std::string_view reason);

  void finding(std::string_view by, std::string_view detail) { findings_.push_back({"package-metadata", std::string(by), std::string(detail)}); }

 private:
  std::optional<std::string> place(std::string_view path, bool own_directory);
  bool add_link(const std::string& path, const Node& link);
  bool add_directories(const std::string& path);
  PlanEntry entry(std::string path, std::string_view reason) const;

  Root& root_;
  int64_t epoch_;
  Entries& entries_;
  std::vector<Finding>& findings_;
};

}  // namespace rootlet::plan
