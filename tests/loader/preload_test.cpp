// /etc/ld.so.preload and ld.so.conf files made to take long, and the former as the real loader reads it: of each name
// that it cannot preload it says so.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loader/conf.hpp"
#include "support/chroot.hpp"
#include "support/dice.hpp"
#include "support/elf_builder.hpp"

namespace rootlet {
namespace {

using Names = std::vector<std::string>;

class PreloadFile : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = test::why_no_chroot(); !why.empty()) GTEST_SKIP() << why;
    if (::access(kLoader, X_OK) != 0) GTEST_SKIP() << kLoader << " is not here";
    for (const char* path : {"/etc", "/lib64"}) ASSERT_EQ(::mkdir((tree_.path() + path).c_str(), 0755), 0);
    test::write_file(tree_.path() + kLoader, test::read_file(kLoader), 0755);
    test::ElfSpec program;
    program.type = 2;
    program.interpreter = kLoader;
    test::write_file(tree_ / "program", test::build_elf(program), 0755);
  }

  // The names that the loader tries, in its order.
  Names loader_tries(std::string_view content) const {
    test::write_file(tree_ / "etc/ld.so.preload", content);
    const std::string text = test::run_program({tree_.path(), {kLoader, "--list", "/program"}}).err;
    constexpr std::string_view kStart = "ERROR: ld.so: object '", kEnd = "' from /etc/ld.so.preload cannot be preloaded";
    Names names;
    for (size_t at = 0; (at = text.find(kStart, at)) != std::string::npos;) {
      at += kStart.size();
      const size_t end = text.find(kEnd, at);
      if (end == std::string::npos) break;
      names.push_back(text.substr(at, end - at));
    }
    return names;
  }

  void compare(std::string_view content) const {
    EXPECT_EQ(preload_names(content), loader_tries(content)) << testing::PrintToString(content);
  }

  static constexpr const char* kLoader = "/lib64/ld-linux-x86-64.so.2";
  test::TemporaryDirectory tree_;
};

TEST_F(PreloadFile, IsSplitAsTheLoaderSplitsIt) {
  using namespace std::string_view_literals;
  EXPECT_EQ(loader_tries("liba.so libb.so\n"), (Names{"liba.so", "libb.so"})) << "the oracle says nothing";
  for (std::string_view content :
       {"liba.so\n"sv, "liba.so"sv, "liba.so libb.so:libc.so\tlibd.so\nlibe.so\n"sv, " : \t\n"sv, "\n"sv, "liba.so\r\n"sv, "liba.so liba.so"sv, "/opt/liba.so:b"sv,
        "liba.so\0libb.so\n"sv, "liba.so\0libb.so"sv, "liba.so\0b libc.so"sv, "liba.so \0 libc.so\n"sv, "\0liba.so\n"sv}) {
    compare(content);
  }
}

// Its loop does not move on its start, so that of a second comment the end of the file may be out of its sight.
TEST_F(PreloadFile, HasCommentsWhereTheLoaderSeesThem) {
  for (std::string_view content : {"# one\nliba.so\n", "liba.so # one\nlibb.so\n", "liba.so#one\nlibb.so", "#", "#\n", "##\n#\n", "liba.so\n# two", "# a long comment at the start\nliba.so # b\nlibc.so\n",
                                   "liba.so # b\nlibc.so # d\nlibe.so # f\n", "# a\n# b\n# c\nlibd.so\n", "a\n#b\nc\n#d\ne\n#f\ng\n"}) {
    compare(content);
  }
}

TEST_F(PreloadFile, OfAnyPiecesIsReadAsTheLoaderReadsIt) {
  test::Dice dice(1);
  const std::vector<std::string> pieces = {"a", "bb", "ccc", " ", ":", "\t", "\n", "\n", "#", "# x y\n", "\r", std::string(1, '\0'), "/d/e"};
  size_t names = 0;
  for (int round = 0; round < 250 && !HasFailure(); ++round) {
    std::string content;
    for (size_t left = dice.between(1, 14); left > 0; --left) content += dice.pick(pieces);
    compare(content);
    names += preload_names(content).size();
  }
  EXPECT_GT(names, 400u);
}

