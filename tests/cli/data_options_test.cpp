// The data closure from the command line.
#include <gtest/gtest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "cli/fixture.hpp"

namespace rootlet::test {
namespace {

using Json = nlohmann::json;

class DataCommand : public Command {
 protected:
  DataCommand() {
    world_.program("/usr/bin/reads", Elf().needs({"libz.so.1"}).strings({"/etc/reads.conf"}).interpreter("/lib64/ld-linux-x86-64.so.2"));
    world_.file("/etc/reads.conf", "x = 1\n").file("/usr/share/reads/table", "");
    world_.file("/var/lib/dpkg/status", "Package: reads\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1-1\n");
    world_.file("/var/lib/dpkg/info/reads.list", "/usr/bin/reads\n/usr/share/reads/table\n/usr/share/reads.txt\n");
    world_.file("/usr/share/reads.txt", "");
  }
  CommandResult with(std::vector<std::string> words) {
    words.insert(words.begin() + 1, {"--root", root()});
    return plain(std::move(words));
  }
  bool takes(const std::string& path, std::vector<std::string> options) {
    options.insert(options.begin(), "resolve");
    options.insert(options.end(), {"--format", "paths", "/usr/bin/reads"});
    const CommandResult said = with(options);
    EXPECT_EQ(said.status, 0) << said.err;
    return mentions("\n" + said.out, "\n" + path + "\n");
  }
};

TEST_F(DataCommand, TakesWhatEvidenceCallsForUnlessToldOtherwise) {
  EXPECT_TRUE(takes("/etc/reads.conf", {}));
  EXPECT_TRUE(takes("/etc/reads.conf", {"--data", "auto"}));
  EXPECT_FALSE(takes("/etc/reads.conf", {"--data", "none"}));
  EXPECT_FALSE(takes("/usr/share/reads.txt", {}));
  EXPECT_TRUE(takes("/usr/share/reads.txt", {"--data", "package"}));
}

TEST_F(DataCommand, NamesThePackageOfAFileAndWhyItIsThere) {
  const Json json = Json::parse(with({"resolve", "--format", "json", "/usr/bin/reads"}).out);
  bool found = false;
  for (const Json& file : json["files"]) {
    if (file["path"] == "/usr/bin/reads") {
      EXPECT_EQ(file["package"], "reads 1-1");
    }
    if (file["path"] != "/etc/reads.conf") continue;
    found = true;
    EXPECT_EQ(file["reasons"][0], Json({{"kind", "data"}, {"by", "/usr/bin/reads"}, {"detail", "/etc/reads.conf"}}));
    EXPECT_FALSE(file.contains("package"));
  }
  EXPECT_TRUE(found);
  const CommandResult why = with({"why", "/etc/reads.conf", "/usr/bin/reads"});
  EXPECT_TRUE(mentions(why.out, "/etc/reads.conf [data")) << why.out;
}

TEST_F(DataCommand, RulesAreReadFromThisMachineAndWrongOnesRefused) {
  write_file(directory_ / "mine.toml", "[[rule]]\nname = \"mine\"\nbecause = \"b\"\nsource = \"s\"\nwhen = { path = [\"*/reads\"] }\nthen = { files = [\"/etc/motd\"] }\n");
  EXPECT_TRUE(takes("/etc/motd", {"--rules", directory_ / "mine.toml"}));
  write_file(directory_ / "wrong.toml", "[[rule]]\nname = 1\n");
  const CommandResult wrong = with({"resolve", "--rules", directory_ / "wrong.toml", "/usr/bin/reads"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_TRUE(mentions(wrong.err, "wrong.toml:2: ")) << wrong.err;
  const CommandResult absent = with({"resolve", "--rules", directory_ / "absent.toml", "/usr/bin/reads"});
  EXPECT_EQ(absent.status, 2);
  EXPECT_TRUE(mentions(absent.err, "absent.toml: No such file")) << absent.err;
  EXPECT_EQ(with({"resolve", "--data", "some", "/usr/bin/reads"}).status, 2);
}

TEST_F(DataCommand, RefusesNoneBesideAName) {
  const CommandResult said = with({"resolve", "--locale", "none", "--locale", "C.utf8", "/usr/bin/reads"});
  EXPECT_EQ(said.status, 2);
  EXPECT_TRUE(mentions(said.err, "--locale none and --locale C.utf8 contradict")) << said.err;
}

// A file of a package keeps its time, which is the same wherever the package is installed; all else gets the epoch.
TEST_F(DataCommand, TimesAreThoseOfPackagesByDefault) {
  ASSERT_TRUE(!root().empty());
  const timespec times[2] = {{1234567890, 0}, {1234567890, 0}};
  for (const char* path : {"/usr/bin/reads", "/etc/reads.conf"}) ASSERT_EQ(::utimensat(AT_FDCWD, (root() + path).c_str(), times, 0), 0);
  const std::string layer = directory_ / "layer";
  ASSERT_EQ(with({"build", "--dir", layer, "/usr/bin/reads"}).status, 0);
  const auto time_of = [](const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_mtim.tv_sec : -1;
  };
  EXPECT_EQ(time_of(layer + "/usr/bin/reads"), 1234567890);
  EXPECT_EQ(time_of(layer + "/etc/reads.conf"), 0);
  // Which files are a package's does not hang on the data that is taken.
  ASSERT_EQ(with({"build", "--data", "none", "--dir", directory_ / "bare", "/usr/bin/reads"}).status, 0);
  EXPECT_EQ(time_of(directory_ / "bare/usr/bin/reads"), 1234567890);
  ASSERT_EQ(with({"build", "--times", "epoch", "--dir", directory_ / "other", "/usr/bin/reads"}).status, 0);
  EXPECT_EQ(time_of(directory_ / "other/usr/bin/reads"), 0);
}

// A server that gives up its privileges writes there; all else belongs to root.
TEST_F(DataCommand, DirectoriesOfStateKeepTheirOwner) {
  if (::geteuid() != 0) GTEST_SKIP() << "giving files away takes root";
  world_.program("/usr/bin/serves", Elf().strings({"/var/log/serves/access.log", "/etc/serves.conf"}).interpreter("/lib64/ld-linux-x86-64.so.2"));
  world_.directory("/var/log/serves").file("/etc/serves.conf", "");
  for (const char* path : {"/var/log/serves", "/etc/serves.conf"}) ASSERT_EQ(::chown((root() + path).c_str(), 33, 34), 0);
  const std::string layer = directory_ / "layer", archive = directory_ / "layer.tar";
  ASSERT_EQ(with({"build", "--dir", layer, "/usr/bin/serves"}).status, 0);
  const auto owner = [](const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? std::to_string(status.st_uid) + ":" + std::to_string(status.st_gid) : "nobody";
  };
  EXPECT_EQ(owner(layer + "/var/log/serves"), "33:34");
  EXPECT_EQ(owner(layer + "/etc/serves.conf"), "0:0");
  EXPECT_EQ(owner(layer + "/var"), "0:0");
  ASSERT_EQ(with({"build", "--tar", archive, "/usr/bin/serves"}).status, 0);
  const CommandResult listed = run_command({"tar", "--numeric-owner", "-tvf", archive});
  EXPECT_TRUE(mentions(listed.out, "33/34")) << listed.out;
}

// Build systems hand out a directory that cannot be replaced: a mount point in a place where nothing else may be written.
TEST_F(DataCommand, FillsADirectoryThatCannotBeReplaced) {
  if (::geteuid() != 0) GTEST_SKIP() << "mounting takes root";
  const std::string script =
      "cd \"$1\" && mkdir -p outer/layer && mount --bind outer outer && mount -t tmpfs none outer/layer && mount -o remount,bind,ro outer && "
      "\"$0\" build --root \"$2\" --dir outer/layer /usr/bin/reads && ls -A outer outer/layer && stat -c '%a %Y' outer/layer && "
      "! \"$0\" build --root \"$2\" --dir outer/layer /usr/bin/reads";
  ASSERT_TRUE(!root().empty());
  const CommandResult said = run_command({"unshare", "--mount", "sh", "-c", script, ROOTLET_COMMAND, directory_.path(), root()});
  if (mentions(said.err, "unshare") || mentions(said.err, "mount:")) GTEST_SKIP() << "no mounts to be had here: " << said.err;
  EXPECT_EQ(said.status, 0) << said.err;
  EXPECT_EQ(said.out, "outer:\nlayer\n\nouter/layer:\netc\nlib\nlib64\nusr\nvar\n755 0\n") << said.err;
}

}  // namespace
}  // namespace rootlet::test
