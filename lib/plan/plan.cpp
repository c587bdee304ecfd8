#include "rootlet/plan.hpp"

#include <algorithm>
#include <map>
#include <string_view>

namespace rootlet {
namespace {

constexpr uint32_t kSetId = 06000;

bool is_state(std::string_view path) { return path.starts_with("/run/") || path.starts_with("/var/") || path.starts_with("/tmp/"); }

class Planner {
 public:
  Planner(Root& root, const PlanOptions& options) : root_(root), options_(options) {}

  Result<Plan> run(const Closure& closure) {
    for (const ClosureFile& file : closure.files) {
      if (auto done = file.node != nullptr ? from_root(*file.node, !file.package.empty()) : generated(file); !done) return Unexpected(std::move(done).error());
    }
    if (auto done = check(); !done) return Unexpected(std::move(done).error());
    for (auto& [path, entry] : entries_) {
      plan_.bytes += entry.type == PlanEntryType::file ? entry.size : 0;
      plan_.entries.push_back(std::move(entry));
    }
    return std::move(plan_);
  }

 private:
  int64_t time_of(const Node& node, bool packaged) const {
    const bool own = options_.times == Times::root || (options_.times == Times::package && packaged);
    return own ? node.status().modified : options_.epoch;
  }

  void directory(const Node& node) {
    PlanEntry entry;
    entry.path = node.path();
    entry.type = PlanEntryType::directory;
    entry.mode = node.status().mode & ~(options_.keep_setid ? 0 : kSetId);
    // A directory's time says when this machine last changed something in it, whoever owns it.
    entry.modified = time_of(node, false);
    if (is_state(node.path())) {
      entry.uid = node.status().uid;
      entry.gid = node.status().gid;
    }
    entries_.try_emplace(node.path(), std::move(entry));
  }

  void parents(const Node* node) {
    for (; node != nullptr && node->parent() != nullptr; node = node->parent()) {
      if (entries_.contains(node->path())) return;
      directory(*node);
    }
  }

  // Parents of a generated file: as in the root, or made.
  void parents(std::string_view path) {
    for (size_t slash = path.find('/', 1); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
      const std::string parent(path.substr(0, slash));
      Walk walk = root_.walk(parent, FollowLast::no);
      if (walk.node != nullptr && walk.node->is_directory()) {
        parents(walk.node);
      } else {
        PlanEntry entry;
        entry.path = parent;
        entry.type = PlanEntryType::directory;
        entry.mode = 0755;
        entry.modified = options_.epoch;
        entries_.try_emplace(parent, std::move(entry));
      }
    }
  }

  Result<void> from_root(const Node& node, bool packaged) {
    parents(node.parent());
    if (node.is_directory()) {
      directory(node);
      return {};
    }
    const Status& status = node.status();
    PlanEntry entry;
    entry.path = node.path();
    entry.modified = time_of(node, packaged && node.is_file());
    entry.mode = status.mode;
    if (node.is_symlink()) {
      entry.type = PlanEntryType::symlink;
      entry.target = node.target();
      entry.mode = 0777;
    } else if (auto first = first_name_.find({status.device, status.inode}); status.link_count > 1 && first != first_name_.end()) {
      entry = entries_.at(first->second);
      entry.path = node.path();
      entry.type = PlanEntryType::hard_link;
      entry.target = first->second;
      entry.size = 0;
    } else {
      if (status.link_count > 1) first_name_.emplace(std::pair(status.device, status.inode), node.path());
      file(node, entry);
    }
    entries_.insert_or_assign(node.path(), std::move(entry));
    return {};
  }

  void file(const Node& node, PlanEntry& entry) {
    entry.type = PlanEntryType::file;
    entry.size = node.status().size;
    entry.source = &node;
    entry.capability = root_.attribute(node, "security.capability").value_or(std::string());
    if ((entry.mode & kSetId) == 0 || options_.keep_setid) return;
    const char* which = (entry.mode & kSetId) == kSetId ? "set-user-ID and set-group-ID bits" : (entry.mode & 04000) != 0 ? "set-user-ID bit" : "set-group-ID bit";
    plan_.findings.push_back({"set-id-dropped", node.path(), std::string("the ") + which + " is left out; --keep-setid keeps it"});
    entry.mode &= ~kSetId;
  }

  Result<void> generated(const ClosureFile& file) {
    parents(file.path);
    PlanEntry entry;
    entry.path = file.path;
    if (!file.content) {
      entry.type = PlanEntryType::directory;
      entry.mode = file.path == "/tmp" || file.path == "/var/tmp" ? 01777 : 0755;
      entry.modified = options_.epoch;
      entries_.try_emplace(entry.path, std::move(entry));
      return {};
    }
    entry.type = PlanEntryType::file;
    entry.mode = 0644;
    entry.modified = options_.epoch;
    entry.size = file.content->size();
    entry.content = file.content;
    entries_.insert_or_assign(entry.path, std::move(entry));
    return {};
  }

  // Every parent is a directory of the plan: nothing is written through a link.
  Result<void> check() const {
    for (const auto& [path, entry] : entries_) {
      const size_t slash = path.rfind('/');
      if (slash == 0) continue;
      auto parent = entries_.find(path.substr(0, slash));
      if (parent == entries_.end() || parent->second.type != PlanEntryType::directory) {
        return fail(ErrorCode::malformed, path + " would have to be written through " + path.substr(0, slash) + ", which is no directory in the layer", path);
      }
    }
    return {};
  }

  Root& root_;
  const PlanOptions& options_;
  Plan plan_;
  std::map<std::string, PlanEntry> entries_;
  std::map<std::pair<uint64_t, uint64_t>, std::string> first_name_;
};

}  // namespace

Result<Plan> make_plan(const Closure& closure, Root& root, const PlanOptions& options) {
  auto plan = Planner(root, options).run(closure);
  // ═══ The plan is final: beyond this line nothing is decided. ═══
  return plan;
}

}  // namespace rootlet
