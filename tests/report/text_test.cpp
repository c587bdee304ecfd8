// Reports for people: the tree, the list of paths, the graph, and names that no terminal should see.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "rootlet/report.hpp"
#include "support/resolved.hpp"

namespace rootlet::test {
namespace {

TEST(Printable, LeavesTextAloneAndSpellsOutControlCharacters) {
  EXPECT_EQ(printable("plain /usr/lib"), "plain /usr/lib");
  EXPECT_EQ(printable("F\xc5\x91tan\xc3\xba \xf0\x9f\x90\xa7"), "F\xc5\x91tan\xc3\xba \xf0\x9f\x90\xa7");
  EXPECT_EQ(printable("a\x1b[2Jb\n\x7f"), "a\\x1b[2Jb\\x0a\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"
                      "2J"),
            "\\xc2\\x9b2J");                     // the C1 form of ESC [
  EXPECT_EQ(printable("\xc2\xa0"), "\xc2\xa0");  // the first after them
}

TEST(Printable, SpellsOutWhatIsNotUtf8) {
  EXPECT_EQ(printable("\x9b"
                      "2J"),
            "\\x9b2J");
  EXPECT_EQ(printable("a\xc3"), "a\\xc3");
  EXPECT_EQ(printable("\xed\xa0\xbd"), "\\xed\\xa0\\xbd");  // a surrogate
  EXPECT_EQ(printable("\xc0\xaf\xf5\x80\x80\x80"), "\\xc0\\xaf\\xf5\\x80\\x80\\x80");
  EXPECT_EQ(printable(std::string_view("\0x", 2)), "\\x00x");
}

World small_world() {
  World world;
  world.program("/app", Elf().needs({"liba.so", "libgone.so"}).runpath("/l"));
  world.library("/l/liba.so", Elf().needs({"libb.so", "libd.so"}))
      .library("/usr/lib/libb.so", Elf().needs({"libd.so"}))
      .library("/usr/lib/libd.so");
  return world;
}

// In the order of their paths.
TEST(Tree, ShowsWhatNeedsWhatEachSpreadOutOnce) {
  const Resolved resolved(small_world(), {"/app"});
  const std::string tree = to_tree(resolved.closure(), {});
  const std::string expected =
      "/app\n"
      "├── liba.so => /l/liba.so [runpath]\n"
      "│   ├── libb.so => /usr/lib/libb.so [default]\n"
      "│   │   └── libd.so => /usr/lib/libd.so [loaded]\n"
      "│   └── libd.so => /usr/lib/libd.so [default]\n"
      "├── /lib64/ld-linux-x86-64.so.2 [interpreter]\n"
      "└── libgone.so => not found\n"
      "missing: libgone.so, needed by /app\n"
      "    /l/libgone.so [runpath] no such file or directory\n";
  EXPECT_EQ(tree.substr(0, expected.size()), expected);
  EXPECT_NE(tree.find("5 files, 0 links, "), std::string::npos) << tree;
}

// A program that only a link in a named directory leads to was in the layer and not in the tree, with all it
// loads.
TEST(Tree, ShowsWhatALinkCarriesAlong) {
  World world;
  world.program("/app", Elf().needs({"liba.so"})).library("/usr/lib/liba.so").symlink("/data/link", "../app");
  const Resolved resolved(world, {"/data"});
  const std::string tree = to_tree(resolved.closure(), {});
  for (const char* path : {"/app", "/data/link", "/usr/lib/liba.so"})
    EXPECT_NE(tree.find(path), std::string::npos) << path << "\n" << tree;
  EXPECT_NE(tree.find("└── ../app => /app [link]\n"), std::string::npos) << tree;
}

TEST(Tree, ShowsEveryFileThatIsNoLinkWhereSomethingIsExcluded) {
  World world;
  world.program("/app", Elf().needs({"liba.so"}))
      .library("/usr/lib/liba.so", Elf().needs({"libb.so"}))
      .library("/usr/lib/libb.so");
  ResolveOptions options = libraries_only();
  options.exclude = {"*/liba.so"};
  const Resolved resolved(world, {"/app"}, options);
  ASSERT_TRUE(resolved.ok());
  EXPECT_NE(to_tree(resolved.closure(), {}).find("/usr/lib/libb.so"), std::string::npos)
      << to_tree(resolved.closure(), {});
}

TEST(Tree, TellsEveryFinding) {
  World world;
  world.file("/script", "#!\n", 0755);
  const Resolved resolved(world, {"/script"});
  const std::string tree = to_tree(resolved.closure(), {});
  EXPECT_NE(tree.find("note: /script: "), std::string::npos) << tree;
  EXPECT_NE(tree.find("[not-a-program]"), std::string::npos) << tree;
}

TEST(Tree, HasColorOnlyIfAsked) {
  const Resolved resolved(small_world(), {"/app"});
  const std::string plain = to_tree(resolved.closure(), {}), colored = to_tree(resolved.closure(), {true});
  EXPECT_EQ(plain.find('\033'), std::string::npos);
  EXPECT_NE(colored.find("\033[31mnot found\033[0m"), std::string::npos) << colored;
  // Without its escapes it is the same text.
  std::string stripped;
  for (size_t i = 0; i < colored.size(); ++i) {
    if (colored[i] == '\033')
      i = colored.find('m', i);
    else
      stripped += colored[i];
  }
  EXPECT_EQ(stripped, plain);
}

TEST(Tree, OfALoopComesToAnEnd) {
  World world;
  world.program("/app", Elf().needs({"liba.so"}))
      .library("/usr/lib/liba.so", Elf().needs({"libb.so"}))
      .library("/usr/lib/libb.so", Elf().needs({"liba.so"}));
  const Resolved resolved(world, {"/app"});
  const std::string tree = to_tree(resolved.closure(), {});
  EXPECT_NE(tree.find("        └── liba.so => /usr/lib/liba.so [loaded] …\n"), std::string::npos) << tree;
}

TEST(Tree, DeeperThanAnyoneReadsIsCutOff) {
  World world;
  world.program("/app", Elf().needs({"lib0.so"}));
  for (int i = 0; i < 300; ++i)
    world.library("/usr/lib/lib" + std::to_string(i) + ".so",
                  Elf().needs({("lib" + std::to_string(i + 1) + ".so").c_str()}));
  world.library("/usr/lib/lib300.so");
  const Resolved resolved(world, {"/app"});
  const std::string tree = to_tree(resolved.closure(), {});
  EXPECT_NE(tree.find("deeper than 200"), std::string::npos);
  EXPECT_NE(tree.find("303 files"), std::string::npos)
      << tree.substr(tree.size() - 100);  // program, loader, 301 libraries
}

TEST(Paths, AreThoseOfAllFilesAndLinksOneALine) {
  World world = merged_world();
  world.program("/usr/bin/app", Elf().interpreter(kMergedLoader));
  const Resolved resolved(world, {"/bin/app"});
  EXPECT_EQ(to_paths(resolved.closure()), "/bin\n/lib64\n/usr/bin/app\n/usr/lib64/ld-linux-x86-64.so.2\n");
}

TEST(Dot, IsAGraphWithANodeForEachFileAndAnEdgeForEachReason) {
  const Resolved resolved(small_world(), {"/app"});
  const std::string dot = to_dot(resolved.closure());
  EXPECT_TRUE(dot.starts_with("digraph "));
  for (const std::string& path : resolved.paths())
    EXPECT_NE(dot.find("  \"" + path + "\""), std::string::npos) << path;
  EXPECT_NE(dot.find("\"/app\" -> \"/l/liba.so\" [label=\"needed, runpath\"];"), std::string::npos) << dot;
  EXPECT_NE(dot.find("\"/app\" -> \"libgone.so\" [color=red, label=\"missing\"];"), std::string::npos) << dot;
}

TEST(Dot, QuotesWhatWouldEndAString) {
  World world;
  world.file("/data/a\"b\\c\nd", "").symlink("/data/l", "a\"b\\c\nd");
  const Resolved resolved(world, {"/data"});
  const std::string dot = to_dot(resolved.closure());
  EXPECT_NE(dot.find(R"("/data/a\"b\\c\\x0ad")"), std::string::npos) << dot;
}

TEST(Reports, ShowNoControlCharacterOfAHostileName) {
  World world;
  const std::string evil =
      "evil\x1b]0;owned\x07\r\x9b"
      "31m\xc2\x9b"
      "1m";
  world.program("/data/" + evil, Elf().needs({"libgone\x1b[2J.so", "liba\x1b.so"}).runpath("/\x1b/x:/l"));
  world.library("/l/liba\x1b.so")
      .symlink("/data/link\x1b", "gone\x1b")
      .file("/data/script", "#!/bin/\x1b[31msh\n", 0755);
  Resolved resolved(world, {"/data"});
  ASSERT_TRUE(resolved.ok());
  ASSERT_EQ(resolved.closure().missing.size(), 2u);
  std::string all =
      to_tree(resolved.closure(), {}) + to_dot(resolved.closure()) + to_json(resolved.closure());
  for (const std::string& path : {"/data/" + evil, std::string("/data/link\x1b"),
                                  std::string("/l/liba\x1b.so"), std::string("/x\x1b")}) {
    const Why answer = why(resolved.closure(), resolved.root(), path);
    all += to_text(answer, {}) + to_json(answer);
  }
  for (const char* bad : {"\x1b", "\x07", "\r",
                          "\x9b"
                          "31m"})
    EXPECT_EQ(all.find(bad), std::string::npos) << static_cast<int>(bad[0]);
}

}  // namespace
}  // namespace rootlet::test
