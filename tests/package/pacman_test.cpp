// pacman's local database: on a small root, and beside pacman itself.
#include <gtest/gtest.h>

#include <boost/filesystem.hpp>

#include "package/ask.hpp"
#include "package/fixtures.hpp"
#include "package/lines.hpp"
#include "support/temporary.hpp"

namespace rootlet::test {
namespace {

TEST(Pacman, PackagesDependOnWhatProvidesTheNamesTheyAskFor) {
  Root root = Root::in_memory(pacman_tree());
  PackageDatabase database(root);
  EXPECT_EQ(database.format(), PackageFormat::pacman);
  EXPECT_EQ(packages(database), (Lines{"bash 5.2.026-2 x86_64 (bash-suite) -> readline, glibc", "glibc 2.39-4 x86_64 (glibc)",
                                       "readline 8.2.010-1 x86_64 (readline)"}));
  EXPECT_EQ(database.problems(), Lines{});
}

TEST(Pacman, OnlyTheSectionOfFilesNamesFilesAndASlashAtTheEndADirectory) {
  Root root = Root::in_memory(pacman_tree());
  PackageDatabase database(root);
  EXPECT_EQ(files(database, "bash"), (Lines{"/usr/bin/bash", "/usr/bin/sh"}));
  EXPECT_EQ(owner(database, "/usr/bin/bash"), "bash");
  EXPECT_EQ(owner(database, "/etc/skel"), "bash");
  EXPECT_EQ(owner(database, "/usr/lib"), "glibc");
  EXPECT_EQ(owner(database, "/etc/bash.bashrc"), "nobody");
}

TEST(Pacman, SeveralLinksToOneDirectoryAreAllSeenThrough) {
  MemoryTree tree = pacman_tree();
  tree.symlink("/bin", "usr/bin").symlink("/usr/sbin", "bin").symlink("/sbin", "usr/bin").symlink("/lib64", "usr/lib");
  tree.directory("/usr/bin").directory("/usr/lib");
  Root root = Root::in_memory(tree);
  PackageDatabase database(root);
  for (const char* path : {"/bin/bash", "/sbin/bash", "/usr/sbin/bash", "/usr/bin/bash"}) EXPECT_EQ(owner(database, path), "bash") << path;
  EXPECT_EQ(owner(database, "/lib64/libc.so.6"), "glibc");
}

TEST(Pacman, ADescriptionWithoutANameIsAProblem) {
  Root root = Root::in_memory(pacman_tree().file("/var/lib/pacman/local/x-1-1/desc", "%VERSION%\n1-1\n"));
  PackageDatabase database(root);
  EXPECT_EQ(database.packages().size(), 3u);
  EXPECT_EQ(database.problems(), Lines{"/var/lib/pacman/local/x-1-1/desc: names no package"});
}

TEST(Pacman, PacmanItselfReadsTheSame) {
  const TemporaryDirectory directory;
  const MemoryTree tree = pacman_tree();
  for (const auto& [path, item] : tree.items()) {
    if (item.status.type != NodeType::file) continue;
    boost::filesystem::create_directories(boost::filesystem::path(directory.path() + path).parent_path());
    write_file(directory.path() + path, item.content);
  }
  // pacman -Qo wants the file to be there.
  boost::filesystem::create_directories(directory / "usr/bin");
  write_file(directory / "usr/bin/sh", "");
  auto pacman = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"pacman", "--config", "/dev/null", "--root", directory.path(), "--dbpath", directory / "var/lib/pacman"});
    const CommandResult result = run_command(words);
    EXPECT_EQ(result.status, 0) << result.err;
    return result.out;
  };
  Root root = *Root::open(directory.path());
  PackageDatabase database(root);
  std::string names, paths;
  for (const Package* package : database.packages()) {
    names += package->name + " " + package->version + "\n";
    for (const std::string& file : database.files(*package)) paths += directory.path() + file + "\n";
  }
  EXPECT_EQ(pacman({"-Q"}), names);
  const std::string all = pacman({"-Qlq"});
  std::string listed;
  for (std::string_view left = all; !left.empty();) {
    const std::string_view line = package::take_line(left);
    if (!line.ends_with('/')) listed += std::string(line) + "\n";
  }
  EXPECT_EQ(listed, paths);
  EXPECT_EQ(pacman({"-Qoq", directory / "usr/bin/sh"}), owner(database, "/usr/bin/sh") + "\n");
}

}  // namespace
}  // namespace rootlet::test
