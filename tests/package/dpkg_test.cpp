// dpkg's database, on small roots.
#include <gtest/gtest.h>

#include "package/ask.hpp"
#include "package/dpkg.hpp"
#include "package/fixtures.hpp"

namespace rootlet::test {
namespace {

struct PackageWorld {
  explicit PackageWorld(MemoryTree tree) : root(Root::in_memory(std::move(tree))), database(root) {}
  Root root;
  PackageDatabase database;
};

std::string stanza(const std::string& name, const std::string& more = {}, const std::string& architecture = "amd64") {
  return "Package: " + name + "\nStatus: install ok installed\nArchitecture: " + architecture + "\nVersion: 1\n" + more + "\n";
}

// Packages of that name without relations, each with a list of its own.
MemoryTree with_lists(const std::vector<std::pair<std::string, std::string>>& lists) {
  MemoryTree tree;
  std::string status;
  for (const auto& [name, list] : lists) {
    status += stanza(name);
    tree.file("/var/lib/dpkg/info/" + name + ".list", list);
  }
  return tree.file("/var/lib/dpkg/status", status);
}

TEST(Dpkg, PackagesAreTheInstalledStanzasWithWhatFulfilsTheirDependencies) {
  PackageWorld world(dpkg_tree());
  EXPECT_EQ(world.database.format(), PackageFormat::dpkg);
  EXPECT_EQ(packages(world.database), (Lines{"libc6 2.36-9 amd64 (glibc) -> libgcc-s1", "libgcc-s1 12.2.0-14 amd64 (gcc-12) -> libc6",
                                             "mailer 3 amd64 (mailer)", "tool 1:2.0-1 all (tool) -> libc6, mailer, libgcc-s1"}));
  EXPECT_EQ(world.database.find("removed"), nullptr);
  EXPECT_EQ(world.database.problems(), Lines{});
}

TEST(Dpkg, OnlyStatesWithUnpackedFilesCount) {
  using package::has_files;
  for (const char* status : {"install ok installed", "hold ok installed", "install reinstreq half-installed", "install ok unpacked",
                             "install ok half-configured", "install ok triggers-awaited", "install ok triggers-pending", ""}) {
    EXPECT_TRUE(has_files(status)) << status;
  }
  for (const char* status : {"deinstall ok config-files", "purge ok not-installed", "install ok", "install"}) {
    EXPECT_FALSE(has_files(status)) << status;
  }
}

TEST(Dpkg, FieldNamesAreReadInAnyCaseAndOtherFieldsGoOnWithoutBeingRead) {
  const char* status = "package: a\nSTATUS: install ok installed\nversion: 1\nDescription: x\n Version: 2\n\tVersion: 3\n";
  PackageWorld world(MemoryTree().file("/var/lib/dpkg/status", status));
  EXPECT_EQ(packages(world.database), Lines{"a 1  (a)"});
}

TEST(Dpkg, ChangesOfAnInterruptedRunCountAfterStatus) {
  const std::string removal = "Package: mailer\nStatus: purge ok not-installed\nArchitecture: amd64\n\n";
  PackageWorld world(dpkg_tree()
                         .file("/var/lib/dpkg/updates/0001", stanza("late"))
                         .file("/var/lib/dpkg/updates/0000", removal + stanza("late", "Source: early\n"))
                         .file("/var/lib/dpkg/updates/tmp.i", stanza("unfinished")));
  EXPECT_EQ(world.database.find("mailer"), nullptr);
  EXPECT_EQ(spell(world.database.find("late")), "late 1 amd64 (late)");
  EXPECT_EQ(world.database.find("unfinished"), nullptr);
}

TEST(Dpkg, OfSeveralArchitecturesTheSystemsOwnComesFirst) {
  const std::string same = "Multi-Arch: same\n", depends = same + "Depends: libb\n";
  MemoryTree tree;
  tree.file("/var/lib/dpkg/status", stanza("liba", depends, "i386") + stanza("libb", same, "i386") + stanza("liba", depends) + stanza("libb", same));
  tree.file("/var/lib/dpkg/arch", "amd64\ni386\n");
  tree.file("/var/lib/dpkg/info/liba:i386.list", "/usr/lib/i386-linux-gnu/liba.so.1\n/usr/share/a\n");
  tree.file("/var/lib/dpkg/info/liba:amd64.list", "/usr/lib/x86_64-linux-gnu/liba.so.1\n/usr/share/a\n");
  tree.file("/var/lib/dpkg/info/libb:i386.list", "").file("/var/lib/dpkg/info/libb:amd64.list", "");
  PackageWorld world(tree);
  EXPECT_EQ(packages(world.database), (Lines{"liba 1 amd64 (liba) -> libb", "liba 1 i386 (liba) -> libb:i386", "libb 1 amd64 (libb)", "libb 1 i386 (libb)"}));
  EXPECT_EQ(owner(world.database, "/usr/lib/i386-linux-gnu/liba.so.1"), "liba:i386");
  EXPECT_EQ(owner(world.database, "/usr/lib/x86_64-linux-gnu/liba.so.1"), "liba");
  EXPECT_EQ(owner(world.database, "/usr/share/a"), "liba");
  EXPECT_EQ(files(world.database, "liba:i386"), (Lines{"/usr/lib/i386-linux-gnu/liba.so.1", "/usr/share/a"}));
  EXPECT_EQ(world.database.find("liba:arm64"), nullptr);
  EXPECT_EQ(world.database.problems(), Lines{});
}

TEST(Dpkg, TheSystemsOwnArchitectureIsTheFirstInArch) {
  const std::string status = stanza("a", "", "amd64") + stanza("a", "", "i386") + stanza("b", "", "all");
  PackageWorld world(MemoryTree().file("/var/lib/dpkg/status", status).file("/var/lib/dpkg/arch", "i386\namd64\n"));
  EXPECT_EQ(packages(world.database), (Lines{"a 1 i386 (a)", "a 1 amd64 (a)", "b 1 all (b)"}));
}

TEST(Dpkg, ListsOfTheOldFormatHaveNoArchitectureInTheirName) {
  PackageWorld world(MemoryTree()
                         .file("/var/lib/dpkg/status", stanza("liba", "Multi-Arch: same\n"))
                         .file("/var/lib/dpkg/info/liba.list", "/usr/lib/liba.so.1\n"));
  EXPECT_EQ(owner(world.database, "/usr/lib/liba.so.1"), "liba");
  EXPECT_EQ(world.database.problems(), Lines{});
}

TEST(Dpkg, ADivertedFileBelongsToItsPackageUnderItsOtherName) {
  PackageWorld world(dpkg_tree());
  EXPECT_EQ(owner(world.database, "/usr/bin/mail"), "mailer");
  EXPECT_EQ(owner(world.database, "/usr/bin/mail.distrib"), "tool");
  EXPECT_EQ(files(world.database, "tool"), (Lines{"/usr/bin/mail", "/usr/bin/tool"}));
}

TEST(Dpkg, ALocalDiversionMovesTheFileOfEveryPackage) {
  PackageWorld world(with_lists({{"a", "/usr/bin/x\n"}, {"b", "/usr/bin/y\n"}}).file("/var/lib/dpkg/diversions", "/usr/bin/x\n/opt/x.moved\n:\n"));
  EXPECT_EQ(owner(world.database, "/usr/bin/x"), "nobody");
  EXPECT_EQ(owner(world.database, "/opt/x.moved"), "a");
  EXPECT_EQ(owner(world.database, "/usr/bin/y"), "b");
}

TEST(Dpkg, ADiversionThatIsCutShortEndsTheList) {
  EXPECT_EQ(package::Diversions("/a\n/b\nc\n/d\n/e\n").size(), 1u);
  EXPECT_EQ(package::Diversions("/a\n/b\nc\n/d\n/e\nf").size(), 2u);
  EXPECT_EQ(package::Diversions("/a\nb\nc\n").size(), 0u);
}

TEST(Dpkg, AMergedUsrIsSeenThroughBothWays) {
  PackageWorld world(with_lists({{"a", "/lib/liba.so.1\n/bin/tool\n"}, {"b", "/usr/lib/libb.so.1\n"}})
                         .symlink("/lib", "usr/lib")
                         .symlink("/bin", "/usr/bin")
                         .directory("/usr/lib")
                         .directory("/usr/bin"));
  for (const char* path : {"/lib/liba.so.1", "/usr/lib/liba.so.1", "/bin/tool", "/usr/bin/tool"}) EXPECT_EQ(owner(world.database, path), "a") << path;
  for (const char* path : {"/lib/libb.so.1", "/usr/lib/libb.so.1"}) EXPECT_EQ(owner(world.database, path), "b") << path;
  EXPECT_EQ(files(world.database, "a"), (Lines{"/bin/tool", "/lib/liba.so.1"}));
}

TEST(Dpkg, AUsrThatIsTheRootIsSeenThroughToo) {
  PackageWorld world(with_lists({{"a", "/usr/lib/liba.so.1\n"}, {"b", "/bin/b\n"}}).symlink("/usr", ".").directory("/lib").directory("/bin"));
  for (const char* path : {"/usr/lib/liba.so.1", "/lib/liba.so.1"}) EXPECT_EQ(owner(world.database, path), "a") << path;
  for (const char* path : {"/usr/bin/b", "/bin/b"}) EXPECT_EQ(owner(world.database, path), "b") << path;
}

TEST(Dpkg, WithoutTheLinkTheTwoSpellingsAreTwoFiles) {
  PackageWorld world(with_lists({{"a", "/lib/x\n"}, {"b", "/usr/lib/x\n"}}).directory("/lib").directory("/usr/lib"));
  EXPECT_EQ(owner(world.database, "/lib/x"), "a");
  EXPECT_EQ(owner(world.database, "/usr/lib/x"), "b");
  EXPECT_EQ(owner(world.database, "/usr/lib/y"), "nobody");
}

TEST(Dpkg, ALinkThatLeadsNowhereOrToAFileMergesNothing) {
  PackageWorld world(with_lists({{"a", "/lib/x\n/bin/x\n"}, {"b", "/usr/absent/x\n"}, {"c", "/file/x\n"}})
                         .symlink("/lib", "usr/absent")
                         .symlink("/bin", "file")
                         .file("/file", ""));
  EXPECT_EQ(owner(world.database, "/lib/x"), "a");
  EXPECT_EQ(owner(world.database, "/bin/x"), "a");
  EXPECT_EQ(owner(world.database, "/usr/absent/x"), "b");
  EXPECT_EQ(owner(world.database, "/file/x"), "c");
}

TEST(Dpkg, ADirectoryBelongsToTheFirstByNameAndIsNoFile) {
  PackageWorld world(dpkg_tree().directory("/usr/share/doc"));
  EXPECT_EQ(owner(world.database, "/"), "libc6");
  EXPECT_EQ(owner(world.database, "/usr"), "libc6");
  EXPECT_EQ(owner(world.database, "/usr/bin"), "mailer");
  EXPECT_EQ(owner(world.database, "/usr/bin/"), "mailer");
  // /usr/share/doc has nothing below it in the list: that it is a directory is seen in the root.
  EXPECT_EQ(files(world.database, "libc6"), Lines{"/lib/libc.so.6"});
  PackageWorld without(dpkg_tree());
  EXPECT_EQ(files(without.database, "libc6"), (Lines{"/lib/libc.so.6", "/usr/share/doc"}));
}

TEST(Dpkg, DistrolessImagesHaveAStanzaAFileAndSumsForAList) {
  const std::string sum = "0123456789abcdef0123456789abcdef";
  PackageWorld world(MemoryTree()
                         .file("/var/lib/dpkg/status.d/libc6", "Package: libc6\nVersion: 2.36-9\nArchitecture: amd64\nSource: glibc\n")
                         .file("/var/lib/dpkg/status.d/libc6.md5sums", sum + "  lib/libc.so.6\n" + sum + " *./usr/share/x y\nshort  z\n")
                         .file("/var/lib/dpkg/status.d/base", "Package: base-files\nVersion: 12\nArchitecture: amd64\n"));
  EXPECT_EQ(packages(world.database), (Lines{"base-files 12 amd64 (base-files)", "libc6 2.36-9 amd64 (glibc)"}));
  EXPECT_EQ(owner(world.database, "/lib/libc.so.6"), "libc6");
  EXPECT_EQ(files(world.database, "libc6"), (Lines{"/lib/libc.so.6", "/usr/share/x y"}));
  EXPECT_EQ(files(world.database, "base-files"), Lines{});
  EXPECT_EQ(world.database.problems(), Lines{});
}

TEST(Dpkg, AMissingListIsAProblemAndTheOthersAreRead) {
  PackageWorld world(MemoryTree().file("/var/lib/dpkg/status", stanza("a") + stanza("b")).file("/var/lib/dpkg/info/b.list", "/x\n"));
  EXPECT_EQ(owner(world.database, "/x"), "b");
  EXPECT_EQ(world.database.problems(), Lines{"/var/lib/dpkg/info/a.list: is missing: files of a are not known"});
}

TEST(Dpkg, AnUnreadableStatusIsAProblem) {
  PackageWorld world(dpkg_tree().unreadable("/var/lib/dpkg/status"));
  EXPECT_EQ(world.database.packages().size(), 0u);
  ASSERT_EQ(world.database.problems().size(), 1u);
  EXPECT_TRUE(world.database.problems()[0].starts_with("/var/lib/dpkg/status: cannot open")) << world.database.problems()[0];
}

TEST(Dpkg, ANameThatIsAPathNamesNoPackage) {
  const std::string status = stanza("../../../etc/shadow") + stanza("a\x1b[31m") + stanza("b:amd64") + stanza("good");
  PackageWorld world(MemoryTree().file("/var/lib/dpkg/status", status).file("/var/lib/dpkg/info/good.list", ""));
  EXPECT_EQ(packages(world.database), Lines{"good 1 amd64 (good)"});
  EXPECT_EQ(world.database.problems(), Lines(3, "/var/lib/dpkg/status: a package of an impossible name is passed over"));
}

TEST(Dpkg, AListBehindALinkOutOfTheRootIsThatOfTheRoot) {
  PackageWorld world(with_lists({{"a", ""}}).symlink("/var/lib/dpkg/info/a.list", "../../../../../../etc/list").file("/etc/list", "/x\n"));
  EXPECT_EQ(owner(world.database, "/x"), "a");
}

TEST(Dpkg, NothingIsReadBeforeItIsAskedForAndTheListsOnce) {
  PackageWorld world(dpkg_tree());
  EXPECT_EQ(world.root.lookups(), 0u);
  EXPECT_EQ(world.database.format(), PackageFormat::dpkg);
  const uint64_t for_packages = world.root.lookups();
  EXPECT_EQ(owner(world.database, "/usr/bin/tool"), "tool");
  const uint64_t for_owner = world.root.lookups();
  EXPECT_GT(for_owner, for_packages);
  for (const char* path : {"/usr/bin/mail", "/lib/libc.so.6", "/absent", "relative", ""}) owner(world.database, path);
  EXPECT_EQ(world.root.lookups(), for_owner);
}

TEST(Dpkg, ARelativePathHasNoOwner) {
  PackageWorld world(dpkg_tree());
  EXPECT_EQ(owner(world.database, "usr/bin/tool"), "nobody");
  EXPECT_EQ(owner(world.database, ""), "nobody");
}

TEST(Dpkg, AQualifiedDependencyAsksForItsArchitecture) {
  const std::string status = stanza("a", "Depends: b:i386, c:any, d:native, e:i386\n") + stanza("b") + stanza("c") + stanza("d") + stanza("e");
  PackageWorld world(MemoryTree().file("/var/lib/dpkg/status", status + stanza("b", "", "i386")).file("/var/lib/dpkg/arch", "amd64\ni386\n"));
  EXPECT_EQ(spell(world.database.find("a")), "a 1 amd64 (a) -> b:i386, c, d");
}

TEST(Dpkg, EveryInstalledProviderOfAVirtualPackageFulfilsIt) {
  const std::string status = stanza("a", "Depends: virtual | a, virtual (>= 2)\n") + stanza("p2", "Provides: virtual\n");
  PackageWorld world(MemoryTree().file("/var/lib/dpkg/status", status + stanza("p1", "Provides: x, virtual (= 2), virtual\n")));
  EXPECT_EQ(spell(world.database.find("a")), "a 1 amd64 (a) -> p1, p2");
}

}  // namespace
}  // namespace rootlet::test
