// The same small tree on disk and in memory.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rootlet/root.hpp"
#include "support/temporary.hpp"

namespace rootlet::root_test {

using test::TemporaryDirectory;
using test::write_file;

class World {
 public:
  virtual ~World() = default;
  virtual World& directory(const std::string& path, uint32_t mode = 0755) = 0;
  virtual World& file(const std::string& path, const std::string& content = {}, uint32_t mode = 0644) = 0;
  virtual World& symlink(const std::string& path, const std::string& target) = 0;
  virtual World& hard_link(const std::string& path, const std::string& existing) = 0;
  virtual Root open() = 0;
};

class MemoryWorld final : public World {
 public:
  World& directory(const std::string& path, uint32_t mode) override { return tree_.directory(path, mode), *this; }
  World& file(const std::string& path, const std::string& content, uint32_t mode) override {
    return tree_.file(path, content, mode), *this;
  }
  World& symlink(const std::string& path, const std::string& target) override { return tree_.symlink(path, target), *this; }
  World& hard_link(const std::string& path, const std::string& existing) override {
    return tree_.hard_link(path, existing), *this;
  }
  Root open() override { return Root::in_memory(tree_); }

 private:
  MemoryTree tree_;
};

class DiskWorld final : public World {
 public:
  World& directory(const std::string& path, uint32_t mode = 0755) override {
    parents(path);
    EXPECT_EQ(::mkdir(real(path).c_str(), 0755), 0) << path;
    EXPECT_EQ(::chmod(real(path).c_str(), mode), 0) << path;
    return *this;
  }
  World& file(const std::string& path, const std::string& content = {}, uint32_t mode = 0644) override {
    parents(path);
    write_file(real(path), content, mode);
    return *this;
  }
  World& symlink(const std::string& path, const std::string& target) override {
    parents(path);
    EXPECT_EQ(::symlink(target.c_str(), real(path).c_str()), 0) << path;
    return *this;
  }
  World& hard_link(const std::string& path, const std::string& existing) override {
    parents(path);
    EXPECT_EQ(::link(real(existing).c_str(), real(path).c_str()), 0) << path;
    return *this;
  }
  Root open() override {
    auto root = Root::open(directory_.path());
    if (!root) std::abort();
    return *std::move(root);
  }
  std::string real(const std::string& path) const { return directory_.path() + path; }

 private:
  void parents(const std::string& path) {
    for (size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
      ::mkdir(real(path.substr(0, slash)).c_str(), 0755);
    }
  }
  TemporaryDirectory directory_;
};

enum class Where { disk, memory };

// A test body that is run on both.
class BothWorlds : public testing::TestWithParam<Where> {
 protected:
  BothWorlds() {
    if (GetParam() == Where::disk) world_ = std::make_unique<DiskWorld>();
    else world_ = std::make_unique<MemoryWorld>();
  }
  World& world() { return *world_; }

 private:
  std::unique_ptr<World> world_;
};

inline std::string name_of(const testing::TestParamInfo<Where>& info) { return info.param == Where::disk ? "OnDisk" : "InMemory"; }

// Where a walk leads: the path, or the name of the errno value.
inline std::string spell(const Walk& walk) {
  if (walk.node != nullptr) return walk.error == 0 ? walk.node->path() : "both a node and an error";
  switch (walk.error) {
    case ENOENT: return "ENOENT";
    case ENOTDIR: return "ENOTDIR";
    case ELOOP: return "ELOOP";
    case EACCES: return "EACCES";
    case ENAMETOOLONG: return "ENAMETOOLONG";
    default: return "errno " + std::to_string(walk.error);
  }
}

// The links crossed, "/a -> target, /b -> target".
inline std::string links_of(const Walk& walk) {
  std::string text;
  for (const Node* link : walk.links) text += (text.empty() ? "" : ", ") + link->path() + " -> " + link->target();
  return text;
}

// What a file holds, or the error.
inline std::string content_of(Root& root, const Node& node) {
  auto file = root.open_file(node);
  if (!file) return "error: " + file.error().message;
  auto content = read_all(**file, 1 << 20);
  return content ? *content : "error: " + content.error().message;
}

inline std::string content_of(Root& root, std::string_view path) {
  Walk walk = root.walk(path);
  return walk.node == nullptr ? spell(walk) : content_of(root, *walk.node);
}

}  // namespace rootlet::root_test
