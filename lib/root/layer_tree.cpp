#include "root/layer_tree.hpp"

#include <algorithm>

namespace rootlet {
namespace {

constexpr std::string_view kWhiteout = ".wh.", kOpaque = ".wh..wh..opq", kReserved = ".wh..wh.";

// Adds the components of a path, the last first, as a stack has them.
void push_components(std::string_view path, std::vector<std::string>& stack) {
  for (size_t end = path.size(); end > 0;) {
    const size_t slash = path.substr(0, end).rfind('/');
    const size_t start = slash == std::string_view::npos ? 0 : slash + 1;
    const std::string_view component = path.substr(start, end - start);
    if (!component.empty() && component != ".") stack.emplace_back(component);
    end = start == 0 ? 0 : start - 1;
  }
}

bool climbs(const std::vector<std::string>& components) { return std::find(components.begin(), components.end(), "..") != components.end(); }

}  // namespace

LayerTree::LayerTree() { top_.inode = new_directory(); }

Result<void> LayerTree::work(uint64_t steps) {
  work_ += steps;
  if (work_ <= kMostLayerWork) return {};
  return fail(ErrorCode::too_large, "the layers' members take more steps to stack than are made for any image; one was made to take long");
}

Result<void> LayerTree::hold(uint64_t bytes) {
  bytes_ += bytes;
  if (bytes_ <= kMostLayerBytes) return {};
  return fail(ErrorCode::too_large, "the layers' names, links and attributes are more than the " + std::to_string(kMostLayerBytes >> 20) + " MiB that are read");
}

std::shared_ptr<LayerInode> LayerTree::new_directory() {
  auto inode = std::make_shared<LayerInode>();
  inode->status.type = NodeType::directory;
  inode->status.mode = 0755;
  inode->status.device = 1;
  inode->status.inode = next_inode_++;
  return inode;
}

// An entry without an inode yet.
Result<LayerEntry*> LayerTree::make(LayerEntry& parent, const std::string& name) {
  if (parent.depth >= kMostLayerDepth) return fail(ErrorCode::too_large, "a member lies deeper than " + std::to_string(kMostLayerDepth) + " directories");
  if (++made_ > kMostLayerEntries) return fail(ErrorCode::too_large, "the layers have more entries than the " + std::to_string(kMostLayerEntries) + " that are read");
  if (auto room = hold(name.size()); !room) return Unexpected(std::move(room).error());
  auto entry = std::make_unique<LayerEntry>();
  entry->parent = &parent;
  entry->depth = parent.depth + 1;
  entry->layer = layer_;
  return (parent.children[name] = std::move(entry)).get();
}

// Where the components lead, from the last to the first, all links followed; null if nowhere, unless it is to be made.
Result<LayerEntry*> LayerTree::directory(std::vector<std::string> left, bool make_it) {
  LayerEntry* here = &top_;
  int links = 0;
  while (!left.empty()) {
    const std::string name = std::move(left.back());
    left.pop_back();
    if (auto bounded = work(1); !bounded) return Unexpected(std::move(bounded).error());
    if (name == "..") {
      if (here->parent != nullptr) here = here->parent;
      continue;
    }
    const auto found = here->children.find(name);
    LayerEntry* next = found == here->children.end() ? nullptr : found->second.get();
    if (next != nullptr && next->is(NodeType::symlink)) {
      const std::string& target = next->inode->target;
      if (++links > kMaxLinks) return fail(ErrorCode::malformed, "more than " + std::to_string(kMaxLinks) + " symbolic links lead to a member's directory");
      if (auto bounded = work(target.size()); !bounded) return Unexpected(std::move(bounded).error());
      push_components(target, left);
      if (target.starts_with('/')) here = &top_;
      continue;
    }
    if (next == nullptr || !next->is(NodeType::directory)) {
      if (!make_it) return nullptr;
      auto made = make(*here, name);
      if (!made) return made;
      next = *made;
      next->inode = new_directory();
    }
    here = next;
  }
  return here;
}

// Takes away what lower layers have there; returns whether something is left, which is of this layer.
Result<bool> LayerTree::hide(LayerEntry& entry) {
  if (auto bounded = work(1); !bounded) return Unexpected(std::move(bounded).error());
  if (auto hidden = hide_children(entry); !hidden) return Unexpected(std::move(hidden).error());
  if (entry.layer == layer_) return true;
  if (entry.children.empty()) return false;
  entry.layer = layer_;
  entry.inode = new_directory();  // that this layer only implies
  return true;
}

Result<void> LayerTree::hide_children(LayerEntry& directory) {
  for (auto child = directory.children.begin(); child != directory.children.end();) {
    auto left = hide(*child->second);
    if (!left) return Unexpected(std::move(left).error());
    child = *left ? std::next(child) : directory.children.erase(child);
  }
  return {};
}

Result<void> LayerTree::white_out(std::vector<std::string> parents, std::string_view name) {
  if (name != kOpaque && name.starts_with(kReserved)) return {};  // of AUFS, about itself
  if (layer_ <= 1) return {};                                     // nothing is below
  auto where = directory(std::move(parents), false);
  if (!where) return Unexpected(std::move(where).error());
  if (*where == nullptr) return {};
  if (name == kOpaque) return hide_children(**where);
  const auto child = (*where)->children.find(name.substr(kWhiteout.size()));
  if (child == (*where)->children.end()) return {};
  auto left = hide(*child->second);
  if (!left) return Unexpected(std::move(left).error());
  if (!*left) (*where)->children.erase(child);
  return {};
}

Result<std::shared_ptr<LayerInode>> LayerTree::linked(const TarMember& member) {
  std::vector<std::string> path;
  push_components(member.link, path);
  if (!path.empty() && !climbs(path)) {
    const std::string name = std::move(path.front());
    path.erase(path.begin());
    auto where = directory(std::move(path), false);
    if (!where) return Unexpected(std::move(where).error());
    if (*where != nullptr) {
      const auto found = (*where)->children.find(name);
      if (found != (*where)->children.end() && !found->second->is(NodeType::directory)) return found->second->inode;
    }
  }
  return fail(ErrorCode::malformed, "the member " + member.name + " is a hard link to " + member.link + ", which is no file that comes before it");
}

Result<void> LayerTree::add(TarMember member) {
  std::vector<std::string> path;
  push_components(member.name, path);
  if (climbs(path)) return {};
  if (path.empty()) {
    if (member.status.type == NodeType::directory) top_.inode = inode_of(std::move(member));
    return {};
  }
  if (member.status.size > kMostUnpackedBytes) {
    // Holes take no room in an image, and would where it is written.
    return fail(ErrorCode::too_large, "the member " + member.name + " has " + std::to_string(member.status.size) + " bytes with its holes, more than the " + std::to_string(kMostUnpackedBytes >> 30) + " GiB that a file may have");
  }
  const std::string name = std::move(path.front());
  path.erase(path.begin());
  if (name.starts_with(kWhiteout)) return white_out(std::move(path), name);
  if (auto room = hold(member.link.size()); !room) return room;
  for (const auto& [key, value] : member.attributes) {
    if (auto room = hold(key.size() + value.size()); !room) return room;
  }
  if (auto room = hold(member.extents.size() * sizeof(Extent)); !room) return room;
  std::shared_ptr<LayerInode> inode;
  if (member.is_hard_link) {
    auto found = linked(member);
    if (!found) return Unexpected(std::move(found).error());
    inode = std::move(*found);
  } else {
    inode = inode_of(std::move(member));
  }
  auto where = directory(std::move(path), true);
  if (!where) return Unexpected(std::move(where).error());
  const auto existing = (*where)->children.find(name);
  if (existing != (*where)->children.end() && existing->second->is(NodeType::directory) && inode->status.type == NodeType::directory) {
    existing->second->inode = std::move(inode);
    existing->second->layer = layer_;
    return {};
  }
  auto made = make(**where, name);
  if (!made) return Unexpected(std::move(made).error());
  (*made)->inode = std::move(inode);
  return {};
}

std::shared_ptr<LayerInode> LayerTree::inode_of(TarMember member) {
  auto inode = std::make_shared<LayerInode>();
  inode->status = member.status;
  inode->status.device = 1;
  inode->status.inode = next_inode_++;
  if (member.status.type == NodeType::symlink) inode->target = std::move(member.link);
  inode->extents = std::move(member.extents);
  inode->attributes = std::move(member.attributes);
  inode->layer = layer_;
  return inode;
}

}  // namespace rootlet