// --- files made to take long; a test that does not end fails by its time limit ---

std::string repeated(std::string_view text, size_t size) {
  std::string all;
  while (all.size() + text.size() <= size) all += text;
  return all;
}

constexpr size_t kLargest = (1 << 20) - 100;  // a configuration file of more than 1 MiB is not read

Names dirs_of(MemoryTree tree, Names* files = nullptr) {
  Root root = Root::in_memory(std::move(tree));
  return configured_dirs(root, "/etc/ld.so.conf", files);
}

TEST(HostileConfiguration, IncludesOfFilesThatWereReadAreReadNoMore) {
  MemoryTree tree;
  tree.file("/etc/ld.so.conf", repeated("include a.conf ld.so.conf\n", kLargest) + "/first\n");
  tree.file("/etc/a.conf", repeated("include ld.so.conf a.conf b.conf\n", kLargest) + "/second\n").file("/etc/b.conf", "/third\n");
  Names files;
  EXPECT_EQ(dirs_of(std::move(tree), &files), (Names{"/third", "/second", "/first"}));
  EXPECT_EQ(files, (Names{"/etc/ld.so.conf", "/etc/a.conf", "/etc/b.conf"}));
}

TEST(HostileConfiguration, PatternsThatMultiplyComeToAnEnd) {
  MemoryTree tree;
  for (int i = 0; i < 4096; ++i) tree.directory("/d/" + std::to_string(i));
  tree.file("/etc/ld.so.conf", "/first\ninclude /d" + repeated("/*/..", 4000) + "\n/second\n");
  EXPECT_EQ(dirs_of(std::move(tree)), (Names{"/first", "/second"}));
}

TEST(HostileConfiguration, ManyPatternsComeToAnEnd) {
  MemoryTree tree;
  for (int i = 0; i < 4096; ++i) tree.directory("/d/" + std::to_string(i));
  tree.file("/etc/ld.so.conf", "/first\n" + repeated("include /d/*/x\n", kLargest) + "/second\n");
  EXPECT_EQ(dirs_of(std::move(tree)), (Names{"/first", "/second"}));
}

TEST(HostileConfiguration, ManyFilesComeToAnEnd) {
  MemoryTree tree;
  for (int i = 0; i < 6000; ++i) tree.file("/etc/d/" + std::to_string(i), repeated("/same\n", 100));
  tree.file("/etc/ld.so.conf", "include d/*\n");
  Names files;
  EXPECT_EQ(dirs_of(std::move(tree), &files), Names{"/same"});
  EXPECT_EQ(files.size(), 4096u);
}

// As deep as a configuration is that somebody wrote.
TEST(HostileConfiguration, ANestOfIncludesIsReadToItsEnd) {
  MemoryTree tree;
  tree.file("/etc/ld.so.conf", "include 1.conf\n");
  for (int i = 1; i <= 60; ++i) tree.file("/etc/" + std::to_string(i) + ".conf", "include " + std::to_string(i + 1) + ".conf\n");
  tree.file("/etc/61.conf", "/deep\n");
  EXPECT_EQ(dirs_of(std::move(tree)), Names{"/deep"});
}

TEST(GlobWork, EndsTheSearchWhenItIsUsedUp) {
  MemoryTree tree;
  for (int i = 0; i < 100; ++i) tree.file("/dir/f" + std::to_string(i), "");
  Root root = Root::in_memory(std::move(tree));
  uint64_t work = 100000;
  EXPECT_EQ(root.glob("/dir/*", 1000, &work).size(), 100u);
  EXPECT_LT(work, 100000u);
  EXPECT_GT(work, 90000u);
  work = 100;
  EXPECT_TRUE(root.glob("/dir/*", 1000, &work).empty());
  EXPECT_EQ(work, 0u);
  EXPECT_TRUE(root.glob("/dir/f1", 1000, &work).empty());
}

}  // namespace
}  // namespace rootlet
