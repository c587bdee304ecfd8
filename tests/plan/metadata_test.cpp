// What a plan says of packages, from roots that are not as they should be. What scanners make of it: tests/scanners.
#include <gtest/gtest.h>

#include <algorithm>

#include "package/fixtures.hpp"
#include "rootlet/plan.hpp"
#include "support/resolved.hpp"

namespace rootlet::test {
namespace {

struct Planned {
  Planned(const MemoryTree& tree, const std::vector<std::string>& entries, const PlanOptions& options = {}) : resolved(Root::in_memory(tree), entries) {
    if (!resolved.ok()) throw std::runtime_error(resolved.error().message);
    auto made = make_plan(resolved.closure(), resolved.root(), options);
    if (!made) throw std::runtime_error(made.error().message);
    plan = std::move(*made);
  }
  const PlanEntry* find(std::string_view path) const {
    const auto at = std::find_if(plan.entries.begin(), plan.entries.end(), [path](const PlanEntry& entry) { return entry.path == path; });
    return at == plan.entries.end() ? nullptr : &*at;
  }
  std::string content(std::string_view path) const {
    const PlanEntry* entry = find(path);
    return entry == nullptr ? "nothing" : entry->content ? *entry->content : entry->source != nullptr ? "of " + entry->source->path() : "no file";
  }
  // The paths that the plan added, each with its reason.
  Lines added() const {
    Lines lines;
    for (const PlanEntry& entry : plan.entries) {
      if (!entry.added.empty()) lines.push_back(entry.added + " " + entry.path);
    }
    return lines;
  }
  std::string findings() const {
    std::string all;
    for (const Finding& finding : plan.findings) all += finding.kind + " " + finding.by + " " + finding.detail + "\n";
    return all;
  }

