// A closure turned into the list of what is written.
#include "rootlet/plan.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "support/resolved.hpp"

namespace rootlet::test {
namespace {

// "TYPE MODE PATH [-> TARGET]" of each entry.
Lines lines_of(const Plan& plan) {
  Lines lines;
  for (const PlanEntry& entry : plan.entries) {
    static constexpr const char* kTypes[] = {"dir", "file", "link", "hard"};
    char mode[8];
    std::snprintf(mode, sizeof mode, "%04o", entry.mode);
    lines.push_back(std::string(kTypes[static_cast<size_t>(entry.type)]) + " " + mode + " " + entry.path +
                    (entry.target.empty() ? "" : " -> " + entry.target));
  }
  return lines;
}

Plan plan_of(Resolved& resolved, const PlanOptions& options = {}) {
  if (!resolved.ok()) return ADD_FAILURE() << resolved.error().message, Plan{};
  auto plan = make_plan(resolved.closure(), resolved.root(), options);
  if (!plan) return ADD_FAILURE() << plan.error().message, Plan{};
  return std::move(*plan);
}

Lines lines_of(const MemoryTree& tree, const std::vector<std::string>& entries,
               const PlanOptions& options = {}) {
  Resolved resolved(Root::in_memory(tree), entries);
  return lines_of(plan_of(resolved, options));
}

TEST(Plan, NamesEveryParentWithTheModeItHasInTheRoot) {
  MemoryTree tree;
  tree.directory("/srv", 0750).directory("/srv/data", 01777).file("/srv/data/deep/file", "x", 0640);
  EXPECT_EQ(lines_of(tree, {"/srv/data/deep/file"}),
            (Lines{"dir 0750 /srv", "dir 1777 /srv/data", "dir 0755 /srv/data/deep",
                   "file 0640 /srv/data/deep/file"}));
}

TEST(Plan, IsSortedBytewiseWithParentsFirstAndNothingUnderALink) {
  World world = merged_world();
  world.program("/usr/bin/app", Elf().needs({"liba.so"}).interpreter(kMergedLoader))
      .library("/usr/lib/liba.so")
      .file("/usr/lib-x/file", "")
      .file("/usr/lib!/file", "");
  Resolved resolved(world, {"/bin/app", "/usr/lib-x/file", "/usr/lib!/file"});
  const Plan plan = plan_of(resolved);
  EXPECT_EQ(lines_of(plan),
            (Lines{"link 0777 /bin -> usr/bin", "link 0777 /lib -> usr/lib", "link 0777 /lib64 -> usr/lib64",
                   "dir 0755 /usr", "dir 0755 /usr/bin", "file 0755 /usr/bin/app", "dir 0755 /usr/lib",
                   "dir 0755 /usr/lib!", "file 0644 /usr/lib!/file", "dir 0755 /usr/lib-x",
                   "file 0644 /usr/lib-x/file", "file 0644 /usr/lib/liba.so", "dir 0755 /usr/lib64",
                   "file 0755 /usr/lib64/ld-linux-x86-64.so.2"}));
}

TEST(Plan, CountsTheBytesOfItsFilesOnce) {
  MemoryTree tree;
  tree.file("/a", "12345").hard_link("/b", "/a").file("/c", "123").symlink("/d", "c");
  Resolved resolved(Root::in_memory(tree), {"/a", "/b", "/d"});
  EXPECT_EQ(plan_of(resolved).bytes, 8u);
}

TEST(Plan, KeepsHardLinksWithinTheClosure) {
  MemoryTree tree;
  tree.file("/z/first", "x", 0755).hard_link("/a/second", "/z/first").hard_link("/m/outside", "/z/first");
  EXPECT_EQ(lines_of(tree, {"/z/first", "/a/second"}),
            (Lines{"dir 0755 /a", "file 0755 /a/second", "dir 0755 /z", "hard 0755 /z/first -> /a/second"}));
}

TEST(Plan, MakesAFileOfTheOnlyNameThatIsInTheClosure) {
  MemoryTree tree;
  tree.file("/a/one", "x").hard_link("/b/two", "/a/one");
  EXPECT_EQ(lines_of(tree, {"/b/two"}), (Lines{"dir 0755 /b", "file 0644 /b/two"}));
}

TEST(Plan, DropsSetIdBitsAndSaysWhich) {
  MemoryTree tree;
  tree.file("/su", "x", 04755)
      .file("/sg", "x", 02755)
      .file("/both", "x", 06755)
      .file("/sticky", "x", 01755)
      .directory("/dir", 02775)
      .file("/dir/file", "x");
  const std::vector<std::string> entries = {"/su", "/sg", "/both", "/sticky", "/dir/file"};
  EXPECT_EQ(lines_of(tree, entries), (Lines{"file 0755 /both", "dir 0775 /dir", "file 0644 /dir/file",
                                            "file 0755 /sg", "file 1755 /sticky", "file 0755 /su"}));
  Resolved resolved(Root::in_memory(tree), entries);
  const Plan plan = plan_of(resolved);
  ASSERT_EQ(plan.findings.size(), 3u);
  for (const Finding& finding : plan.findings) {
    EXPECT_EQ(finding.kind, "set-id-dropped");
    EXPECT_NE(finding.detail.find("--keep-setid"), std::string::npos);
  }
  EXPECT_NE(plan.findings[0].detail.find("set-user-ID and set-group-ID bits"), std::string::npos);
  EXPECT_EQ(plan.findings[1].by, "/sg");
  EXPECT_NE(plan.findings[1].detail.find("set-group-ID bit"), std::string::npos);
  EXPECT_NE(plan.findings[2].detail.find("set-user-ID bit"), std::string::npos);
}

TEST(Plan, KeepsSetIdBitsIfAsked) {
  MemoryTree tree;
  tree.file("/su", "x", 04755).directory("/dir", 02775).file("/dir/file", "x");
  PlanOptions options;
  options.keep_setid = true;
  EXPECT_EQ(lines_of(tree, {"/su", "/dir/file"}, options),
            (Lines{"dir 2775 /dir", "file 0644 /dir/file", "file 4755 /su"}));
  Resolved resolved(Root::in_memory(tree), {"/su"});
  EXPECT_TRUE(plan_of(resolved, options).findings.empty());
}

TEST(Plan, DropsSetIdBitsOfEveryNameOfAFile) {
  MemoryTree tree;
  tree.file("/a", "x", 04755).hard_link("/b", "/a");
  EXPECT_EQ(lines_of(tree, {"/a", "/b"}), (Lines{"file 0755 /a", "hard 0755 /b -> /a"}));
}

TEST(Plan, GivesEveryEntryTheEpochUnlessTheRootsTimesAreWanted) {
  TemporaryDirectory directory;
  ASSERT_EQ(::mkdir((directory / "d").c_str(), 0755), 0);
  write_file(directory / "d/file", "x");
  ASSERT_EQ(::symlink("file", (directory / "d/link").c_str()), 0);
  auto set_time = [](const std::string& path, time_t seconds) {
    const timespec times[2] = {{seconds, 0}, {seconds, 999'999'999}};
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW), 0);
  };
  set_time(directory / "d/file", 1000);
  set_time(directory / "d/link", 2000);
  set_time(directory / "d", 3000);
  Resolved resolved(std::move(*Root::open(directory.path())), {"/d/link"});
  auto times = [&](const PlanOptions& options) {
    Lines lines;
    for (const PlanEntry& entry : plan_of(resolved, options).entries)
      lines.push_back(entry.path + " " + std::to_string(entry.modified));
    return lines;
  };
  EXPECT_EQ(times({}), (Lines{"/d 0", "/d/file 0", "/d/link 0"}));
  EXPECT_EQ(times({Times::epoch, 86400, false}), (Lines{"/d 86400", "/d/file 86400", "/d/link 86400"}));
  EXPECT_EQ(times({Times::root, 86400, false}), (Lines{"/d 3000", "/d/file 1000", "/d/link 2000"}));
}

