#include "image/layers.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <unordered_map>

namespace rootlet::image {
namespace {

enum Group : size_t { libc, libraries, data, entries, kGroups };
constexpr std::array<const char*, kGroups> kNames = {"loader and libc", "libraries", "data", "entries"};

// glibc's libc.so.6 (libc.so.6.1 on alpha and ia64), musl's libc.so under its names.
bool is_libc(std::string_view soname) { return soname.starts_with("libc.so") || soname.starts_with("libc.musl-"); }

Group group_of_file(const ClosureFile& file) {
  Group group = data;
  for (const Reason& reason : file.reasons) {
    switch (reason.kind) {
      case ReasonKind::interpreter: return libc;
      case ReasonKind::needed:
        if (is_libc(reason.detail)) return libc;
        group = libraries;
        break;
      case ReasonKind::preload:
      case ReasonKind::filter:
      case ReasonKind::hwcaps:
      case ReasonKind::dlopen:
      case ReasonKind::plugin: group = libraries; break;
      case ReasonKind::entry:
        if (group == data) group = entries;
        break;
      default: break;
    }
  }
  return group;
}

class Splitter {
 public:
  Splitter(const Closure& closure, Root& root) : closure_(closure), root_(root) {
    for (const ClosureFile& file : closure.files) {
      if (file.type() == NodeType::file) groups_.emplace(file.path, group_of_file(file));
    }
  }

  // The lowest layer that has a file at the end of a way across the link: what is shared brings its links.
  Group group_of_link(const ClosureFile& link) {
    size_t group = kGroups;
    for (const Reason& reason : link.reasons) {
      const Node* end = reason.kind == ReasonKind::link || reason.kind == ReasonKind::entry ? root_.walk(reason.detail).node : nullptr;
      const auto known = end == nullptr ? groups_.end() : groups_.find(end->path());
      group = std::min<size_t>(group, known == groups_.end() ? data : known->second);
    }
    return group == kGroups ? data : static_cast<Group>(group);
  }

  Group group_of(const PlanEntry& entry) {
    const ClosureFile* file = closure_.find(entry.type == PlanEntryType::hard_link ? entry.target : entry.path);
    if (file == nullptr) return data;
    if (file->type() == NodeType::symlink) return group_of_link(*file);
    const auto known = groups_.find(file->path);
    return known == groups_.end() ? data : known->second;
  }

 private:
  const Closure& closure_;
  Root& root_;
  std::unordered_map<std::string_view, Group> groups_;
};

void add_parents(std::string_view path, std::set<std::string_view>& parents) {
  for (size_t slash = path.rfind('/'); slash != 0 && slash != std::string_view::npos; slash = path.rfind('/', slash - 1)) {
    if (!parents.insert(path.substr(0, slash)).second) return;
  }
}

}  // namespace

std::vector<Part> split(const Closure& closure, const Plan& plan, Root& root, LayerSplit layers) {
  std::vector<Part> parts;
  if (layers == LayerSplit::one) {
    parts.push_back({"", {plan.entries, {}, plan.bytes}});
    return parts;
  }
  Splitter splitter(closure, root);
  std::vector<size_t> groups;
  std::array<std::set<std::string_view>, kGroups> parents;
  std::set<std::string_view> all_parents;
  groups.reserve(plan.entries.size());
  for (const PlanEntry& entry : plan.entries) {
    const bool directory = entry.type == PlanEntryType::directory;
    groups.push_back(directory ? size_t{kGroups} : size_t{splitter.group_of(entry)});
    if (directory) continue;
    add_parents(entry.path, parents[groups.back()]);
    add_parents(entry.path, all_parents);
  }
  // Directories in which nothing lies.
  for (const PlanEntry& entry : plan.entries) {
    if (entry.type != PlanEntryType::directory || entry.path == "/" || all_parents.contains(entry.path)) continue;
    parents[data].insert(entry.path);
    add_parents(entry.path, parents[data]);
  }
  for (size_t group = 0; group < kGroups; ++group) {
    Part part{kNames[group], {}};
    for (size_t i = 0; i < plan.entries.size(); ++i) {
      const PlanEntry& entry = plan.entries[i];
      if (groups[i] != group && !parents[group].contains(entry.path)) continue;
      part.plan.entries.push_back(entry);
      part.plan.bytes += entry.type == PlanEntryType::file ? entry.size : 0;
    }
    if (!part.plan.entries.empty()) parts.push_back(std::move(part));
  }
  return parts;
}

}  // namespace rootlet::image
