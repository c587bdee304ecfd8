// The worklist that grows a Closure.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "rootlet/closure.hpp"

namespace rootlet {

class ClosureBuilder {
 public:
  ClosureBuilder(Root& root, const ResolveOptions& options);

  // Something the user named. A pattern may match nothing; a path must exist.
  Result<void> entry(const std::string& path);
  Result<void> include(const std::string& pattern);
  // Works until nothing new turns up.
  Result<void> run();
  // Generated files, order, and what is only known at the end.
  Closure finish();

 private:
  struct Task {
    const Node* node;
    std::string name;  // the path it is started by
    bool named = false;  // by the user
  };

  // builder.cpp: files and their reasons.
  bool add(const Node& node, ReasonKind kind, std::string_view by, std::string_view detail, std::optional<How> how = {});
  void add_links(const std::vector<const Node*>& links, std::string_view by, std::string_view detail);
  void missing(std::string_view name, std::string_view by, ReasonKind kind, std::vector<Attempt> tried);
  void finding(std::string kind, std::string by, std::string detail);
  bool excluded(std::string_view path);
  void carry_tree(const Node& directory, ReasonKind kind);
  void carry_link(const Node& link, ReasonKind kind);
  Result<void> named(const std::string& path, ReasonKind kind);
  void queue(const Node& node, std::string name, bool named);

  // programs.cpp: what a file needs that runs or is loaded.
  Result<void> look_at(const Task& task);
  Result<void> program(const Task& task);
  void interpreter(const Task& task, const std::string& path, bool assumed);
  using EdgeSet = std::set<std::tuple<const Node*, std::string_view, const Node*>>;
  void loaded(const elf::Image& image, const Load& load, const EdgeSet* baseline);
  void script(const Task& task, Bytes start);
  int nested_interpreters(const Node& script);
  void script_command(const Task& task, std::string_view name);
  void generate_cache();

  struct EdgeHash {
    size_t operator()(const std::tuple<const Node*, const char*, const Node*, ReasonKind>& edge) const {
      size_t hash = reinterpret_cast<uintptr_t>(std::get<0>(edge)) >> 4;
      hash = hash * 1000003 ^ reinterpret_cast<uintptr_t>(std::get<1>(edge));
      return hash * 1000003 ^ (reinterpret_cast<uintptr_t>(std::get<2>(edge)) >> 4) ^ static_cast<size_t>(std::get<3>(edge));
    }
  };

  Root& root_;
  const ResolveOptions& options_;
  std::shared_ptr<Loader> loader_owner_;  // the closure points into it
  Loader& loader_;
  Closure closure_;
  std::unordered_map<const Node*, size_t> index_;
  std::deque<Task> tasks_;
  std::unordered_set<const Node*> queued_;

  // Edges that are in the closure: who, by which name, what.
  std::unordered_set<std::tuple<const Node*, const char*, const Node*, ReasonKind>, EdgeHash> edges_;
  std::unordered_set<std::string> missing_seen_, findings_seen_;

  // Libraries by the loader that found them, for the generated cache.
  struct FoundBy {
    Loader::FoundBy found;
    std::unordered_set<const Trail*> seen;
  };
  std::map<std::string, FoundBy> found_by_;  // by the loader's path
};

}  // namespace rootlet
