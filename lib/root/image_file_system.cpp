#include <algorithm>
#include <cerrno>
#include <unordered_map>

#include "root/file_system.hpp"
#include "root/image.hpp"
#include "root/layer_tree.hpp"
#include "root/tar_reader.hpp"
#include "root/unpacked.hpp"

namespace rootlet {
namespace {

class ImageFile final : public File {
 public:
  ImageFile(std::shared_ptr<const LayerInode> inode, std::shared_ptr<const Source> layer) : inode_(std::move(inode)), layer_(std::move(layer)) {}

  Result<size_t> read_at(uint64_t offset, std::span<std::byte> out) const override {
    if (offset >= size()) return size_t{0};
    out = out.first(std::min<uint64_t>(out.size(), size() - offset));
    const auto& extents = inode_->extents;
    auto extent = std::upper_bound(extents.begin(), extents.end(), offset, [](uint64_t at, const Extent& item) { return at < item.offset; });
    if (extent != extents.begin()) --extent;
    for (size_t done = 0; done < out.size();) {
      const uint64_t at = offset + done;
      while (extent != extents.end() && extent->offset + extent->length <= at) ++extent;
      const auto rest = out.subspan(done);
      if (extent == extents.end() || at < extent->offset) {
        const size_t hole = extent == extents.end() ? rest.size() : std::min<uint64_t>(rest.size(), extent->offset - at);
        std::fill_n(rest.begin(), hole, std::byte{0});
        done += hole;
        continue;
      }
      const auto wanted = rest.first(std::min<uint64_t>(rest.size(), extent->offset + extent->length - at));
      auto length = layer_->read_at(extent->place + (at - extent->offset), wanted);
      if (!length) return Unexpected(std::move(length).error());
      done += *length;
      if (*length < wanted.size()) return done;
    }
    return out.size();
  }
  uint64_t size() const override { return inode_->status.size; }
  int descriptor() const override { return -1; }

 private:
  std::shared_ptr<const LayerInode> inode_;
  std::shared_ptr<const Source> layer_;
};

class ImageFileSystem final : public FileSystem {
 public:
  Result<void> read(const ImageSource& image, const std::string& reference) {
    uint64_t stored = 0;
    for (const oci::Descriptor& layer : image.layers) stored += std::min<uint64_t>(layer.size, uint64_t{1} << 40);
    // Content is about three times as large; of points there are then about a thousand.
    UnpackLimits limits;
    limits.distance = std::max<uint64_t>(limits.distance, stored / 300);
    const auto memory = std::make_shared<UnpackMemory>(limits);
    for (size_t i = 0; i < image.layers.size(); ++i) {
      const std::string shown = reference + (image.layers.size() > 1 ? ": layer " + std::to_string(i + 1) : "");
      auto stored_layer = image.open_layer(i);
      if (!stored_layer) return Unexpected(std::move(stored_layer).error());
      auto layer = read_layer(image, i, std::move(*stored_layer), memory, shown);
      if (!layer) return Unexpected(std::move(layer).error());
      layers_.push_back(std::move(*layer));
    }
    return {};
  }

  Status top() const { return tree_.top().inode->status; }

  Entry entry(const Node& directory, std::string_view name) override {
    const LayerEntry* found = child(directory, name);
    if (found == nullptr) return Entry{ENOENT, {}, {}};
    Entry entry{0, found->inode->status, found->inode->target};
    entry.status.link_count = static_cast<uint32_t>(found->inode.use_count());  // one for each name
    return entry;
  }

  Result<std::unique_ptr<File>> open(const Node& node) override {
    const LayerEntry* found = child(*node.parent(), node.name());
    if (found == nullptr) return Unexpected(error_from_errno(ENOENT, "cannot open", node.path()));
    return std::unique_ptr<File>(new ImageFile(found->inode, found->inode->extents.empty() ? nullptr : layers_[found->inode->layer - 1]));
  }

