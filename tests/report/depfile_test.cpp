// The rule for make and ninja, which go by the times of what it lists.
#include <gtest/gtest.h>

#include "rootlet/report.hpp"
#include "support/resolved.hpp"

namespace rootlet::test {
namespace {

std::string depfile_of(const World& world, const std::string& target) {
  Resolved resolved(world, {"/data"});
  if (!resolved.ok()) return resolved.error().message;
  return to_depfile(resolved.closure(), resolved.root(), target);
}

TEST(Depfile, ListsFilesByTheirNamesOnThisMachine) {
  World world = merged_world();
  world.file("/data/a b", "").file("/data/c$d#e", "").file("/data/f\ng", "").directory("/data/empty").symlink("/data/link", "a b");
  EXPECT_EQ(depfile_of(world, "the layer"),
            "the\\ layer: \\\n  memory/data/a\\ b \\\n  memory/data/c$$d\\#e \\\n  memory/data/link\n");
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
