// The worklist that grows a Closure.
#pragma once

#include <chrono>
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

#include "data/finder.hpp"
#include "rootlet/closure.hpp"
#include "rootlet/package.hpp"

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
    uint8_t roles = data::kProgram;
    bool required = false;  // what it lacks makes the closure incomplete
    std::optional<data::Finder::Script> script = {};  // how it is read, where another file has said so
  };

  // The program in whose process an object lives, by which its libraries are found.
  struct Process {
    const Node* program = nullptr;
    std::string name;
    const Node* libc = nullptr;
    bool glibc = false;
  };

  // builder.cpp: files and their reasons.
  Result<void> report(std::string_view path);
  bool add(const Node& node, ReasonKind kind, std::string_view by, std::string_view detail, std::optional<How> how = {});
  void add_links(const std::vector<const Node*>& links, std::string_view by, std::string_view detail);
  void missing(std::string_view name, std::string_view by, ReasonKind kind, std::vector<Attempt> tried, bool required = true);
  void finding(std::string kind, std::string by, std::string detail, std::vector<std::string> about = {});
  bool excluded(std::string_view path);
  void carry_tree(const Node& directory, ReasonKind kind);
  void carry_link(const Node& link, ReasonKind kind);
  Result<void> named(const std::string& path, ReasonKind kind);
  void queue(const Node& node, std::string name, bool named, uint8_t roles = data::kProgram, bool required = false);
  void made(std::string path, std::optional<std::string> content, Reason reason, std::string_view spelled);

  struct FoundBy {
    Loader::FoundBy found;
    std::unordered_set<const Trail*> seen;
  };

  // programs.cpp: what a file needs that runs or is loaded.
  Result<void> look_at(const Task& task);
  Result<void> program(const Task& task);
  ClosureProgram& program_of(const Node& node, const std::string& name);
  void interpreter(const Task& task, const std::string& path, bool assumed);
  using EdgeSet = std::set<std::tuple<const Node*, std::string_view, const Node*>>;
  void loaded(const elf::Image& image, const Load& load, const EdgeSet* baseline, bool required);
  void opened_edge(const Load& load, const LoadEdge& edge, FoundBy& found);
  void script(const Task& task, Bytes start);
  int nested_interpreters(const Node& script);
  void script_command(const Task& task, std::string_view name);
  void read_script(const Task& task, const Node& interpreter);
  const Node* command(std::string_view name, std::string_view by, ReasonKind kind, std::string_view detail, uint8_t roles, bool required, std::vector<Attempt>* tried);
  void generate_cache();

  // data_needs.cpp: what rules and evidence bring.
  bool wants_data() const { return options_.data.mode != DataMode::none; }
  void examine_objects(const elf::Image& image, const Node& program, const std::string& name, uint8_t roles, const Load& load);
  void examine(const Node& node, const std::string& started, uint8_t roles, const elf::Image& image, const Process& process);
  void examine_script(const data::Finder::Script& script);
  void take_needs(data::Needs needs, const Node& by, const Process* process);
  void take_need(data::Need& need, const Node& by, const Process* process);
  void take_path(const data::Need& need, const Node& by);
  void no_program(const data::Need& need, const Node& by, const std::vector<Attempt>& tried);
  Result<void> open_pending();
  void finish_data();
  const Node* interpreter_for(ScriptLanguage language, std::string* spelled);
  bool only_runs_entries(const Node& interpreter);
  void name_packages();

  struct EdgeHash {
    size_t operator()(const std::tuple<const Node*, const char*, const Node*, ReasonKind>& edge) const {
      size_t hash = reinterpret_cast<uintptr_t>(std::get<0>(edge)) >> 4;
      hash = hash * 1000003 ^ reinterpret_cast<uintptr_t>(std::get<1>(edge));
      return hash * 1000003 ^ (reinterpret_cast<uintptr_t>(std::get<2>(edge)) >> 4) ^ static_cast<size_t>(std::get<3>(edge));
    }
  };

  Root& root_;
  const ResolveOptions& options_;
  std::string program_path_;  // where programs are looked for by name
  std::chrono::steady_clock::time_point next_report_ = {};
  std::shared_ptr<Loader> loader_owner_;  // the closure points into it
  Loader& loader_;
  Closure closure_;
  std::unordered_map<const Node*, size_t> index_;
  std::deque<Task> tasks_;
  std::unordered_map<const Node*, size_t> program_index_;  // of closure_.programs
  std::unordered_map<const Node*, uint8_t> queued_;  // with the roles

  // Edges that are in the closure: who, by which name, what.
  std::unordered_set<std::tuple<const Node*, const char*, const Node*, ReasonKind>, EdgeHash> edges_;
  std::unordered_set<std::string> missing_seen_, findings_seen_;

  std::shared_ptr<PackageDatabase> packages_;
  std::unique_ptr<data::Finder> finder_;
  std::set<std::pair<const Node*, uint8_t>> examined_;
  std::map<std::string, std::pair<const Node*, bool>> libc_of_;  // by the loader's path; whether it is glibc
  std::map<std::string, size_t> made_;  // by path: its place in the closure's files
  // Libraries to open, for each program in the order in which they were asked for; and by requester and name why.
  struct Pending {
    Process process;
    std::vector<Loader::OpenRequest> requests;
  };
  std::vector<Pending> pending_;
  Process last_process_;  // in which what finish_data() brings is opened, if nothing better is known
  struct OpenedFor {
    ReasonKind kind = ReasonKind::dlopen;
    std::string_view detail;
    bool expected = false;  // its absence is worth a word
    bool done = false;      // in the closure
  };
  std::map<std::pair<const Node*, std::string>, std::vector<OpenedFor>> opened_for_;

  // Libraries by the loader that found them, for the generated cache.
  std::map<std::string, FoundBy> found_by_;  // by the loader's path
};

}  // namespace rootlet
