// Lookups inside a root, the same on disk and in memory.
#include <algorithm>

#include "root/worlds.hpp"

namespace rootlet {
namespace {

using root_test::content_of;
using root_test::links_of;
using root_test::spell;

using RootWalk = root_test::BothWorlds;
INSTANTIATE_TEST_SUITE_P(Worlds, RootWalk, testing::Values(root_test::Where::disk, root_test::Where::memory), root_test::name_of);

TEST_P(RootWalk, AbsoluteLinksRestartAtTheRoot) {
  world().file("/etc/passwd", "inside").symlink("/opt/a/link", "/etc/passwd").symlink("/opt/dir", "/etc").symlink("/top", "/");
  Root root = world().open();
  EXPECT_EQ(spell(root.walk("/opt/a/link")), "/etc/passwd");
  EXPECT_EQ(spell(root.walk("opt/dir/passwd")), "/etc/passwd");
  EXPECT_EQ(spell(root.walk("/top")), "/");
  EXPECT_EQ(spell(root.walk("/top/top/top/etc")), "/etc");
  EXPECT_EQ(content_of(root, "/opt/a/link"), "inside");
}

TEST_P(RootWalk, DotDotStopsAtTheRoot) {
  world().file("/a/b/file").symlink("/a/up", "../../../../../..").symlink("/a/far", "../../../a/b/file");
  Root root = world().open();
  EXPECT_EQ(spell(root.walk("..")), "/");
  EXPECT_EQ(spell(root.walk("/../../..")), "/");
  EXPECT_EQ(spell(root.walk("/../../../a/b/file")), "/a/b/file");
  EXPECT_EQ(spell(root.walk("a/b/../../../../a")), "/a");
  EXPECT_EQ(spell(root.walk("/a/up")), "/");
  EXPECT_EQ(spell(root.walk("/a/far")), "/a/b/file");
}

TEST_P(RootWalk, DotDotBehindALinkIsTheParentOfWhereItLeads) {
  world().directory("/x/y/z").file("/x/y/right").file("/wrong").symlink("/link", "x/y/z");
  Root root = world().open();
  EXPECT_EQ(spell(root.walk("/link/../right")), "/x/y/right");
  EXPECT_EQ(spell(root.walk("/link/../wrong")), "ENOENT");
}

TEST_P(RootWalk, RelativeLinksCountFromTheirDirectory) {
  world().file("/usr/lib/libz.so.1.2").symlink("/usr/lib/libz.so.1", "libz.so.1.2").symlink("/lib", "usr/lib");
  Root root = world().open();
  const Walk walk = root.walk("/lib/libz.so.1");
  EXPECT_EQ(spell(walk), "/usr/lib/libz.so.1.2");
  EXPECT_EQ(links_of(walk), "/lib -> usr/lib, /usr/lib/libz.so.1 -> libz.so.1.2");
}

TEST_P(RootWalk, LinksAreReportedInTheOrderTheyAreCrossed) {
  world().file("/real/file").symlink("/one", "two/").symlink("/two", "three").symlink("/three", "real").symlink("/real/back", "/one/file");
  Root root = world().open();
  EXPECT_EQ(links_of(root.walk("/one/back")),
            "/one -> two/, /two -> three, /three -> real, /real/back -> /one/file, /one -> two/, /two -> three, /three -> real");
  EXPECT_EQ(links_of(root.walk("/real/file")), "");
  const Walk broken = root.walk("/one/missing");
  EXPECT_EQ(spell(broken), "ENOENT");
  EXPECT_EQ(links_of(broken), "/one -> two/, /two -> three, /three -> real") << "also of a walk that leads nowhere";
}

TEST_P(RootWalk, TheLastLinkIsTheAnswerItselfIfItIsNotToBeFollowed) {
  world().file("/dir/file").symlink("/link", "dir").symlink("/dir/last", "file").symlink("/dangling", "nowhere");
  Root root = world().open();
  EXPECT_EQ(spell(root.walk("/link", FollowLast::no)), "/link");
  EXPECT_EQ(spell(root.walk("/dangling", FollowLast::no)), "/dangling");
  EXPECT_EQ(spell(root.walk("/dangling")), "ENOENT");
  const Walk walk = root.walk("/link/last", FollowLast::no);
  EXPECT_EQ(spell(walk), "/dir/last");
  EXPECT_EQ(links_of(walk), "/link -> dir") << "the last one was not crossed";
  EXPECT_EQ(spell(root.walk("/link/", FollowLast::no)), "/dir") << "a slash behind it asks for what it leads to";
  EXPECT_EQ(spell(root.walk("/link/.", FollowLast::no)), "/dir");
}

TEST_P(RootWalk, FortyLinksAreFollowedAndNoMore) {
  world().file("/end");
  for (int i = 1; i <= 41; ++i) world().symlink("/l" + std::to_string(i), i == 1 ? "end" : "l" + std::to_string(i - 1));
  world().symlink("/loop", "loop").symlink("/a", "b").symlink("/b", "/a");
  Root root = world().open();
  const Walk longest = root.walk("/l40");
  EXPECT_EQ(spell(longest), "/end");
  EXPECT_EQ(longest.links.size(), 40u);
  EXPECT_EQ(spell(root.walk("/l41")), "ELOOP");
  EXPECT_EQ(spell(root.walk("/l41", FollowLast::no)), "/l41");
  for (const char* path : {"/loop", "/a", "/b", "/loop/x", "/a/", "/loop/.."}) EXPECT_EQ(spell(root.walk(path)), "ELOOP") << path;
}

TEST_P(RootWalk, SlashesAndDotsBetweenComponentsAreNothing) {
  world().file("/a/b/file");
  Root root = world().open();
  EXPECT_EQ(spell(root.walk("//a///b/./././file")), "/a/b/file");
  EXPECT_EQ(spell(root.walk("./a/.")), "/a");
  EXPECT_EQ(spell(root.walk("/a/b//")), "/a/b");
  EXPECT_EQ(spell(root.walk("/")), "/");
  EXPECT_EQ(spell(root.walk("////")), "/");
  EXPECT_EQ(spell(root.walk(".")), "/");
  EXPECT_EQ(spell(root.walk("")), "ENOENT");
}

TEST_P(RootWalk, AFileIsNoDirectory) {
  world().file("/file").symlink("/link", "file").symlink("/slash", "file/");
  Root root = world().open();
  for (const char* path : {"/file/", "/file/x", "/file/.", "/file/..", "/file/../file", "/link/", "/link/x", "/slash"}) {
    EXPECT_EQ(spell(root.walk(path)), "ENOTDIR") << path;
  }
  EXPECT_EQ(spell(root.walk("/missing/x")), "ENOENT");
  EXPECT_EQ(spell(root.walk("/missing/..")), "ENOENT") << "there is no parent of what is not there";
}

TEST_P(RootWalk, NamesAndPathsThatAreTooLongAreSaidToBe) {
  const std::string longest(255, 'n');
  world().file("/" + longest).file("/file").symlink("/link", std::string(256, 't'));
  Root root = world().open();
  EXPECT_EQ(spell(root.walk("/" + longest)), "/" + longest);
  EXPECT_EQ(spell(root.walk("/" + longest + "n")), "ENAMETOOLONG");
  EXPECT_EQ(spell(root.walk("/link")), "ENAMETOOLONG");
  EXPECT_EQ(spell(root.walk(std::string(4090, '/') + "file")), "/file");
  EXPECT_EQ(spell(root.walk(std::string(4091, '/') + "file")), "/file");
  EXPECT_EQ(spell(root.walk(std::string(4092, '/') + "file")), "ENAMETOOLONG");
}

// The kernel bounds the path that it is given and each target, never their sum.
TEST_P(RootWalk, ALongPathBehindALongTargetIsNoLongerThanEither) {
  std::string target, rest;
  for (int i = 0; i < 2000; ++i) target += "./";
  for (int i = 0; i < 1000; ++i) rest += "/.";
  world().file("/dir/file").symlink("/link", target + "dir");
  Root root = world().open();
  EXPECT_EQ(spell(root.walk("/link" + rest + "/file")), "/dir/file");
}

TEST_P(RootWalk, APathCanStartInADirectory) {
  world().file("/usr/lib/libz.so").file("/lib/other").symlink("/usr/lib/up", "../../lib");
  Root root = world().open();
  const Node* lib = root.walk("/usr/lib").node;
  ASSERT_NE(lib, nullptr);
  EXPECT_EQ(spell(root.walk("libz.so", FollowLast::yes, lib)), "/usr/lib/libz.so");
  EXPECT_EQ(spell(root.walk("..", FollowLast::yes, lib)), "/usr");
  EXPECT_EQ(spell(root.walk("up/other", FollowLast::yes, lib)), "/lib/other");
  EXPECT_EQ(spell(root.walk("/lib", FollowLast::yes, lib)), "/lib") << "an absolute path starts at the top";
}

TEST_P(RootWalk, OneEntryIsOneNodeAndItsPathHasNoLinks) {
  world().file("/usr/lib/x").symlink("/lib", "usr/lib");
  Root root = world().open();
  const Node* node = root.walk("/lib/x").node;
  ASSERT_NE(node, nullptr);
  EXPECT_EQ(node, root.walk("/usr/lib/x").node);
  EXPECT_EQ(node, root.walk("usr/../lib/./x").node);
  EXPECT_EQ(node->path(), "/usr/lib/x");
  EXPECT_EQ(node->name(), "x");
  EXPECT_EQ(node->parent(), root.walk("/lib").node);
  EXPECT_EQ(node->parent()->parent()->parent(), &root.top());
  EXPECT_EQ(root.top().parent(), nullptr);
  EXPECT_EQ(root.top().path(), "/");
}

TEST_P(RootWalk, EachEntryIsLookedUpOnce) {
  world().file("/usr/lib/x").symlink("/lib", "usr/lib");
  Root root = world().open();
  EXPECT_EQ(root.lookups(), 0u);
  root.walk("/lib/x");
  EXPECT_EQ(root.lookups(), 4u) << "lib, usr, usr/lib and x";
  root.walk("/lib/../lib/./x");
  root.walk("/usr/lib/x");
  root.child(*root.walk("/lib").node, "x");
  EXPECT_EQ(root.lookups(), 4u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(spell(root.walk("/lib/missing")), "ENOENT");
  EXPECT_EQ(root.lookups(), 5u) << "what is not there is remembered too";
}

TEST_P(RootWalk, TheStatusOfAnEntryIsItsOwn) {
  world().file("/bin/su", "12345", 04755).directory("/tmp", 01777).symlink("/link", "bin/su").hard_link("/bin/also", "/bin/su");
  Root root = world().open();
  const Node& file = *root.walk("/bin/su").node;
  EXPECT_TRUE(file.is_file());
  EXPECT_EQ(file.status().mode, 04755u);
  EXPECT_EQ(file.status().size, 5u);
  EXPECT_EQ(file.status().link_count, 2u);
  const Node& directory = *root.walk("/tmp").node;
  EXPECT_TRUE(directory.is_directory());
  EXPECT_EQ(directory.status().mode, 01777u);
  const Node& link = *root.walk("/link", FollowLast::no).node;
  EXPECT_TRUE(link.is_symlink());
  EXPECT_EQ(link.target(), "bin/su");
  EXPECT_EQ(link.status().size, 6u);
  const Node& also = *root.walk("/bin/also").node;
  EXPECT_NE(&also, &file);
  EXPECT_EQ(also.status().inode, file.status().inode);
  EXPECT_EQ(also.status().device, file.status().device);
  EXPECT_NE(link.status().inode, file.status().inode);
}

TEST_P(RootWalk, AChildIsAnEntryAndNotWhereItLeads) {
  world().file("/dir/file").symlink("/dir/link", "file");
  Root root = world().open();
  const Node& dir = *root.walk("/dir").node;
  int error = -1;
  EXPECT_EQ(root.child(dir, "file", &error)->path(), "/dir/file");
  EXPECT_EQ(error, 0);
  EXPECT_TRUE(root.child(dir, "link")->is_symlink());
  EXPECT_EQ(root.child(dir, "none", &error), nullptr);
  EXPECT_EQ(error, ENOENT);
}

// Were they looked up, ".." would be the directory that holds the root, and a path would follow links.
TEST_P(RootWalk, WhatIsNoNameOfAnEntryIsNoChild) {
  world().file("/dir/file").directory("/dir/sub").symlink("/dir/up", "../..");
  Root root = world().open();
  for (std::string_view name : {"", ".", "..", "/", "dir/file", "dir/../..", "dir/up", "../etc", "dir/"}) {
    int error = 0;
    EXPECT_EQ(root.child(root.top(), name, &error), nullptr) << name;
    EXPECT_EQ(error, ENOENT) << name;
  }
  EXPECT_EQ(root.child(root.top(), std::string_view("dir\0file", 8)), nullptr);
  EXPECT_EQ(spell(root.walk(std::string_view("/dir\0file", 9))), "ENOENT");
  EXPECT_EQ(spell(root.walk("/dir/file")), "/dir/file");
}

TEST_P(RootWalk, AListIsSortedByBytesWithoutDots) {
  for (const char* name : {"b", "a", "B", "\xc3\xa9", "~", ".hidden", "a.b", "a-b", "...", "10", "9", " "}) world().file(std::string("/dir/") + name);
  world().directory("/dir/sub").file("/dir/sub/deeper").symlink("/dir/link", "nowhere").directory("/empty");
  Root root = world().open();
  auto names = root.list(*root.walk("/dir").node);
  ASSERT_TRUE(names) << names.error().message;
  EXPECT_EQ(*names, (std::vector<std::string>{" ", "...", ".hidden", "10", "9", "B", "a", "a-b", "a.b", "b", "link", "sub", "~", "\xc3\xa9"}));
  EXPECT_TRUE(root.list(*root.walk("/empty").node)->empty());
  auto top = root.list(root.top());
  ASSERT_TRUE(top);
  EXPECT_EQ(*top, (std::vector<std::string>{"dir", "empty"}));
}

TEST_P(RootWalk, NamesMayHoldAnyByteButSlashAndNul) {
  std::vector<std::string> names;
  for (int byte = 1; byte < 256; ++byte) {
    if (byte != '/') names.push_back(std::string("n") + static_cast<char>(byte) + "\n");
  }
  for (const std::string& name : names) world().file("/dir/" + name, name).symlink("/links/" + name, "../dir/" + name);
  Root root = world().open();
  for (const std::string& name : names) {
    EXPECT_EQ(content_of(root, "/dir/" + name), name);
    EXPECT_EQ(content_of(root, "/links/" + name), name);
  }
  auto listed = root.list(*root.walk("/dir").node);
  ASSERT_TRUE(listed);
  EXPECT_EQ(*listed, names) << "which were made in the order of bytes";
}

TEST_P(RootWalk, FilesAreReadAtAnyOffset) {
  world().file("/file", "0123456789").directory("/dir").symlink("/link", "file");
  Root root = world().open();
  auto file = root.open_file(*root.walk("/file").node);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ((*file)->size(), 10u);
  std::array<std::byte, 4> buffer;
  auto read = [&](uint64_t offset) {
    auto length = (*file)->read_at(offset, buffer);
    return length ? std::string(Bytes(std::span<const std::byte>(buffer)).text().substr(0, *length)) : "error: " + length.error().message;
  };
  EXPECT_EQ(read(3), "3456");
  EXPECT_EQ(read(8), "89");
  EXPECT_EQ(read(10), "");
  EXPECT_EQ(read(uint64_t{1} << 62), "");
  EXPECT_EQ(read(~uint64_t{0}), "");
}

TEST_P(RootWalk, OnlyRegularFilesAreOpened) {
  world().directory("/dir").file("/file").symlink("/link", "file");
  Root root = world().open();
  auto directory = root.open_file(*root.walk("/dir").node);
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().code, ErrorCode::invalid_argument);
  auto link = root.open_file(*root.walk("/link", FollowLast::no).node);
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code, ErrorCode::unsupported);
  EXPECT_EQ(link.error().path, "/link");
}

TEST_P(RootWalk, ARootMayBeMoved) {
  world().file("/a/file", "content");
  Root first = world().open();
  const Node* node = first.walk("/a/file").node;
  Root second = std::move(first);
  EXPECT_EQ(second.walk("/a/file").node, node);
  EXPECT_EQ(content_of(second, *node), "content");
}

TEST(RootOpen, ADirectoryIsNeededAndTheErrorSaysSo) {
  test::TemporaryDirectory directory;
  test::write_file(directory / "file", "");
  auto missing = Root::open(directory / "missing");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  EXPECT_EQ(missing.error().path, directory / "missing");
  auto file = Root::open(directory / "file");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, ErrorCode::not_a_directory);
  auto good = Root::open(directory.path());
  ASSERT_TRUE(good);
  EXPECT_EQ(good->name(), directory.path());
  EXPECT_EQ(Root::in_memory({}).name(), "memory");
}

TEST(RootOpen, AnUnreadableFileOfAMemoryTreeCannotBeOpened) {
  Root root = Root::in_memory(MemoryTree().file("/secret", "x").unreadable("/secret"));
  auto file = root.open_file(*root.walk("/secret").node);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, ErrorCode::permission_denied);
}

}  // namespace
}  // namespace rootlet
