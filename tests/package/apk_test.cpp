// apk's database, on small roots.
#include <gtest/gtest.h>

#include "package/ask.hpp"
#include "package/fixtures.hpp"

namespace rootlet::test {
namespace {

TEST(Apk, PackagesDependOnWhatProvidesTheNamesTheyAskFor) {
  Root root = Root::in_memory(apk_tree());
  PackageDatabase database(root);
  EXPECT_EQ(database.format(), PackageFormat::apk);
  EXPECT_EQ(packages(database), (Lines{"busybox 1.36.1-r29 x86_64 (busybox) -> musl", "musl 1.2.5-r0 x86_64 (musl)",
                                       "tool 1-r0 x86_64 (tool-suite) -> busybox, musl"}));
  EXPECT_EQ(database.problems(), Lines{});
}

TEST(Apk, FilesStandInTheDirectoryNamedBeforeThem) {
  Root root = Root::in_memory(apk_tree());
  PackageDatabase database(root);
  EXPECT_EQ(files(database, "musl"), (Lines{"/lib/ld-musl-x86_64.so.1", "/lib/libc.musl-x86_64.so.1"}));
  EXPECT_EQ(files(database, "busybox"), Lines{"/bin/busybox"});
  EXPECT_EQ(files(database, "tool"), (Lines{"/at-the-top", "/usr/share/tool/data"}));
  EXPECT_EQ(owner(database, "/lib/ld-musl-x86_64.so.1"), "musl");
  EXPECT_EQ(owner(database, "/at-the-top"), "tool");
  EXPECT_EQ(owner(database, "/var/empty"), "busybox");
  EXPECT_EQ(owner(database, "/usr/share/tool"), "tool");
  EXPECT_EQ(owner(database, "/lib/apk"), "nobody");
}

TEST(Apk, AFileBehindADirectoryThatIsTooLongIsNotOfTheDirectoryBefore) {
  Root root = Root::in_memory(apk_tree("P:a\nV:1\nF:bin\nR:x\nF:" + std::string(5000, 'd') + "\nR:y\nF:etc\nR:z\n"));
  PackageDatabase database(root);
  EXPECT_EQ(files(database, "a"), (Lines{"/bin/x", "/etc/z"}));
}

TEST(Apk, WithAMergedUsrTheDatabaseIsInUsrAndBothSpellingsHaveTheirOwner) {
  MemoryTree tree;
  tree.file("/usr/lib/apk/db/installed", kApkInstalled).symlink("/bin", "usr/bin").directory("/usr/bin");
  Root root = Root::in_memory(tree);
  PackageDatabase database(root);
  EXPECT_EQ(database.format(), PackageFormat::apk);
  EXPECT_EQ(owner(database, "/usr/bin/busybox"), "busybox");
  EXPECT_EQ(owner(database, "/bin/busybox"), "busybox");
}

TEST(Apk, ADependencyOnAPathIsFulfilledByTheOwnerOfTheFile) {
  Root root = Root::in_memory(apk_tree("P:a\nV:1\nD:/usr/bin/b\n\nP:b\nV:1\nF:usr/bin\nR:b\n\n"));
  PackageDatabase database(root);
  EXPECT_EQ(spell(database.find("a")), "a 1  (a) -> b");
}

TEST(Apk, ThePackageOfThatNameIsMeantBeforeOneThatProvidesIt) {
  Root root = Root::in_memory(apk_tree("P:a\nV:1\nD:b c\n\nP:b\nV:1\n\nP:d\nV:1\np:b=1 c=2\n\n"));
  PackageDatabase database(root);
  EXPECT_EQ(spell(database.find("a")), "a 1  (a) -> b, d");
}

TEST(Apk, LinesThatAreNoFieldsAreSkippedAndTheLastPackageNeedsNoEmptyLine) {
  Root root = Root::in_memory(apk_tree("P:a\nnonsense\nV:1\nR:before-any-directory\n\n\n\nP:../b\nV:1\n\nP:c\nV:3"));
  PackageDatabase database(root);
  EXPECT_EQ(packages(database), (Lines{"a 1  (a)", "c 3  (c)"}));
  EXPECT_EQ(database.problems(), Lines{"/lib/apk/db/installed: a package of an impossible name is passed over"});
}

}  // namespace
}  // namespace rootlet::test