TEST(Plan, HasFileCapabilities) {
  TemporaryDirectory directory;
  write_file(directory / "ping", "x", 0755);
  if (::geteuid() != 0) GTEST_SKIP() << "setting file capabilities takes root";
  if (run_command({"setcap", "cap_net_raw+ep", directory / "ping"}).status != 0)
    GTEST_SKIP() << "no setcap, or no capabilities on this file system";
  Resolved resolved(std::move(*Root::open(directory.path())), {"/ping"});
  const Plan plan = plan_of(resolved);
  ASSERT_EQ(plan.entries.size(), 1u);
  // struct vfs_cap_data of <linux/capability.h>: revision 2 with the effective bit, then CAP_NET_RAW (13).
  ASSERT_EQ(plan.entries[0].capability.size(), 20u);
  EXPECT_EQ(plan.entries[0].capability.substr(0, 8), std::string("\x01\0\0\x02\0\x20\0\0", 8));
}

TEST(Plan, HoldsGeneratedFilesWithTheirParents) {
  World world;
  world.program("/app", Elf().needs({"liba.so"})).library("/opt/liba.so").file("/etc/ld.so.conf", "/opt\n");
  Resolved resolved(world, {"/app"});
  const Plan plan = plan_of(resolved, {Times::root, 77, false});
  auto cache = std::find_if(plan.entries.begin(), plan.entries.end(),
                            [](const PlanEntry& entry) { return entry.path == "/etc/ld.so.cache"; });
  ASSERT_NE(cache, plan.entries.end());
  EXPECT_EQ(cache->type, PlanEntryType::file);
  EXPECT_EQ(cache->mode, 0644u);
  EXPECT_EQ(cache->modified, 77);
  EXPECT_EQ(cache->source, nullptr);
  ASSERT_TRUE(cache->content.has_value());
  EXPECT_EQ(cache->size, cache->content->size());
  EXPECT_EQ((cache - 1)->path, "/etc");
}

