#include "rootlet/plan.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>

#include "plan/metadata.hpp"
#include "plan/user.hpp"

namespace rootlet {
namespace {

constexpr uint32_t kSetId = 06000;

bool is_state(std::string_view path) { return path.starts_with("/run/") || path.starts_with("/var/") || path.starts_with("/tmp/"); }

class Planner {
 public:
  Planner(Root& root, const PlanOptions& options) : root_(root), options_(options) {}

  Result<Plan> run(const Closure& closure) {
    for (const ClosureFile& file : closure.files) {
      if (auto done = file.node != nullptr ? from_root(*file.node, is_packaged(file)) : generated(file); !done) return Unexpected(std::move(done).error());
    }
    if (auto done = add_user(); !done) return Unexpected(std::move(done).error());
    plan::add_metadata(root_, options_, entries_, plan_.findings);
    if (auto done = check(); !done) return Unexpected(std::move(done).error());
    for (auto& [path, entry] : entries_) {
      plan_.bytes += entry.type == PlanEntryType::file ? entry.size : 0;
      plan_.entries.push_back(std::move(entry));
    }
    return std::move(plan_);
  }

 private:
  // A closure without data knows no packages.
  bool is_packaged(const ClosureFile& file) {
    if (!file.package.empty()) return true;
    if (options_.times != Times::package || !file.node->is_file()) return false;
    if (packages_ == nullptr) packages_ = PackageDatabase::kept(root_);
    return packages_->owner(file.path) != nullptr;
  }

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
    // In a tree that an ordinary user unpacked all is that user's, which says nothing.
    if (is_state(node.path()) && root_.top().status().uid == 0) {
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

  // Names of users are looked up where containers start, in the layer.
  Result<void> add_user() {
    if (options_.user.empty()) return {};
    if (auto good = plan::check_user(options_.user); !good) return good;
    plan::Accounts root, layer;
    for (const auto& [path, of_root, of_layer] : {std::tuple("/etc/passwd", &root.passwd, &layer.passwd), std::tuple("/etc/group", &root.group, &layer.group)}) {
      const Node* node = root_.walk(path).node;
      if (node != nullptr && node->is_file()) {
        if (auto read = read_accounts(*node, *of_root); !read) return read;
      }
      const auto entry = entries_.find(node != nullptr ? node->path() : path);
      if (entry == entries_.end()) continue;
      *of_layer = entry->second.content ? *entry->second.content : *of_root;
    }
    const plan::Accounts before = layer;
    const plan::AddedUser added = plan::add_user(options_.user, layer, root);
    for (const std::string& name : added.unknown) {
      plan_.findings.push_back({"unknown-user", name, "neither /etc/passwd nor /etc/group of the root knows " + name + ": what starts the image as that will not find it; a number needs no entry"});
    }
    if (!added.taken.empty()) {
      plan_.findings.push_back({"unknown-user", "nonroot", "it is " + added.taken + " in the root's /etc/passwd, and images run nonroot as 65532, which then has no entry there; name another user"});
    }
    if (layer.passwd != before.passwd) generated_text("/etc/passwd", std::move(layer.passwd));
    if (layer.group != before.group) generated_text("/etc/group", std::move(layer.group));
    if (added.made_up) make_home("/home/nonroot", 65532);
    return {};
  }

  Result<void> read_accounts(const Node& node, std::string& text) {
    constexpr uint64_t kMostBytes = 16 << 20;
    auto file = root_.open_file(node);
    if (!file) return Unexpected(std::move(file).error());
    auto read = read_all(**file, kMostBytes);
    if (!read) return Unexpected(std::move(read).error());
    text = std::move(*read);
    return {};
  }

  // In place of what stands there, or of what the layer has where a link there leads to.
  void generated_text(const std::string& path, std::string text) {
    const Node* node = root_.walk(path).node;
    const Node* directory = root_.walk("/etc").node;
    PlanEntry entry;
    entry.path = (directory != nullptr ? directory->path() : "/etc") + path.substr(path.rfind('/'));
    if (node != nullptr && entries_.contains(node->path())) {
      entry.path = node->path();
      release_links(entry.path);
    }
    parents(entry.path);
    entry.mode = 0644;
    entry.modified = options_.epoch;
    entry.size = text.size();
    entry.content = std::move(text);
    entries_.insert_or_assign(entry.path, std::move(entry));
  }

  // Other names of a file that is about to change keep what it is now.
  void release_links(const std::string& path) {
    const PlanEntry file = entries_.at(path);
    const PlanEntry* first = nullptr;
    for (auto& [name, entry] : entries_) {
      if (entry.type != PlanEntryType::hard_link || entry.target != path) continue;
      if (first != nullptr) {
        entry.target = first->path;
        continue;
      }
      entry = file;
      entry.path = name;
      first = &entry;
    }
  }

  void make_home(const std::string& path, uint32_t id) {
    parents(path);
    PlanEntry entry;
    entry.path = path;
    entry.type = PlanEntryType::directory;
    entry.mode = 0700;
    entry.uid = entry.gid = id;
    entry.modified = options_.epoch;
    entries_.try_emplace(path, std::move(entry));
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
  plan::Entries entries_;
  std::shared_ptr<PackageDatabase> packages_;
  std::map<std::pair<uint64_t, uint64_t>, std::string> first_name_;
};

}  // namespace

Result<Plan> make_plan(const Closure& closure, Root& root, const PlanOptions& options) {
  auto plan = Planner(root, options).run(closure);
  // ═══ The plan is final: beyond this line nothing is decided. ═══
  return plan;
}

}  // namespace rootlet