  Result<std::vector<std::string>> list(const Node& directory) override {
    const LayerEntry* found = entry_of(directory);
    if (found == nullptr || !found->is(NodeType::directory)) return Unexpected(error_from_errno(found == nullptr ? ENOENT : ENOTDIR, "cannot list", directory.path()));
    std::vector<std::string> names;
    for (const auto& [name, entry] : found->children) names.push_back(name);
    return names;
  }

  std::optional<std::string> attribute(const Node& node, const char* name) override {
    const LayerEntry* found = node.is_file() ? entry_of(node) : nullptr;
    if (found == nullptr) return std::nullopt;
    const auto& attributes = found->inode->attributes;
    const auto wanted = std::find_if(attributes.begin(), attributes.end(), [name](const auto& pair) { return pair.first == name; });
    return wanted == attributes.end() ? std::nullopt : std::optional(wanted->second);
  }

 private:
  Result<std::shared_ptr<const Source>> read_layer(const ImageSource& image, size_t index, std::shared_ptr<const Source> stored,
                                                   const std::shared_ptr<UnpackMemory>& memory, const std::string& shown) {
    auto packing = packing_of(*stored, shown);
    if (!packing) return Unexpected(std::move(packing).error());
    const oci::Descriptor& descriptor = image.layers[index];
    const bool known = !descriptor.digest.empty();
    Scan scan(*packing, stored, memory, shown, known);
    Result<void> stacked = stack(scan, shown);
    if (stacked) stacked = scan.finish();
    if (!stacked) {
      // Bytes that are not the layer's explain whatever is wrong with them.
      if (known && stacked.error().code == ErrorCode::malformed) {
        if (auto same = verify_blob(*stored, descriptor); !same) return Unexpected(std::move(same).error());
      }
      return Unexpected(std::move(stacked).error());
    }
    if (!known) return scan.source();
    const std::string digest = "sha256:" + scan.stored_digest();
    if (auto same = check_blob_digest(digest, descriptor); !same) return Unexpected(std::move(same).error());
    const std::string content = *packing == Packing::none ? digest : "sha256:" + scan.content_digest();
    if (content == image.config.diff_ids[index]) return scan.source();
    return fail(ErrorCode::malformed, shown + " has content of digest " + content + ", and its diff ID is " + image.config.diff_ids[index] + "; the image is damaged", descriptor.digest);
  }

  Result<void> stack(Scan& scan, const std::string& shown) {
    TarReader reader(scan, shown);
    tree_.begin_layer();
    while (true) {
      auto member = reader.next();
      if (!member) return Unexpected(std::move(member).error());
      if (!*member) return {};
      if (auto added = tree_.add(std::move(**member)); !added) {
        Error error = std::move(added).error();
        error.message = shown + ": " + error.message;
        return Unexpected(std::move(error));
      }
    }
  }

  const LayerEntry* entry_of(const Node& node) {
    if (node.parent() == nullptr) return &tree_.top();
    if (!node.is_directory()) return child(*node.parent(), node.name());
    const auto known = directories_.find(&node);
    if (known != directories_.end()) return known->second;
    const LayerEntry* found = child(*node.parent(), node.name());
    return directories_[&node] = found;
  }

  const LayerEntry* child(const Node& directory, std::string_view name) {
    const LayerEntry* parent = entry_of(directory);
    if (parent == nullptr) return nullptr;
    const auto found = parent->children.find(name);
    return found == parent->children.end() ? nullptr : found->second.get();
  }

  LayerTree tree_;
  std::vector<std::shared_ptr<const Source>> layers_;  // their content
  std::unordered_map<const Node*, const LayerEntry*> directories_;
};

}  // namespace

Result<std::unique_ptr<FileSystem>> make_image_file_system(const ImageSource& image, const std::string& shown, Status& top) {
  auto system = std::make_unique<ImageFileSystem>();
  if (auto read = system->read(image, shown); !read) return Unexpected(std::move(read).error());
  top = system->top();
  return std::unique_ptr<FileSystem>(std::move(system));
}

}  // namespace rootlet