// Closures made by hand, with what resolve() never makes.

Closure by_hand(std::vector<ClosureFile> files) {
  Closure closure;
  closure.files = std::move(files);
  return closure;
}

TEST(Plan, MakesParentsThatTheRootHasNot) {
  Root root = Root::in_memory(MemoryTree());
  const Closure closure = by_hand({{"/etc/deep/file", nullptr, "content", {}}});
  auto plan = make_plan(closure, root, {});
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(lines_of(*plan), (Lines{"dir 0755 /etc", "dir 0755 /etc/deep", "file 0644 /etc/deep/file"}));
}

TEST(Plan, RefusesToWriteThroughALink) {
  MemoryTree tree;
  tree.symlink("/etc", "/somewhere/else").file("/somewhere/else/file", "x");
  Root root = Root::in_memory(tree);
  const Node* link = root.walk("/etc", FollowLast::no).node;
  ASSERT_NE(link, nullptr);
  const Closure closure = by_hand({{"/etc", link, {}, {}}, {"/etc/ld.so.cache", nullptr, "content", {}}});
  auto plan = make_plan(closure, root, {});
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, ErrorCode::malformed);
  EXPECT_EQ(plan.error().path, "/etc/ld.so.cache");
  EXPECT_NE(plan.error().message.find("/etc"), std::string::npos);
}

TEST(Plan, OfAnEmptyClosureIsEmpty) {
  Root root = Root::in_memory(MemoryTree());
  auto plan = make_plan(Closure(), root, {});
  ASSERT_TRUE(plan);
  EXPECT_TRUE(plan->entries.empty());
  EXPECT_EQ(plan->bytes, 0u);
}

}  // namespace
}  // namespace rootlet::test
