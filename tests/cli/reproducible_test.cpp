// The same input gives the same bytes, whoever asks, where and when; and what a script reads is what is
// there.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/fixture.hpp"

namespace rootlet::test {
namespace {

namespace fs = boost::filesystem;
using Json = nlohmann::json;

class Reproducible : public Command {
 protected:
  // The digest of an archive that a shell makes after `prelude`.
  std::string built_after(const std::string& prelude, const std::vector<std::string>& before = {}) {
    std::vector<std::string> command = before;
    command.insert(command.end(),
                   {"sh", "-c", prelude + "; \"$0\" build --root \"$1\" --tar - /usr/bin/app /data",
                    directory_ / "rootlet", root()});
    const CommandResult done = run_command(command);
    EXPECT_EQ(done.status, 0) << prelude << ": " << done.err;
    EXPECT_GT(done.out.size(), 10240u) << prelude;
    return done.out;
  }
  void SetUp() override {
    world_.file("/data/zz", "z")
        .file("/data/a\303\244", "\n", 0600)
        .file("/data/run", "#!/usr/bin/app\n", 0755);
    fs::copy_file(ROOTLET_COMMAND, directory_ / "rootlet");
  }
};

TEST_F(Reproducible, TheArchiveDependsNeitherOnUmaskNorZoneNorPlaceNorLanguage) {
  const std::string plain = built_after("unset SOURCE_DATE_EPOCH; umask 022");
  for (const char* prelude :
       {"umask 077", "umask 000", "export TZ=Pacific/Kiritimati", "cd /", "export LC_ALL=C.UTF-8",
        "export HOME=/nonexistent USER=x", "export SOURCE_DATE_EPOCH=0"}) {
    EXPECT_TRUE(built_after(prelude) == plain) << prelude;
  }
  EXPECT_FALSE(built_after("export SOURCE_DATE_EPOCH=1") == plain);
}

TEST_F(Reproducible, TheArchiveIsTheSameForEveryUserWhoMayReadTheRoot) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may become somebody else";
  const std::string plain = built_after("true");
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0755), 0);
  ASSERT_EQ(run_command({"chown", "-R", "65534:65534", root()}).status, 0);
  EXPECT_TRUE(built_after("true", {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"}) == plain);
}

TEST_F(Reproducible, TimesOfTheRootAreKeptOnlyIfAsked) {
  const std::string plain = built_after("true");
  ASSERT_EQ(run_command({"find", root(), "-exec", "touch", "-h", "-d", "@1000000000", "{}", "+"}).status, 0);
  EXPECT_TRUE(built_after("true") == plain);
  const std::string archive = directory_ / "root.tar";
  ASSERT_EQ(run({"build", "--times", "root", "--tar", archive, "/usr/bin/app"}).status, 0);
  const std::string listed =
      run_command({"env", "TZ=UTC0", "LC_ALL=C", "tar", "--full-time", "-tvf", archive}).out;
  size_t lines = 0, dated = 0;
  for (size_t at = 0; at < listed.size(); at = listed.find('\n', at) + 1, ++lines)
    dated += listed.substr(at, listed.find('\n', at) - at).find(" 2001-09-09 01:46:40 ") != std::string::npos;
  EXPECT_GT(lines, 5u);
  EXPECT_EQ(dated, lines) << listed;
}

// Facts that the file system tells as well.

std::string octal_mode(const struct stat& status) {
  char text[8];
  std::snprintf(text, sizeof text, "%04o", status.st_mode & 07777);
  return text;
}

void expect_fact(const Json& file, const std::string& root) {
  const std::string path = root + file["path"].get<std::string>();
  struct stat status {};
  ASSERT_EQ(::lstat(path.c_str(), &status), 0) << path;
  if (S_ISLNK(status.st_mode)) {
    EXPECT_EQ(file["type"], "symlink") << path;
    EXPECT_EQ(file["target"], fs::read_symlink(path).string());
  } else if (S_ISDIR(status.st_mode)) {
    EXPECT_EQ(file["type"], "directory") << path;
    EXPECT_EQ(file["mode"], octal_mode(status)) << path;
  } else {
    EXPECT_EQ(file["type"], "file") << path;
    EXPECT_EQ(file["size"], status.st_size) << path;
    EXPECT_EQ(file["mode"], octal_mode(status)) << path;
  }
}

void expect_facts(const Json& json, const std::string& root) {
  static const std::set<std::string> kKinds = {"entry",  "interpreter", "needed",  "preload", "filter",
                                               "hwcaps", "link",        "script",  "dlopen",  "plugin",
                                               "data",   "rule",        "package", "include", "generated"};
  static const std::set<std::string> kHows = {"loaded",  "direct", "rpath", "library-path",
                                              "runpath", "cache",  "conf",  "default"};
  std::vector<std::string> paths;
  for (const Json& file : json["files"]) paths.push_back(file["path"]);
  EXPECT_TRUE(std::is_sorted(paths.begin(), paths.end()));
  EXPECT_EQ(std::adjacent_find(paths.begin(), paths.end()), paths.end());
  for (const Json& file : json["files"]) {
    if (!file.contains("generated")) expect_fact(file, root == "/" ? "" : root);
    EXPECT_FALSE(file["reasons"].empty()) << file;
    for (const Json& reason : file["reasons"]) {
      EXPECT_TRUE(kKinds.contains(reason["kind"])) << reason;
      EXPECT_TRUE(!reason.contains("how") || kHows.contains(reason["how"])) << reason;
      EXPECT_TRUE(reason["by"] == "" ||
                  std::binary_search(paths.begin(), paths.end(), reason["by"].get<std::string>()))
          << file;
    }
  }
}

TEST_F(Command, TellsInJsonWhatTheFileSystemTells) {
  world_.file("/data/secret", "12345", 0600)
      .directory("/data/sub")
      .symlink("/data/link", "../usr/bin/app")
      .file("/data/script", "#!/bin/app\n", 04755);
  const Json json = Json::parse(run({"resolve", "--format", "json", "/usr/bin/app", "/data"}).out);
  EXPECT_GE(json["files"].size(), 10u);
  expect_facts(json, root());
}

TEST_F(Command, TellsTheFactsOfAProgramOfThisMachine) {
  if (!fs::exists("/bin/sh")) GTEST_SKIP() << "no /bin/sh here";
  const CommandResult said = plain({"resolve", "--format", "json", "/bin/sh"});
  ASSERT_EQ(said.status, 0) << said.err;
  const Json json = Json::parse(said.out);
  EXPECT_EQ(json["root"], "/");
  EXPECT_TRUE(json["missing"].empty());
  expect_facts(json, "/");
  const std::string shell = fs::canonical("/bin/sh").string();
  const bool named = std::any_of(json["files"].begin(), json["files"].end(),
                                 [&](const Json& file) { return file["path"] == shell; });
  EXPECT_TRUE(named) << shell;
}

// What is left behind.

TEST_F(Command, LeavesNoTemporaryWhereNothingIsWritten) {
  root();
  fs::create_directory(directory_ / "out");
  for (const char* entry : {"/usr/bin/broken", "/usr/bin/absent"}) {
    EXPECT_NE(run({"build", "--dir", directory_ / "out/layer", entry}).status, 0);
    EXPECT_NE(run({"build", "--tar", directory_ / "out/layer.tar", entry}).status, 0);
  }
  EXPECT_TRUE(fs::is_empty(directory_ / "out"));
  write_file(directory_ / "out/layer.tar", "mine");
  EXPECT_EQ(run({"build", "--tar", directory_ / "out/layer.tar", "/usr/bin/broken"}).status, 1);
  EXPECT_EQ(read_file(directory_ / "out/layer.tar"), "mine");
}

TEST_F(Command, EverySubcommandExplainsEachOfItsOptions) {
  for (const char* command : {"resolve", "build", "why"}) {
    const std::string help = plain({command, "--help"}).out;
    for (size_t at = help.find("\n  --"); at != std::string::npos; at = help.find("\n  --", at + 1)) {
      const std::string line = help.substr(at + 1, help.find('\n', at + 1) - at - 1);
      // Its words stand in a column of their own, on the same line or the next.
      const std::string next = help.substr(at + 1 + line.size(), 40);
      EXPECT_TRUE(line.size() > 32 || next.starts_with("\n          ")) << command << ": " << line;
    }
    EXPECT_EQ(plain({command, "-h"}).out, help);
  }
  EXPECT_TRUE(mentions(plain({"resolve", "--help"}).out, "--format"));
  EXPECT_TRUE(mentions(plain({"why", "--help"}).out, "--limit"));
  EXPECT_TRUE(mentions(plain({"build", "--help"}).out, "--quiet"));
  EXPECT_EQ(plain({"version", "--help"}).status, 0);
}

}  // namespace
}  // namespace rootlet::test
