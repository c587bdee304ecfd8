// The worklist that grows a Closure.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "closure/script.hpp"
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
  void add_reason(size_t file, ReasonKind kind, std::string_view by, std::string_view detail, std::optional<How> how);
  bool has_reason(const Node& node, ReasonKind kind, std::string_view by, std::string_view detail);
  void add_links(const std::vector<const Node*>& links, std::string_view by, std::string_view detail);
  void missing(std::string_view name, std::string_view by, ReasonKind kind, std::vector<Attempt> tried);
  void finding(std::string kind, std::string by, std::string detail);
  bool excluded(const Node& node);
  void carry_tree(const Node& directory, ReasonKind kind);
  void carry_link(const Node& link, ReasonKind kind);
  Result<void> named(const std::string& path, ReasonKind kind);
  void queue(const Node& node, std::string name, bool named);

  // programs.cpp: what a file needs that runs or is loaded.
  Result<void> look_at(const Task& task);
  Result<void> program(const Task& task);
  void interpreter(const Task& task, const std::string& path, bool assumed);
  void loaded(const elf::Image& image, const Load& load, bool baseline);
  void script(const Task& task, Bytes start);
  std::optional<Shebang> shebang_of(const Node& node);
  int nested_interpreters(const Node& script);
  void script_command(const Task& task, std::string_view name);
  void generate_cache();

  Root& root_;
  const ResolveOptions& options_;
  Loader loader_;
  Closure closure_;
  std::unordered_map<const Node*, size_t> index_;
  std::deque<Task> tasks_;
  std::unordered_set<const Node*> queued_, excluded_;

  struct ReasonKey {
    size_t file;
    ReasonKind kind;
    const char* by;
    const char* detail;
    bool operator==(const ReasonKey&) const = default;
  };
  struct ReasonHash {
    size_t operator()(const ReasonKey& key) const {
      size_t hash = key.file * 31 + static_cast<size_t>(key.kind);
      hash = hash * 1000003 ^ reinterpret_cast<uintptr_t>(key.by);
      return hash * 1000003 ^ reinterpret_cast<uintptr_t>(key.detail);
    }
  };
  std::unordered_map<ReasonKey, size_t, ReasonHash> reasons_;
  std::unordered_set<std::string> missing_seen_, findings_seen_;

  // Libraries by the loader that found them, for the generated cache.
  struct FoundBy {
    const elf::Image* program;
    std::vector<Loader::FoundLibrary> libraries;
    std::unordered_set<const Trail*> seen;
  };
  std::map<std::string, FoundBy> found_by_;  // by the loader's path
};

}  // namespace rootlet