  Resolved resolved;
  Plan plan;
};

MemoryTree debian() {
  MemoryTree tree = dpkg_tree();
  tree.symlink("/lib", "usr/lib").file("/usr/lib/libc.so.6", "libc").file("/usr/bin/tool", "tool").file("/usr/bin/mail", "mail");
  return tree;
}

TEST(Metadata, IsWhatThePackagesOfTheLayerAreAndWhereItComesFrom) {
  const Planned planned(debian().file("/usr/lib/os-release", "ID=debian\n").symlink("/etc/os-release", "../usr/lib/os-release"), {"/usr/lib/libc.so.6"});
  EXPECT_EQ(planned.added(), (Lines{"os-release /etc/os-release", "os-release /usr/lib/os-release", "package-metadata /var/lib/dpkg/status.d/libc6",
                                    "package-metadata /var/lib/dpkg/status.d/libc6.md5sums"}));
  EXPECT_EQ(planned.content("/etc/os-release"), "of /usr/lib/os-release");
  // md5sum of "libc".
  EXPECT_EQ(planned.content("/var/lib/dpkg/status.d/libc6.md5sums"), "e5823ba08cf6f8acc6662017ec572078  usr/lib/libc.so.6\n");
  EXPECT_EQ(planned.findings(), "");
}

TEST(Metadata, IsNotThereWithoutAPackageDatabaseOrAPackagedFile) {
  MemoryTree none;
  none.file("/usr/lib/os-release", "ID=own\n").file("/usr/bin/tool", "tool");
  EXPECT_EQ(Planned(none, {"/usr/bin/tool"}).added(), Lines{});
  EXPECT_EQ(Planned(debian().file("/usr/lib/os-release", "ID=debian\n").file("/opt/own", ""), {"/opt/own"}).added(), Lines{});
}

TEST(Metadata, ALinkOfTheClosureBecomesAFileAndAFileOfTheClosureStays) {
  const Planned planned(debian().file("/usr/lib/os-release", "ID=debian\n", 0600).symlink("/etc/os-release", "../usr/lib/os-release").file("/etc/debian_version", "12.7\n", 0664),
                        {"/usr/lib/libc.so.6", "/etc/os-release", "/etc/debian_version"});
  // Nobody is told what not everybody may read but the one who names it, at the place where it is named.
  EXPECT_EQ(planned.find("/etc/os-release")->type, PlanEntryType::symlink);
  EXPECT_EQ(planned.find("/etc/debian_version")->mode, 0664u);
  EXPECT_EQ(planned.find("/etc/debian_version")->added, "");
  const Planned readable(debian().file("/usr/lib/os-release", "ID=debian\n").symlink("/etc/os-release", "../usr/lib/os-release"), {"/usr/lib/libc.so.6", "/etc/os-release"});
  EXPECT_EQ(readable.find("/etc/os-release")->type, PlanEntryType::file);
  EXPECT_EQ(readable.find("/etc/os-release")->added, "os-release");
  EXPECT_EQ(readable.find("/usr/lib/os-release")->added, "");
}

TEST(Metadata, NoLinkLeadsItToASecret) {
  PlanOptions options;
  options.licenses = true;
  MemoryTree tree = debian();
  tree.file("/etc/secret", "s", 0640).symlink("/etc/os-release", "secret").file("/home/user/notes", "n").symlink("/etc/debian_version", "/home/user/notes");
  tree.symlink("/usr/share/doc/libc6/copyright", "/root/key").file("/root/key", "k");
  const Planned planned(tree, {"/usr/lib/libc.so.6"}, options);
  EXPECT_EQ(planned.added(), (Lines{"package-metadata /var/lib/dpkg/status.d/libc6", "package-metadata /var/lib/dpkg/status.d/libc6.md5sums"}));
  for (const char* path : {"/etc/os-release", "/etc/debian_version", "/usr/share/doc/libc6/copyright"}) {
    EXPECT_NE(planned.findings().find("package-metadata " + std::string(path)), std::string::npos) << planned.findings();
  }
}

TEST(Metadata, StandsBehindTheLinksOfTheRootWhichBecomeAPartOfTheLayer) {
  MemoryTree tree;
  tree.file("/opt/dpkg/status", kDpkgStatus).file("/opt/dpkg/info/libc6:amd64.list", "/usr/lib/libc.so.6\n").symlink("/var/lib/dpkg", "/opt/dpkg");
  tree.file("/usr/lib/libc.so.6", "libc");
  const Planned planned(tree, {"/usr/lib/libc.so.6"});
  EXPECT_EQ(planned.find("/var/lib/dpkg")->target, "/opt/dpkg");
  EXPECT_EQ(planned.added(), (Lines{"package-metadata /opt/dpkg/status.d/libc6", "package-metadata /opt/dpkg/status.d/libc6.md5sums"}));
}

TEST(Metadata, IsLeftOutWithAWordWhereSomethingElseIsInTheWay) {
  MemoryTree tree = debian();
  tree.file("/var/lib/dpkg/status.d", "a file");
  const Planned planned(tree, {"/usr/lib/libc.so.6", "/var/lib/dpkg/status.d"});
  EXPECT_EQ(planned.added(), Lines{});
  EXPECT_NE(planned.findings().find("package-metadata /var/lib/dpkg/status.d/libc6 is left out"), std::string::npos) << planned.findings();
}

TEST(Metadata, DirectoriesOfItBelongToRootWhoeverOwnsThoseOfTheRoot) {
  const Planned planned(debian(), {"/usr/lib/libc.so.6"});
  for (const char* path : {"/var", "/var/lib", "/var/lib/dpkg", "/var/lib/dpkg/status.d"}) {
    const PlanEntry* entry = planned.find(path);
    ASSERT_NE(entry, nullptr) << path;
    EXPECT_EQ(entry->mode, 0755u);
    EXPECT_EQ(entry->uid, 0u);
    EXPECT_EQ(entry->modified, 0);
  }
}

TEST(Metadata, ADivertedFileHasTheSumOfThePackageItComesFrom) {
  MemoryTree tree = debian();
  const std::string tool(32, '1'), mailer(32, '2');
  tree.file("/var/lib/dpkg/info/tool.md5sums", tool + "  usr/bin/mail\n").file("/var/lib/dpkg/info/mailer.md5sums", mailer + "  usr/bin/mail\n");
  tree.file("/usr/bin/mail.distrib", "of tool");
  const Planned planned(tree, {"/usr/bin/mail", "/usr/bin/mail.distrib"});
  EXPECT_EQ(planned.content("/var/lib/dpkg/status.d/tool.md5sums"), tool + "  usr/bin/mail.distrib\n");
  EXPECT_EQ(planned.content("/var/lib/dpkg/status.d/mailer.md5sums"), mailer + "  usr/bin/mail\n");
}

TEST(Metadata, APackageCannotWriteTheSumsOfAnother) {
  MemoryTree tree = debian();
  tree.file("/var/lib/dpkg/status", std::string(kDpkgStatus) + "Package: libc6.md5sums\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n");
  tree.file("/var/lib/dpkg/info/libc6.md5sums.list", "/usr/bin/evil\n").file("/usr/bin/evil", "");
  const Planned planned(tree, {"/usr/lib/libc.so.6", "/usr/bin/evil"});
  EXPECT_EQ(planned.content("/var/lib/dpkg/status.d/libc6.md5sums"), "e5823ba08cf6f8acc6662017ec572078  usr/lib/libc.so.6\n");
  EXPECT_NE(planned.findings().find("the package libc6.md5sums is left out"), std::string::npos) << planned.findings();
}

TEST(Metadata, AVersionOfPacmanIsNoWayOutOfItsDirectory) {
  MemoryTree tree = pacman_tree();
  tree.file("/var/lib/pacman/local/evil/desc", "%NAME%\nevil\n\n%VERSION%\n1/../../../../etc\n\n").file("/var/lib/pacman/local/evil/files", "%FILES%\nusr/bin/evil\n");
  tree.file("/usr/bin/evil", "").file("/usr/bin/bash", "");
  const Planned planned(tree, {"/usr/bin/evil", "/usr/bin/bash"});
  EXPECT_EQ(planned.added(), (Lines{"package-metadata /var/lib/pacman/local/ALPM_DB_VERSION", "package-metadata /var/lib/pacman/local/bash-5.2.026-2/desc",
                                    "package-metadata /var/lib/pacman/local/bash-5.2.026-2/files"}));
  EXPECT_EQ(planned.content("/var/lib/pacman/local/bash-5.2.026-2/files"), "%FILES%\nusr/bin/bash\n\n");
  EXPECT_NE(planned.findings().find("the package evil is left out"), std::string::npos) << planned.findings();
}

// The database that the closure read is there already, and what was looked up once.
TEST(Metadata, OfASecondPlanNeedsNothingFromTheFileSystem) {
  Planned planned(debian(), {"/usr/lib/libc.so.6", "/usr/bin/tool"});
  const uint64_t lookups = planned.resolved.root().lookups();
  const auto again = make_plan(planned.resolved.closure(), planned.resolved.root(), {});
  ASSERT_TRUE(again);
  EXPECT_EQ(planned.resolved.root().lookups(), lookups);
  EXPECT_EQ(again->entries.size(), planned.plan.entries.size());
}

}  // namespace
}  // namespace rootlet::test
