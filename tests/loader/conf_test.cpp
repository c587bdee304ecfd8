// ld.so.conf against the directories that the real ldconfig goes through, and ld.so.preload.
#include "loader/conf.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "support/dice.hpp"
#include "support/library_tree.hpp"

namespace rootlet::test {
namespace {

using Lines = std::vector<std::string>;

// The directories in the order of `ldconfig -v`, without those that it knows by itself. It leaves out what does not exist.
Lines of_ldconfig(const LibraryTree& tree) {
  Lines dirs;
  for (const std::string& line : lines_of(tree.ldconfig({"-v", "-N"}))) {
    const size_t from = line.find(": (from ");
    if (line.starts_with('\t') || from == std::string::npos || line.find("(from <builtin>") != std::string::npos) continue;
    std::string dir = line.substr(0, from);
    while (dir.size() > 1 && dir.ends_with('/')) dir.pop_back();
    dirs.push_back(dir);
  }
  return dirs;
}

Lines of_ours(const LibraryTree& tree, Lines* files = nullptr) {
  auto root = Root::open(tree.path());
  if (!root) return {root.error().message};
  return configured_dirs(*root, "/etc/ld.so.conf", files);
}

class Conf : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = why_no_ldconfig(); !why.empty()) GTEST_SKIP() << why;
    for (const char* name : {"/opt/a", "/opt/b", "/opt/c", "/opt/d", "/opt/with space", "/opt/libc6"}) tree_.directory(name);
  }
  // Both give these directories.
  void expect(const Lines& dirs) {
    EXPECT_EQ(of_ldconfig(tree_), dirs);
    EXPECT_EQ(of_ours(tree_), dirs);
  }
  LibraryTree tree_;
};

TEST_F(Conf, NamesDirectoriesInItsOrder) {
  tree_.file("/etc/ld.so.conf", "/opt/b\n/opt/a\n/opt/c");
  expect({"/opt/b", "/opt/a", "/opt/c"});
}

TEST_F(Conf, NamesEachDirectoryOnce) {
  tree_.file("/etc/ld.so.conf", "/opt/b\n/opt/a\n/opt/b\n/opt/b/\n/opt/a///\n");
  expect({"/opt/b", "/opt/a"});
}

TEST_F(Conf, MayHaveCommentsBlanksAndTypes) {
  tree_.file("/etc/ld.so.conf", "# /opt/d\n\n  \t/opt/a  # first\n\t/opt/with space\t\r\n/opt/b=libc6\n/opt/c = libc5\n#\n");
  expect({"/opt/a", "/opt/with space", "/opt/b", "/opt/c"});
}

TEST_F(Conf, IncludesWhereTheDirectiveStands) {
  tree_.file("/etc/ld.so.conf", "/opt/a\ninclude /etc/more.conf\n/opt/d\n").file("/etc/more.conf", "/opt/c\n/opt/b\n");
  expect({"/opt/a", "/opt/c", "/opt/b", "/opt/d"});
}

TEST_F(Conf, IncludesPatternsSortedByName) {
  tree_.file("/etc/ld.so.conf", "include ld.so.conf.d/*.conf\n").file("/etc/ld.so.conf.d/10-b.conf", "/opt/b\n");
  tree_.file("/etc/ld.so.conf.d/9-a.conf", "/opt/a\n").file("/etc/ld.so.conf.d/B.conf", "/opt/c\n").file("/etc/ld.so.conf.d/.hidden.conf", "/opt/d\n");
  tree_.file("/etc/ld.so.conf.d/other", "/opt/d\n");
  expect({"/opt/b", "/opt/a", "/opt/c"});
}

TEST_F(Conf, IncludesRelativeToTheFileThatSaysSo) {
  tree_.file("/etc/ld.so.conf", "include sub/one.conf\n").file("/etc/sub/one.conf", "include two.conf\n");
  tree_.file("/etc/sub/two.conf", "/opt/a\n").file("/etc/two.conf", "/opt/b\n");
  expect({"/opt/a"});
}

TEST_F(Conf, IncludesSeveralPatternsOfOneLine) {
  tree_.file("/etc/ld.so.conf", "include\t/etc/b.conf  a.conf /etc/none.conf\t[cd].conf # x\n");
  for (const char* name : {"a", "b", "c", "d"}) tree_.file("/etc/" + std::string(name) + ".conf", "/opt/" + std::string(name) + "\n");
  expect({"/opt/b", "/opt/a", "/opt/c", "/opt/d"});
}

