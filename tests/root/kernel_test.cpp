// The kernel as the oracle: openat2(2) with RESOLVE_IN_ROOT looks a path up as a process chrooted there would.
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>

#include "root/worlds.hpp"
#include "support/dice.hpp"

namespace rootlet {
namespace {

using test::Dice;

class Kernel {
 public:
  explicit Kernel(const std::string& directory) : top_(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)), prefix_(directory) {}
  ~Kernel() { ::close(top_); }
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  static bool available() {
    Kernel kernel("/");
    return kernel.walk("/", FollowLast::yes) == "/";
  }

  // As spell(Walk).
  std::string walk(const std::string& path, FollowLast follow) const {
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC | (follow == FollowLast::yes ? 0u : static_cast<uint64_t>(O_NOFOLLOW));
    how.resolve = RESOLVE_IN_ROOT;
    long descriptor = -1;
    do {  // EAGAIN: something on the machine was renamed while `..` was looked up
      descriptor = ::syscall(SYS_openat2, top_, path.c_str(), &how, sizeof how);
    } while (descriptor < 0 && (errno == EAGAIN || errno == EINTR));
    if (descriptor < 0) {
      Walk failed;
      failed.error = errno;
      return root_test::spell(failed);
    }
    std::array<char, 8192> found;
    const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
    const ssize_t length = ::readlink(link.c_str(), found.data(), found.size());
    ::close(static_cast<int>(descriptor));
    std::string text(found.data(), static_cast<size_t>(std::max<ssize_t>(length, 0)));
    if (prefix_ == "/") return text;
    if (!text.starts_with(prefix_)) return "outside: " + text;
    return text.size() == prefix_.size() ? "/" : text.substr(prefix_.size());
  }

 private:
  int top_;
  std::string prefix_;
};

const std::vector<std::string> kNames = {"a", "b", "c", "d"};

// A path of few distinct names, so that it often leads somewhere.
std::string random_path(Dice& dice, size_t most) {
  std::string path;
  if (dice.percent(40)) path += dice.percent(80) ? "/" : "//";
  const size_t count = dice.between(1, most);
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) path += dice.percent(90) ? "/" : "///";
    switch (dice.weighted({80, 8, 8, 2, 1, 1})) {
      case 0: path += dice.pick(kNames); break;
      case 1: path += ".."; break;
      case 2: path += "."; break;
      case 3: path += "missing"; break;
      case 4: path += std::string(dice.between(254, 257), 'n'); break;
      default: path += "..."; break;
    }
  }
  if (dice.percent(15)) path += dice.percent(70) ? "/" : "/.";
  // Padding that changes nothing but the length.
  if (dice.percent(3)) {
    const size_t length = dice.between(4088, 4100);
    const size_t slash = path.find('/');
    while (slash != std::string::npos && path.size() < length) path.insert(slash, 1, '/');
  }
  return path;
}

// A tree of directories, files and links to anywhere, none of which need lead anywhere.
void grow(root_test::World& world, root_test::World& twin, const std::string& at, int depth, Dice& dice) {
  for (const std::string& name : kNames) {
    const std::string path = at + "/" + name;
    switch (dice.weighted({depth > 0 ? 30u : 0u, 20, 40, 10})) {
      case 0:
        world.directory(path);
        twin.directory(path);
        grow(world, twin, path, depth - 1, dice);
        break;
      case 1:
        world.file(path, path);
        twin.file(path, path);
        break;
      case 2: {
        const std::string target = random_path(dice, 4).substr(0, 4095);  // the longest that a file system takes
        world.symlink(path, target);
        twin.symlink(path, target);
        break;
      }
      default: break;
    }
  }
}

class RootAndKernel : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Seeds, RootAndKernel, testing::Range(1, 41));

TEST_P(RootAndKernel, AgreeOnEveryPathOfARandomForest) {
  if (!Kernel::available()) GTEST_SKIP() << "this kernel has no openat2(2)";
  Dice dice(static_cast<uint64_t>(GetParam()));
  root_test::DiskWorld disk;
  root_test::MemoryWorld memory;
  grow(disk, memory, "", 3, dice);
  const Kernel kernel(disk.real(""));
  Root root = disk.open(), twin = memory.open();
  size_t reached = 0;
  for (int i = 0; i < 1500; ++i) {
    const std::string path = random_path(dice, 7);
    const FollowLast follow = dice.percent(70) ? FollowLast::yes : FollowLast::no;
    const Walk walk = root.walk(path, follow);
    const std::string expected = kernel.walk(path, follow);
    ASSERT_EQ(root_test::spell(walk), expected) << "for " << path << (follow == FollowLast::yes ? "" : ", the last link not followed");
    const Walk in_memory = twin.walk(path, follow);
    ASSERT_EQ(root_test::spell(in_memory), expected) << "in memory, for " << path;
    ASSERT_EQ(root_test::links_of(in_memory), root_test::links_of(walk)) << "for " << path;
    if (walk.node != nullptr) ++reached;
    if (walk.node != nullptr && walk.node->is_file()) {
      ASSERT_EQ(root_test::content_of(root, *walk.node), walk.node->path());
    }
  }
  EXPECT_GE(reached, 50u) << "a forest in which too little leads anywhere tests little";
}

