// What a root costs: descriptors, and lookups.
#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>

#include "root/worlds.hpp"

namespace rootlet {
namespace {

using root_test::DiskWorld;
using root_test::spell;

// A lower limit on open files for the time of a test.
class FewDescriptors {
 public:
  explicit FewDescriptors(rlim_t limit) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit lower = before_;
    lower.rlim_cur = limit;
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &lower), 0);
  }
  ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

size_t open_descriptors() {
  size_t count = 0;
  DIR* stream = ::opendir("/proc/self/fd");
  while (::readdir(stream) != nullptr) ++count;
  ::closedir(stream);
  return count;
}

TEST(RootHandles, ThousandsOfDirectoriesNeedFewDescriptors) {
  constexpr int kTops = 40, kBelow = 75;
  DiskWorld disk;
  for (int i = 0; i < kTops * kBelow; ++i) {
    disk.file("/d" + std::to_string(i / kBelow) + "/e" + std::to_string(i % kBelow) + "/file", std::to_string(i));
  }
  const size_t before = open_descriptors();
  FewDescriptors few(before + 80);
  Root root = disk.open();
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < kTops * kBelow; ++i) {
      // In an order that jumps from directory to directory.
      const int number = i * 1009 % (kTops * kBelow);
      const std::string directory = "/d" + std::to_string(number / kBelow) + "/e" + std::to_string(number % kBelow);
      ASSERT_EQ(root_test::content_of(root, directory + "/file"), std::to_string(number));
      auto names = root.list(*root.walk(directory).node);
      ASSERT_TRUE(names) << names.error().message;
      ASSERT_EQ(*names, std::vector<std::string>{"file"});
      ASSERT_EQ(spell(root.walk(directory + "/none" + std::to_string(round))), "ENOENT");
    }
    EXPECT_LE(open_descriptors(), before + 66) << "64 directories and the top";
  }
  EXPECT_EQ(root.lookups(), kTops + kTops * kBelow * 4u) << "each entry is asked for once, also where its handle was closed since";
}

TEST(RootHandles, AreClosedWithTheirRoot) {
  DiskWorld disk;
  for (int i = 0; i < 50; ++i) disk.file("/d" + std::to_string(i) + "/file");
  const size_t before = open_descriptors();
  for (int round = 0; round < 3; ++round) {
    Root root = disk.open();
    for (int i = 0; i < 50; ++i) root.walk("/d" + std::to_string(i) + "/file");
    EXPECT_GT(open_descriptors(), before);
    Root moved = std::move(root);
  }
  EXPECT_EQ(open_descriptors(), before);
}

// Deeper than there are handles, and deeper than one path can say.
TEST(RootHandles, ATreeOfAnyDepthIsWalked) {
  constexpr int kDepth = 3000;
  DiskWorld disk;
  int at = ::open(disk.real("").c_str(), O_PATH | O_DIRECTORY);
  for (int i = 0; i < kDepth; ++i) {
    ASSERT_EQ(::mkdirat(at, "deep", 0755), 0);
    const int next = ::openat(at, "deep", O_PATH | O_DIRECTORY);
    ::close(at);
    at = next;
  }
  ::close(::openat(at, "bottom", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  ::close(at);
  FewDescriptors few(open_descriptors() + 80);
  Root root = disk.open();
  const Node* here = &root.top();
  for (int i = 0; i < kDepth; ++i) {
    here = root.child(*here, "deep");
    ASSERT_NE(here, nullptr) << i;
  }
  EXPECT_EQ(here->path().size(), 5u * kDepth);
  ASSERT_NE(root.child(*here, "bottom"), nullptr);
  // Every handle on the way has been closed meanwhile: the first ones and the last ones are still found.
  EXPECT_EQ(spell(root.walk("deep/deep/deep/none")), "ENOENT");
  auto names = root.list(*here);
  ASSERT_TRUE(names) << names.error().message;
  EXPECT_EQ(*names, std::vector<std::string>{"bottom"});
}

TEST(RootHandles, WithoutADescriptorLeftThereIsAnErrorAndNoEntryIsLost) {
  DiskWorld disk;
  disk.file("/a/b/file", "content");
  Root root = disk.open();
  ASSERT_EQ(spell(root.walk("/a")), "/a");
  {
    FewDescriptors none(0);
    auto names = root.list(*root.walk("/a").node);
    ASSERT_FALSE(names);
    EXPECT_NE(names.error().message.find("Too many open files"), std::string::npos) << names.error().message;
  }
  EXPECT_EQ(root_test::content_of(root, "/a/b/file"), "content");
}

}  // namespace
}  // namespace rootlet