TEST_F(Conf, KnowsNoDirectiveButItsOwn) {
  tree_.file("/etc/ld.so.conf", "hwcap 1 nosegneg\nincluded /etc/a.conf\ninclude\n/opt/a\n").file("/etc/a.conf", "/opt/b\n");
  expect({"/opt/a"});
}

TEST_F(Conf, TellsWhichFilesItRead) {
  tree_.file("/etc/ld.so.conf", "include d/*.conf\n").file("/etc/d/a.conf", "/opt/a\n").file("/etc/d/b.conf", "");
  Lines files;
  of_ours(tree_, &files);
  EXPECT_EQ(files, (Lines{"/etc/ld.so.conf", "/etc/d/a.conf", "/etc/d/b.conf"}));
}

// ldconfig itself does not come to an end here, so there is nobody to ask but the text of the files.
TEST(ConfInMemory, WithFilesThatIncludeEachOtherComesToAnEnd) {
  MemoryTree tree;
  tree.file("/etc/ld.so.conf", "/opt/a\ninclude ld.so.conf other.conf\n/opt/c\n").file("/etc/other.conf", "include *.conf\n/opt/b\n");
  Root root = Root::in_memory(std::move(tree));
  Lines dirs = configured_dirs(root, "/etc/ld.so.conf");
  std::sort(dirs.begin(), dirs.end());
  EXPECT_EQ(dirs, (Lines{"/opt/a", "/opt/b", "/opt/c"}));
}

TEST(ConfInMemory, ThatIsMissingNamesNoDirectory) {
  MemoryTree tree;
  tree.directory("/etc/ld.so.conf");
  Root root = Root::in_memory(std::move(tree));
  EXPECT_EQ(configured_dirs(root, "/etc/ld.so.conf"), Lines{});
  EXPECT_EQ(configured_dirs(root, "/etc/none.conf"), Lines{});
}

TEST_F(Conf, OfAnyPiecesIsReadAsLdconfigReadsIt) {
  const std::vector<std::string> pieces{"/opt/a",  "/opt/b",    "/opt/c", "/opt/d", "\n",  "\n",  "\n", "\n", " ", "\t",       "#", "=",
                                        "include", " b.conf", "/etc/*.conf", "hwcap", "//", "/", "\r", "=libc6", "\v"};
  tree_.file("/etc/b.conf", "/opt/d\n/opt/b\n");
  Dice dice(4);
  size_t directories = 0;
  for (int round = 0; round < 150; ++round) {
    std::string text = "\n";
    for (size_t count = dice.between(1, 16); count > 0; --count) {
      if (dice.percent(30)) text += "\n/opt/" + std::string(1, "abcd"[dice.below(4)]);
      text += dice.pick(pieces);
    }
    tree_.file("/etc/ld.so.conf", text);
    const Lines real = of_ldconfig(tree_);
    // ldconfig passes over what is not there, and takes a directory under its first name only ("//opt/a" is "/opt/a").
    Lines ours;
    std::set<std::string> seen;
    for (const std::string& dir : of_ours(tree_)) {
      std::error_code absent;
      const auto place = std::filesystem::canonical(tree_.real(dir), absent);
      if (!absent && std::filesystem::is_directory(place) && seen.insert(place).second) ours.push_back(dir);
    }
    ASSERT_EQ(ours, real) << testing::PrintToString(text);
    directories += real.size();
  }
  EXPECT_GT(directories, 100u) << "too few of the texts say anything";
}

TEST(Preload, SeparatesNamesByBlanksColonsAndLines) {
  EXPECT_EQ(preload_names("a.so b.so:c.so\td.so\ne.so"), (Lines{"a.so", "b.so", "c.so", "d.so", "e.so"}));
  EXPECT_EQ(preload_names(" :\n\t"), Lines{});
  EXPECT_EQ(preload_names(""), Lines{});
  EXPECT_EQ(preload_names("a.so\r\n"), Lines{"a.so\r"}) << "a carriage return is a part of the name";
}

TEST(Preload, PassesOverComments) {
  EXPECT_EQ(preload_names("# one\na.so # two\nb.so"), (Lines{"a.so", "b.so"}));
  EXPECT_EQ(preload_names("#"), Lines{});
  EXPECT_EQ(preload_names("a.so#b.so"), Lines{"a.so"});
}

}  // namespace
}  // namespace rootlet::test
