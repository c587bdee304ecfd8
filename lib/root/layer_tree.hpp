// The tree that layers make, one on the other (OCI image-spec 1.1, layer.md), of their headers alone.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "root/tar_reader.hpp"
#include "rootlet/root.hpp"

namespace rootlet {

// What hard links share.
struct LayerInode {
  Status status;       // but for link_count
  std::string target;  // of a symbolic link
  size_t layer = 0;    // that has the content, counted from 1
  std::vector<Extent> extents;
  std::vector<std::pair<std::string, std::string>> attributes;
};

struct LayerEntry {
  std::shared_ptr<LayerInode> inode;
  LayerEntry* parent = nullptr;
  uint32_t depth = 0;
  size_t layer = 0;  // that put it there, counted from 1
  std::map<std::string, std::unique_ptr<LayerEntry>, std::less<>> children;

  bool is(NodeType type) const { return inode->status.type == type; }
};

class LayerTree {
 public:
  LayerTree();
  LayerTree(const LayerTree&) = delete;
  LayerTree& operator=(const LayerTree&) = delete;

  // Layers come from the lowest to the topmost, each with all its members in order: of one name the last counts, what a layer removes
  // is of the layers below. Members whose names have a component ".." are not taken, wherever they would lead. A parent that is a
  // symbolic link is followed inside the tree, as run times do.
  void begin_layer() { ++layer_; }
  // Errors: malformed (a hard link to nothing, links in a circle), too_large.
  Result<void> add(TarMember member);

  const LayerEntry& top() const { return top_; }

 private:
  // Paths are stacks of components, the last at the front.
  Result<LayerEntry*> directory(std::vector<std::string> left, bool make_it);
  Result<void> white_out(std::vector<std::string> parents, std::string_view name);
  Result<void> hide_children(LayerEntry& directory);
  Result<bool> hide(LayerEntry& entry);
  Result<std::shared_ptr<LayerInode>> linked(const TarMember& member);
  Result<LayerEntry*> make(LayerEntry& parent, const std::string& name);
  std::shared_ptr<LayerInode> new_directory();
  std::shared_ptr<LayerInode> inode_of(TarMember member);
  Result<void> work(uint64_t steps);
  Result<void> hold(uint64_t bytes);

  LayerEntry top_;
  size_t layer_ = 0;
  uint64_t next_inode_ = 1;
  uint64_t made_ = 0, work_ = 0, bytes_ = 0;
};

inline constexpr uint64_t kMostLayerEntries = 1'000'000;
inline constexpr uint32_t kMostLayerDepth = 2048;          // as deep as a path can name
inline constexpr uint64_t kMostLayerBytes = 256 << 20;     // of names, targets and attributes
inline constexpr uint64_t kMostLayerWork = 200'000'000;    // steps from an entry to another

}  // namespace rootlet
