// The rule for make and ninja, which go by the times of what it lists.
#include <gtest/gtest.h>

#include "rootlet/report.hpp"
#include "support/resolved.hpp"

namespace rootlet::test {
namespace {

std::string depfile_of(const World& world, const std::string& target) {
  Resolved resolved(world, {"/data"});
  if (!resolved.ok()) return resolved.error().message;
  auto rule = to_depfile(resolved.closure(), resolved.root(), target);
  return rule ? *rule : rule.error().message;
}

TEST(Depfile, ListsFilesByTheirNamesOnThisMachine) {
  World world = merged_world();
  world.file("/data/a b", "").file("/data/c$d#e", "").file("/data/f\ng", "").directory("/data/empty").symlink("/data/link", "a b");
  EXPECT_EQ(depfile_of(world, "the layer"),
            "the\\ layer: \\\n  memory/data/a\\ b \\\n  memory/data/c$$d\\#e \\\n  memory/data/link\n");
}

// What GNU make reads as these names, the programs' own reading having been looked at; ninja takes the first three lines.
TEST(Depfile, WritesNamesAsTheyAreRead) {
  World world = merged_world();
  for (const char* name : {"a:b", "a\\b", "a[b]%c(d)~", "f|g", "h*i?", "j&k'", "l\\:m"}) world.file(std::string("/data/") + name, "");
  EXPECT_EQ(depfile_of(world, "the:layer"),
            "the\\:layer: \\\n  memory/data/a\\:b \\\n  memory/data/a[b]%c(d)~ \\\n  memory/data/a\\b \\\n  memory/data/f\\|g \\\n"
            "  memory/data/h\\*i\\? \\\n  memory/data/j&k' \\\n  memory/data/l\\\\\\:m\n");
}

TEST(Depfile, LeavesOutWhatNobodyCanRead) {
  World world = merged_world();
  for (const char* name : {"a;b", "c\\", "d ", "e\t", "f\ng", "h"}) world.file(std::string("/data/") + name, "");
  EXPECT_EQ(depfile_of(world, "layer"), "layer: \\\n  memory/data/h\n");
}

// `layer: /a=b` sets a variable.
TEST(Depfile, PutsNoEqualsSignBehindTheColon) {
  World world = merged_world();
  world.file("/data/a=b", "").file("/data/c:=d", "");
  EXPECT_EQ(depfile_of(world, "layer"), "layer:\n");
  world.file("/data/e", "");
  EXPECT_EQ(depfile_of(world, "layer"), "layer: \\\n  memory/data/e \\\n  memory/data/a=b \\\n  memory/data/c\\:=d\n");
}

TEST(Depfile, RefusesATargetThatMakeTakesForSomethingElse) {
  World world = merged_world();
  world.file("/data/a", "");
  for (const char* target : {"", "a=b", "a%b", "a;b", "a\nb", "a\\", "a&"}) {
    Resolved resolved(world, {"/data"});
    auto rule = to_depfile(resolved.closure(), resolved.root(), target);
    ASSERT_FALSE(rule) << target;
    EXPECT_EQ(rule.error().code, ErrorCode::invalid_argument);
  }
}

// The time of what such a link leads to is another file's, or that of every file in a directory.
TEST(Depfile, LeavesLinksThatThisMachineFollowsElsewhere) {
  World world = merged_world();
  world.file("/data/file", "").directory("/data/directory").symlink("/data/to-directory", "directory");
  world.symlink("/data/absolute", "/data/file").symlink("/data/by-absolute", "absolute").symlink("/data/dangling", "none");
  EXPECT_EQ(depfile_of(world, "layer"), "layer: \\\n  memory/data/file\n");
}

}  // namespace
}  // namespace rootlet::test
