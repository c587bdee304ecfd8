#include "plan/additions.hpp"

#include <utility>

namespace rootlet::plan {

PlanEntry Additions::entry(std::string path, std::string_view reason) const {
  PlanEntry entry;
  entry.path = std::move(path);
  entry.mode = 0644;
  entry.modified = epoch_;
  entry.added = reason;
  return entry;
}

bool Additions::add_directories(const std::string& path) {
  for (size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    auto [at, is_new] = entries_.try_emplace(path.substr(0, slash));
    if (is_new) {
      at->second = entry(at->first, {});
      at->second.type = PlanEntryType::directory;
      at->second.mode = 0755;
    }
    if (at->second.type != PlanEntryType::directory) return false;
  }
  return true;
}

bool Additions::add_link(const std::string& path, const Node& link) {
  if (entries_.contains(path)) return true;
  if (!add_directories(path)) return false;
  PlanEntry made = entry(path, {});
  made.type = PlanEntryType::symlink;
  made.mode = 0777;
  made.target = link.target();
  entries_.emplace(path, std::move(made));
  return true;
}

// Where a file at `path` stands: every link on the way is crossed and becomes a part of the plan, or else a layer below would have
// a link where this one has a directory. With `own_directory` the last directory is one although the root has a link there, as it
// has in /usr/share/doc for packages that share theirs: readers look for each package's own.
// Nothing if something else is in the way.
std::optional<std::string> Additions::place(std::string_view path, bool own_directory) {
  std::string place(path);
  int links = 0;
  for (size_t slash = place.find('/', 1); slash != std::string::npos; slash = place.find('/', slash + 1)) {
    const std::string parent = place.substr(0, slash);
    if (auto planned = entries_.find(parent); planned != entries_.end() && planned->second.type == PlanEntryType::directory) continue;
    const Node* node = root_.walk(parent, FollowLast::no).node;
    if (node == nullptr || !node->is_symlink()) continue;
    if (own_directory && slash == place.rfind('/') && !entries_.contains(parent)) continue;
    const Node* target = root_.walk(parent).node;
    if (target == nullptr || !target->is_directory() || ++links > kMaxLinks || !add_link(parent, *node)) return std::nullopt;
    place = (target->parent() == nullptr ? "" : target->path()) + place.substr(slash);
    slash = 0;
  }
  if (!add_directories(place)) return std::nullopt;
  return place;
}

void Additions::add(std::string_view path, std::string content, std::string_view reason) {
  const auto at = place(path, false);
  if (!at) return finding(path, "is left out: the layer has something else where one of its directories would be");
  if (entries_.contains(*at)) return;
  PlanEntry made = entry(*at, reason);
  made.size = content.size();
  made.content = std::move(content);
  entries_.emplace(*at, std::move(made));
}

bool Additions::copy(std::string_view from, std::string_view path, std::string_view reason) {
  const Node* node = root_.walk(from).node;
  if (node == nullptr || !node->is_file()) return false;
  const std::string& real = node->path();
  if ((node->status().mode & 0004) == 0 || !(real.starts_with("/etc/") || real.starts_with("/usr/lib/") || real.starts_with("/usr/share/"))) {
    finding(path, "is left out: " + real + ", where it leads, is not readable for all, or in no place for public data");
    return false;
  }
  const auto at = place(path, path.starts_with("/usr/share/"));
  if (!at) return finding(path, "is left out: the layer has something else where one of its directories would be"), false;
  if (auto planned = entries_.find(*at); planned != entries_.end() && planned->second.type != PlanEntryType::symlink) return true;
  PlanEntry made = entry(*at, reason);
  made.size = node->status().size;
  made.source = node;
  entries_.insert_or_assign(*at, std::move(made));
  return true;
}

}  // namespace rootlet::plan
