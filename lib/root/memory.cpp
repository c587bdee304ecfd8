#include <cerrno>

#include "root/file_system.hpp"

namespace rootlet {
namespace {

std::string join(const Node& directory, std::string_view name) {
  return (directory.path() == "/" ? "/" : directory.path() + "/") + std::string(name);
}

class MemoryFile final : public File {
 public:
  explicit MemoryFile(const std::string& content) : source_(Bytes(std::string_view(content))) {}
  Result<size_t> read_at(uint64_t offset, std::span<std::byte> out) const override { return source_.read_at(offset, out); }
  uint64_t size() const override { return source_.size(); }
  int descriptor() const override { return -1; }

 private:
  MemorySource source_;
};

class MemoryFileSystem final : public FileSystem {
 public:
  explicit MemoryFileSystem(MemoryTree tree) : tree_(std::move(tree)) {}

  Entry entry(const Node& directory, std::string_view name) override {
    auto found = tree_.items().find(join(directory, name));
    if (found == tree_.items().end()) return Entry{ENOENT, {}, {}};
    const MemoryTree::Item& item = found->second;
    return Entry{0, item.status, item.status.type == NodeType::symlink ? item.content : std::string()};
  }

  Result<std::unique_ptr<File>> open(const Node& node) override {
    const MemoryTree::Item& item = tree_.items().at(node.path());
    if (!item.readable) return Unexpected(error_from_errno(EACCES, "cannot open", node.path()));
    return std::unique_ptr<File>(new MemoryFile(item.content));
  }

  Result<std::vector<std::string>> list(const Node& directory) override {
    const std::string prefix = join(directory, "");
    std::vector<std::string> names;
    for (auto item = tree_.items().upper_bound(prefix); item != tree_.items().end() && item->first.starts_with(prefix); ++item) {
      std::string name = item->first.substr(prefix.size());
      if (name.find('/') == std::string::npos) names.push_back(std::move(name));
    }
    return names;
  }

  std::optional<std::string> attribute(const Node&, const char*) override { return std::nullopt; }

 private:
  MemoryTree tree_;
};

}  // namespace

MemoryTree::Item& MemoryTree::add(std::string_view path, NodeType type, uint32_t mode) {
  assert(path.starts_with('/'));
  size_t slash = path.rfind('/');
  if (slash > 0 && !items_.contains(std::string(path.substr(0, slash)))) directory(path.substr(0, slash));
  Item& item = items_[std::string(path)];
  item = Item{};
  item.status = Status{type, mode, 0, 1, next_inode_++, 1, 0};
  return item;
}

MemoryTree& MemoryTree::directory(std::string_view path, uint32_t mode) {
  add(path, NodeType::directory, mode);
  return *this;
}

MemoryTree& MemoryTree::file(std::string_view path, std::string content, uint32_t mode) {
  Item& item = add(path, NodeType::file, mode);
  item.status.size = content.size();
  item.content = std::move(content);
  return *this;
}

MemoryTree& MemoryTree::symlink(std::string_view path, std::string target) {
  Item& item = add(path, NodeType::symlink, 0777);
  item.status.size = target.size();
  item.content = std::move(target);
  return *this;
}

MemoryTree& MemoryTree::hard_link(std::string_view path, std::string_view existing) {
  Item copy = items_.at(std::string(existing));
  add(path, NodeType::file, copy.status.mode) = copy;
  for (auto& [name, item] : items_) {
    if (item.status.inode == copy.status.inode) ++item.status.link_count;
  }
  return *this;
}

MemoryTree& MemoryTree::unreadable(std::string_view path) {
  items_.at(std::string(path)).readable = false;
  return *this;
}

std::unique_ptr<FileSystem> make_memory_file_system(MemoryTree tree) {
  return std::make_unique<MemoryFileSystem>(std::move(tree));
}

}  // namespace rootlet
