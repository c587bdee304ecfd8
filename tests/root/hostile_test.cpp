// Trees that want out: links and `..` to the outside, entries that are swapped while they are walked, and files
// that are none.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <stop_token>
#include <thread>

#include "root/worlds.hpp"

namespace rootlet {
namespace {

using root_test::content_of;
using root_test::DiskWorld;
using root_test::spell;

TEST(HostileTree, NoLinkAndNoDotDotLeadsOutside) {
  test::TemporaryDirectory outside;
  test::write_file(outside / "secret", "outside");
  DiskWorld disk;
  std::string up = "/a/b/";
  for (int i = 0; i < 40; ++i) up += "../";
  disk.directory("/a/b").symlink("/shadow", "/etc/shadow").symlink("/up", up.substr(5) + "etc/shadow");
  disk.symlink("/absolute", outside / "secret").symlink("/directory", outside.path()).symlink("/a/chain", "../directory");
  disk.symlink("/proc-root", "/proc/self/root/etc/shadow").symlink("/self", "/proc/self/cwd");
  Root root = disk.open();
  for (const char* path : {"/shadow", "/up", "/absolute", "/directory", "/directory/secret", "/a/chain", "/a/chain/secret", "/proc-root", "/self"}) {
    EXPECT_EQ(spell(root.walk(path)), "ENOENT") << path;
  }
  EXPECT_EQ(spell(root.walk(up + "etc/shadow")), "ENOENT");
  EXPECT_EQ(spell(root.walk(up.substr(0, up.size() - 1) + outside.path() + "/secret")), "ENOENT");
  EXPECT_EQ(spell(root.walk(up)), "/");
}

TEST(HostileTree, ADirectoryThatBecameALinkIsNotEntered) {
  test::TemporaryDirectory outside;
  test::write_file(outside / "file", "outside");
  DiskWorld disk;
  disk.file("/dir/file", "inside");
  Root root = disk.open();
  const Node* dir = root.walk("/dir").node;
  ASSERT_NE(dir, nullptr);
  ASSERT_EQ(::rename(disk.real("/dir").c_str(), disk.real("/gone").c_str()), 0);
  disk.symlink("/dir", outside.path());
  const Walk walk = root.walk("/dir/file");
  EXPECT_EQ(walk.node, nullptr);
  EXPECT_TRUE(walk.error == ENOTDIR || walk.error == ELOOP) << spell(walk);
  auto names = root.list(*dir);
  EXPECT_FALSE(names) << "listed " << (names->empty() ? "" : names->front());
}

TEST(HostileTree, AFileThatBecameALinkIsNotOpened) {
  test::TemporaryDirectory outside;
  test::write_file(outside / "secret", "outside");
  DiskWorld disk;
  disk.file("/file", "inside");
  Root root = disk.open();
  const Node* file = root.walk("/file").node;
  ASSERT_EQ(::unlink(disk.real("/file").c_str()), 0);
  disk.symlink("/file", outside / "secret");
  EXPECT_TRUE(content_of(root, *file).starts_with("error: cannot open /file")) << content_of(root, *file);
}

// Something swaps a directory with a link to the outside, again and again, while paths through it are walked.
TEST(HostileTree, NothingOutsideIsReadWhileADirectoryIsSwappedForALink) {
  test::TemporaryDirectory outside;
  test::write_file(outside / "file", "outside");
  test::run_command({"mkdir", outside / "sub"});
  test::write_file(outside / "sub/file", "outside");
  test::write_file(outside / "sub/another", "outside");
  DiskWorld disk;
  disk.file("/dir/file", "inside").file("/dir/sub/file", "inside").symlink("/swap", outside.path()).symlink("/link", "dir/sub");
  const std::jthread swapper([dir = disk.real("/dir"), swap = disk.real("/swap")](const std::stop_token& stop) {
    while (!stop.stop_requested()) ::renameat2(AT_FDCWD, dir.c_str(), AT_FDCWD, swap.c_str(), RENAME_EXCHANGE);
  });
  size_t inside = 0, refused = 0;
  const auto both = [&] { return inside > 100 && refused > 100; };
  for (int round = 0; round < 20000 || (!both() && round < 1'000'000); ++round) {
    Root root = disk.open();
    for (const char* path : {"/dir/file", "/link/file", "/dir/sub/../file"}) {
      const std::string content = content_of(root, path);
      ++(content == "inside" ? inside : refused);
      ASSERT_EQ(content.find("outside"), std::string::npos) << path << " in round " << round;
    }
    const Walk walk = root.walk("/dir/sub");
    if (walk.node == nullptr) continue;
    auto names = root.list(*walk.node);
    ASSERT_TRUE(!names || *names == std::vector<std::string>{"file"}) << names->front();
  }
  EXPECT_GT(inside, 100u) << "the swapping left no time for a walk: nothing was tested";
  EXPECT_GT(refused, 100u) << "no walk met a swap: nothing was tested";
}

// --- files that are none ---

// Ends a test that hangs.
class Deadline {
 public:
  Deadline() { ::alarm(600); }
  ~Deadline() { ::alarm(0); }
};

void make_socket(const std::string& path) {
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  ASSERT_LT(path.size(), sizeof address.sun_path);
  path.copy(address.sun_path, path.size());
  EXPECT_EQ(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::close(descriptor);
}

TEST(HostileTree, PipesSocketsAndDevicesAreSeenAndNeverOpened) {
  Deadline deadline;
  DiskWorld disk;
  ASSERT_EQ(::mkfifo(disk.real("/pipe").c_str(), 0666), 0);
  make_socket(disk.real("/socket"));
  disk.symlink("/link", "pipe");
  std::vector<std::string> paths = {"/pipe", "/socket", "/link"};
  if (::mknod(disk.real("/zero").c_str(), S_IFCHR | 0666, makedev(1, 5)) == 0) paths.push_back("/zero");
  Root root = disk.open();
  for (const std::string& path : paths) {
    const Walk walk = root.walk(path);
    ASSERT_NE(walk.node, nullptr) << path;
    EXPECT_EQ(walk.node->status().type, NodeType::other) << path;
    auto file = root.open_file(*walk.node);
    ASSERT_FALSE(file) << path;
    EXPECT_EQ(file.error().code, ErrorCode::unsupported) << path;
    EXPECT_NE(file.error().message.find("not a regular file"), std::string::npos) << file.error().message;
    EXPECT_EQ(root.attribute(*walk.node, "user.x"), std::nullopt) << path;
    EXPECT_EQ(spell(root.walk(path + "/x")), "ENOTDIR");
  }
}

TEST(HostileTree, AFileThatBecameAPipeDoesNotBlock) {
  Deadline deadline;
  DiskWorld disk;
  disk.file("/file", "content");
  Root root = disk.open();
  const Node* node = root.walk("/file").node;
  ASSERT_EQ(::unlink(disk.real("/file").c_str()), 0);
  ASSERT_EQ(::mkfifo(disk.real("/file").c_str(), 0666), 0);
  EXPECT_TRUE(content_of(root, *node).starts_with("error: ")) << content_of(root, *node);
}

TEST(HostileTree, AFileThatBecameADeviceIsNotRead) {
  Deadline deadline;
  DiskWorld disk;
  disk.file("/file", "content");
  Root root = disk.open();
  const Node* node = root.walk("/file").node;
  ASSERT_EQ(::unlink(disk.real("/file").c_str()), 0);
  if (::mknod(disk.real("/file").c_str(), S_IFCHR | 0666, makedev(1, 5)) != 0) GTEST_SKIP() << "no devices can be made here";
  EXPECT_TRUE(content_of(root, *node).starts_with("error: ")) << "/dev/zero was read";
}

TEST(HostileTree, AFileThatBecameADirectoryIsNotRead) {
  DiskWorld disk;
  disk.file("/file", "content");
  Root root = disk.open();
  const Node* node = root.walk("/file").node;
  ASSERT_EQ(::unlink(disk.real("/file").c_str()), 0);
  disk.directory("/file");
  EXPECT_TRUE(content_of(root, *node).starts_with("error: "));
}

TEST(HostileTree, AFileThatShrankIsReadAsFarAsItGoes) {
  DiskWorld disk;
  disk.file("/file", std::string(10000, 'x'));
  Root root = disk.open();
  auto file = root.open_file(*root.walk("/file").node);
  ASSERT_TRUE(file);
  ASSERT_EQ(::truncate(disk.real("/file").c_str(), 3), 0);
  auto content = read_all(**file, 1 << 20);
  ASSERT_TRUE(content);
  EXPECT_EQ(*content, "xxx");
}

}  // namespace
}  // namespace rootlet
