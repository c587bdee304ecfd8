#include "closure/builder.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <tuple>

#include "base/shell_pattern.hpp"

namespace rootlet {
namespace {

// By the place of `by`, which is that of one node's path and so tells texts apart.
bool is_same(const Reason& a, const Reason& b) {
  const bool same_by = a.by.size() == b.by.size() && (a.by.empty() || a.by.data() == b.by.data());
  return same_by && a.kind == b.kind && a.how == b.how && a.detail == b.detail;
}

size_t hash_of(const Reason& reason) {
  const size_t by = reason.by.empty() ? 0 : reinterpret_cast<uintptr_t>(reason.by.data()) >> 4;
  return (by * 31 + static_cast<size_t>(reason.kind)) * 1000003 ^ std::hash<std::string_view>()(reason.detail);
}

// Several ways lead to one edge, as when many programs load a library that a rule is about; but for what the loader finds, whose
// edges are counted once to begin with. The first of each stays where it is. `slots` is room for a table, which keeps this linear for a file
// that everything needs: places of reasons, counted from 1.
void keep_each_once(std::vector<Reason>& reasons, std::vector<uint32_t>& slots) {
  const auto doubtful = static_cast<size_t>(std::count_if(reasons.begin(), reasons.end(), [](const Reason& reason) { return !reason.how; }));
  if (doubtful < 2) return;
  const size_t mask = std::bit_ceil(2 * doubtful) - 1;
  slots.assign(mask + 1, 0);
  uint32_t kept = 0;
  for (size_t i = 0; i < reasons.size(); ++i) {
    if (reasons[i].how) {
      if (kept != i) reasons[kept] = reasons[i];
      ++kept;
      continue;
    }
    size_t at = hash_of(reasons[i]) & mask;
    while (slots[at] != 0 && !is_same(reasons[slots[at] - 1], reasons[i])) at = (at + 1) & mask;
    if (slots[at] != 0) continue;
    if (kept != i) reasons[kept] = reasons[i];
    slots[at] = ++kept;
  }
  reasons.resize(kept);
}

}  // namespace

std::string_view to_string(ReasonKind kind) {
  static constexpr std::string_view kNames[] = {"entry",  "interpreter", "needed", "preload", "filter", "hwcaps",  "link",     "script",
                                                "dlopen", "plugin",      "data",   "rule",    "package", "include", "generated"};
  return kNames[static_cast<size_t>(kind)];
}

const ClosureFile* Closure::find(std::string_view path) const {
  auto found = std::lower_bound(files.begin(), files.end(), path,
                                [](const ClosureFile& file, std::string_view wanted) { return file.path < wanted; });
  return found != files.end() && found->path == path ? &*found : nullptr;
}

std::string_view Closure::keep(std::string_view text) {
  if (auto found = kept_.find(text); found != kept_.end()) return *found;
  return *kept_.insert(texts_.emplace_back(text)).first;
}

ClosureBuilder::ClosureBuilder(Root& root, const ResolveOptions& options)
    : root_(root), options_(options), loader_owner_(std::make_shared<Loader>(root, options.loader)), loader_(*loader_owner_) {
  closure_.root = root.name();
  program_path_ = !options.path.empty() ? options.path : root.variable("PATH");
  if (program_path_.empty()) program_path_ = kUsualPath;
  closure_.owner = loader_owner_;
  if (!wants_data()) return;
  packages_ = root.take<PackageDatabase>();
  if (packages_ == nullptr) packages_ = std::make_shared<PackageDatabase>(root);
  finder_ = std::make_unique<data::Finder>(root, *packages_, options.data);
}

bool ClosureBuilder::excluded(std::string_view path) {
  const std::string text(path);
  for (const std::string& pattern : options_.exclude) {
    if (!shell_match(pattern, text)) continue;
    finding("excluded", text, "left out by --exclude " + pattern);
    return true;
  }
  return false;
}

bool ClosureBuilder::add(const Node& node, ReasonKind kind, std::string_view by, std::string_view detail, std::optional<How> how) {
  if (node.parent() == nullptr) return false;  // "/" is in every layer
  if (!options_.exclude.empty() && excluded(node.path())) return false;
  if (node.status().type == NodeType::other) {
    finding("special-file", node.path(), "a device, pipe or socket is never carried along");
    return false;
  }
  auto [place, added] = index_.try_emplace(&node, closure_.files.size());
  if (added) closure_.files.push_back({node.path(), &node, {}, {}, {}, {}});
  closure_.files[place->second].reasons.push_back({kind, by, detail, how});
  return true;
}

void ClosureBuilder::add_links(const std::vector<const Node*>& links, std::string_view by, std::string_view detail) {
  for (const Node* link : links) add(*link, ReasonKind::link, by, detail);
}

void ClosureBuilder::missing(std::string_view name, std::string_view by, ReasonKind kind, std::vector<Attempt> tried, bool required) {
  if (!required) {
    std::vector<std::string> about = {std::string(name)};
    for (const Attempt& attempt : tried) about.push_back(attempt.path);
    return finding("optional-missing", std::string(by), std::string(name) + " is not there, without which this does not run", std::move(about));
  }
  if (!missing_seen_.insert(std::string(name) + '\0' + std::string(by)).second) return;
  closure_.missing.push_back({closure_.keep(name), closure_.keep(by), kind, std::move(tried)});
}

void ClosureBuilder::finding(std::string kind, std::string by, std::string detail, std::vector<std::string> about) {
  if (!findings_seen_.insert(kind + '\0' + by + '\0' + detail).second) return;
  closure_.findings.push_back({std::move(kind), std::move(by), std::move(detail), std::move(about)});
}

void ClosureBuilder::queue(const Node& node, std::string name, bool named, uint8_t roles, bool required) {
  if (!node.is_file()) return;
  uint8_t& known = queued_[&node];
  if ((known & roles) == roles) return;
  known |= roles;
  tasks_.push_back({&node, std::move(name), named, roles, required, {}});
}

// A file or directory that the root need not have. `spelled` is the path as it was asked for.
void ClosureBuilder::made(std::string path, std::optional<std::string> content, Reason reason, std::string_view spelled) {
  const size_t slash = path.rfind('/');
  Walk parent = root_.walk(slash == 0 ? "/" : path.substr(0, slash));
  if (parent.node != nullptr) path = (parent.node->path() == "/" ? "" : parent.node->path()) + path.substr(slash);
  const std::string_view kept = closure_.keep(path);
  const Walk real = root_.walk(path, FollowLast::no);
  // The user's own, or not wanted.
  if ((real.node != nullptr && index_.contains(real.node)) || (!options_.exclude.empty() && excluded(kept))) return;
  add_links(parent.links, reason.by, spelled);
  auto [place, added] = made_.try_emplace(path, closure_.files.size());
  if (added) {
    closure_.files.push_back({kept, nullptr, std::move(content), {reason}, {}, {}});
    return;
  }
  ClosureFile& file = closure_.files[place->second];
  file.content = std::move(content);
  if (std::none_of(file.reasons.begin(), file.reasons.end(), [&](const Reason& known) { return known.by == reason.by && known.detail == reason.detail; })) file.reasons.push_back(reason);
}

Result<void> ClosureBuilder::named(const std::string& path, ReasonKind kind) {
  if (!path.starts_with('/')) {
    return fail(ErrorCode::invalid_argument,
                "\"" + path + "\" is not an absolute path inside the root; write it from / on, such as /usr/bin/curl", path);
  }
  Walk walk = root_.walk(path);
  if (walk.node == nullptr) {
    Error error = error_from_errno(walk.error, "cannot use entry", path);
    if (!walk.links.empty()) error.message += " (through the symbolic link " + walk.links.back()->path() + " -> " + walk.links.back()->target() + ")";
    if (root_.name() != "/") error.message += "; entries are looked up inside the root " + root_.name();
    return Unexpected(std::move(error));
  }
  if (walk.node->status().type == NodeType::other) {
    return fail(ErrorCode::unsupported, "cannot use entry " + path + ": it is a device, pipe or socket", path);
  }
  const std::string_view spelled = closure_.keep(path);
  add_links(walk.links, "", spelled);
  add(*walk.node, kind, "", spelled);
  if (walk.node->is_directory()) {
    carry_tree(*walk.node, kind);
    return {};
  }
  // Whoever names a file expects it to be readable: find out now rather than when it is written.
  if (const Loader::Content& content = loader_.content(*walk.node); !content.readable) {
    Error error = content.error;
    error.message = "cannot use entry " + path + ": " + error.message;
    return Unexpected(std::move(error));
  }
  queue(*walk.node, path, true, data::kEntry | data::kProgram, true);
  if (options_.data.mode == DataMode::package && kind == ReasonKind::entry) take_needs(finder_->package_of(*walk.node), *walk.node, nullptr);
  return {};
}

Result<void> ClosureBuilder::entry(const std::string& path) {
  closure_.entries.push_back(path);
  return named(path, ReasonKind::entry);
}

Result<void> ClosureBuilder::include(const std::string& pattern) {
  if (pattern.find_first_of("*?[") == std::string::npos) return named(pattern, ReasonKind::include_);
  std::vector<std::string> paths = root_.glob(pattern);
  if (paths.empty()) finding("include-matches-nothing", pattern, "no path in the root matches this pattern of --include");
  for (const std::string& path : paths) {
    // Nobody named it by itself: what cannot be carried is said, and the rest is.
    const Walk walk = root_.walk(path), itself = root_.walk(path, FollowLast::no);
    if (walk.node == nullptr && itself.node != nullptr && itself.node->is_symlink()) {
      add_links(itself.links, "", closure_.keep(path));
      carry_link(*itself.node, ReasonKind::include_);
    } else if (walk.node == nullptr || walk.node->status().type == NodeType::other) {
      finding("include-not-carried", path, "matches a pattern of --include and is neither a file, a directory nor a link");
    } else if (auto done = named(path, ReasonKind::include_); !done) {
      return done;
    }
  }
  return {};
}

void ClosureBuilder::carry_link(const Node& link, ReasonKind kind) {
  add(link, kind, "", link.path());
  Walk walk = root_.walk(link.path());
  if (walk.node == nullptr) {
    finding("dangling-link", link.path(), "points to " + link.target() + ", which is not there");
    return;
  }
  add_links(walk.links, link.path(), link.target());
  if (walk.node->is_file() && add(*walk.node, ReasonKind::link, link.path(), link.target())) queue(*walk.node, link.path(), false, data::kProgram, true);
  if (walk.node->is_directory() && !index_.contains(walk.node)) {
    finding("link-to-directory", link.path(), "points to the directory " + walk.node->path() + ", whose content is not carried along; name it if it is wanted", {walk.node->path()});
  }
}

// A directory that was named: all that is in it, as it is.
void ClosureBuilder::carry_tree(const Node& directory, ReasonKind kind) {
  std::vector<const Node*> stack = {&directory};
  while (!stack.empty()) {
    const Node* here = stack.back();
    stack.pop_back();
    auto names = root_.list(*here);
    if (!names) {
      finding("unreadable", here->path(), names.error().message);
      continue;
    }
    for (const std::string& name : *names) {
      const Node* node = root_.child(*here, name);
      if (node == nullptr) continue;
      if (node->is_symlink()) {
        carry_link(*node, kind);
        continue;
      }
      if (!add(*node, kind, "", directory.path())) continue;
      if (node->is_directory()) stack.push_back(node);
      const bool script = wants_data() && script_language({}, node->name());
      if (node->is_file() && ((node->status().mode & 0111) != 0 || script)) queue(*node, node->path(), false, data::kProgram, true);
    }
  }
}

Result<void> ClosureBuilder::report(std::string_view path) {
  if (!options_.progress) return {};
  const auto now = std::chrono::steady_clock::now();
  if (now < next_report_) return {};
  next_report_ = now + std::chrono::milliseconds(10);
  if (options_.progress({closure_.files.size(), path})) return {};
  return fail(ErrorCode::cancelled, "stopped as the caller asked", std::string(path));
}

Result<void> ClosureBuilder::run() {
  if (auto go = report({}); !go) return go;
  while (!tasks_.empty() || !pending_.empty()) {
    while (!tasks_.empty()) {
      Task task = std::move(tasks_.front());
      tasks_.pop_front();
      if (auto go = report(task.node->path()); !go) return go;
      if (auto done = look_at(task); !done) return done;
    }
    if (auto done = open_pending(); !done) return done;
    if (tasks_.empty() && pending_.empty()) finish_data();
  }
  return {};
}

Closure ClosureBuilder::finish() {
  generate_cache();
  std::vector<uint32_t> slots;
  for (ClosureFile& file : closure_.files) keep_each_once(file.reasons, slots);
  name_packages();
  std::sort(closure_.files.begin(), closure_.files.end(), [](const ClosureFile& a, const ClosureFile& b) { return a.path < b.path; });
  auto by_text = [](const auto& a, const auto& b) { return std::tie(a.kind, a.by, a.detail) < std::tie(b.kind, b.by, b.detail); };
  std::sort(closure_.findings.begin(), closure_.findings.end(), by_text);
  std::sort(closure_.missing.begin(), closure_.missing.end(), [](const Missing& a, const Missing& b) { return std::tie(a.name, a.by) < std::tie(b.name, b.by); });
  if (wants_data()) {
    finder_->keep_evidence();
    root_.keep(packages_);
  }
  return std::move(closure_);
}

Result<Closure> resolve(Root& root, const std::vector<std::string>& entries, const ResolveOptions& options) {
  for (const RulesFile& file : options.data.rules) {
    if (auto done = check_rules(file); !done) return Unexpected(std::move(done).error());
  }
  if (auto done = data::check_names(options.data); !done) return Unexpected(std::move(done).error());
  if (entries.empty()) return fail(ErrorCode::invalid_argument, "no entry: name at least one program, such as /usr/bin/curl");
  ClosureBuilder builder(root, options);
  std::unordered_set<std::string_view> seen;
  for (const std::string& entry : entries) {
    if (!seen.insert(entry).second) continue;
    if (auto done = builder.entry(entry); !done) return Unexpected(std::move(done).error());
  }
  for (const std::string& pattern : options.include) {
    if (auto done = builder.include(pattern); !done) return Unexpected(std::move(done).error());
  }
  if (auto done = builder.run(); !done) return Unexpected(std::move(done).error());
  // ═══ The closure is complete: beyond this line no file is added. ═══
  return builder.finish();
}

}  // namespace rootlet