// Deep chains and long targets, where the limits are.
TEST(RootAndKernelAtTheLimits, AgreeOnHowManyLinksAreFollowed) {
  if (!Kernel::available()) GTEST_SKIP() << "this kernel has no openat2(2)";
  root_test::DiskWorld disk;
  disk.file("/end").directory("/dir").file("/dir/end");
  for (int i = 1; i <= 45; ++i) {
    disk.symlink("/l" + std::to_string(i), i == 1 ? "end" : "l" + std::to_string(i - 1));
    disk.symlink("/d" + std::to_string(i), i == 1 ? "/dir/" : "../d" + std::to_string(i - 1) + "/");
  }
  disk.symlink("/dir/again", "../d20");
  const Kernel kernel(disk.real(""));
  Root root = disk.open();
  std::vector<std::string> answers;
  for (int i = 1; i <= 45; ++i) {
    const std::string n = std::to_string(i);
    for (const std::string& path : {"l" + n, "/d" + n, "d" + n + "/end", "d" + n + "/again/end", "d" + n + "/again/again", "l" + n + "/"}) {
      for (FollowLast follow : {FollowLast::yes, FollowLast::no}) {
        answers.push_back(kernel.walk(path, follow));
        EXPECT_EQ(root_test::spell(root.walk(path, follow)), answers.back()) << path;
      }
    }
  }
  for (const char* kind : {"ELOOP", "ENOTDIR", "/end", "/dir/end"}) {
    EXPECT_NE(std::count(answers.begin(), answers.end(), kind), 0) << kind << " was never met";
  }
}

TEST(RootAndKernelAtTheLimits, AgreeOnHowLongPathsMayBe) {
  if (!Kernel::available()) GTEST_SKIP() << "this kernel has no openat2(2)";
  root_test::DiskWorld disk;
  const std::string long_name(255, 'n');
  disk.file("/" + long_name + "/file");
  std::string longest;
  while (longest.size() + 2 < 4080) longest += "./";
  disk.symlink("/link", longest + long_name.substr(0, 10)).symlink("/dots", longest).symlink("/to-name", long_name + "n");
  const Kernel kernel(disk.real(""));
  Root root = disk.open();
  for (size_t length = 4085; length <= 4100; ++length) {
    for (const std::string& end : {std::string("dots"), std::string("dots/") + long_name + "/file", std::string("link"), std::string("to-name")}) {
      const std::string path = std::string(length - end.size(), '/') + end;
      EXPECT_EQ(root_test::spell(root.walk(path)), kernel.walk(path, FollowLast::yes)) << length << " bytes that end in " << end;
    }
  }
  for (size_t length = 250; length <= 260; ++length) {
    for (std::string_view after : {"", "/", "/x"}) {
      const std::string path = "/" + std::string(length, 'n') + std::string(after);
      EXPECT_EQ(root_test::spell(root.walk(path)), kernel.walk(path, FollowLast::yes)) << length;
    }
  }
}

// What a user who is not root may not search. (`.` and `..` are not asked of the system: of a directory that may
// not be searched the kernel refuses them too.)
TEST(RootAndKernelAtTheLimits, AgreeOnWhatMayBeSearched) {
  if (!Kernel::available()) GTEST_SKIP() << "this kernel has no openat2(2)";
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  root_test::DiskWorld disk;
  disk.file("/closed/dir/file").file("/unlisted/file", "x").file("/open/secret", "x").symlink("/link", "closed/dir/file").symlink("/closed/link", "/open");
  ASSERT_EQ(::chmod(disk.real("").c_str(), 0755), 0);
  ASSERT_EQ(::chmod(disk.real("/closed").c_str(), 0600), 0);
  ASSERT_EQ(::chmod(disk.real("/unlisted").c_str(), 0711), 0);
  ASSERT_EQ(::chmod(disk.real("/open/secret").c_str(), 0600), 0);
  ASSERT_EQ(::seteuid(65534), 0);
  {
    const Kernel kernel(disk.real(""));
    Root root = disk.open();
    for (const char* path : {"/closed", "/closed/dir", "/closed/none", "/closed/dir/file", "/link", "/closed/link", "/unlisted/file", "/unlisted/none", "/open/secret"}) {
      EXPECT_EQ(root_test::spell(root.walk(path)), kernel.walk(path, FollowLast::yes)) << path;
    }
    EXPECT_EQ(root_test::spell(root.walk("/closed/dir")), "EACCES");
    auto names = root.list(*root.walk("/unlisted").node);
    ASSERT_FALSE(names);
    EXPECT_EQ(names.error().code, ErrorCode::permission_denied);
    auto secret = root.open_file(*root.walk("/open/secret").node);
    ASSERT_FALSE(secret);
    EXPECT_EQ(secret.error().code, ErrorCode::permission_denied);
    EXPECT_EQ(secret.error().path, "/open/secret");
  }
  ASSERT_EQ(::seteuid(0), 0);
}

}  // namespace
}  // namespace rootlet
