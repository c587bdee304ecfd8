// What evidence brings into a layer when no rule speaks, and what nothing but the user brings.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/filesystem.hpp>

#include "rootlet/elf.hpp"
#include "support/notes.hpp"
#include "support/resolved.hpp"
#include "support/temporary.hpp"

namespace rootlet::test {
namespace {

constexpr const char* kLoader = "/lib64/ld-linux-x86-64.so.2";

// What dpkg's database says: NAME of each package, its dependencies, and its files.
void package(World& world, const std::string& name, const Lines& files, const std::string& depends = {}, const std::string& source = {}) {
  const std::string path = "/var/lib/dpkg/status";
  auto known = world.tree().items().find(path);
  std::string text = known != world.tree().items().end() ? known->second.content : std::string();
  text += "Package: " + name + "\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1-2\n";
  if (!source.empty()) text += "Source: " + source + "\n";
  if (!depends.empty()) text += "Depends: " + depends + "\n";
  world.file(path, text + "\n");
  std::string list;
  for (const std::string& file : files) list += file + "\n";
  world.file("/var/lib/dpkg/info/" + name + ".list", list);
}

class DataWorld : public testing::Test {
 protected:
  DataWorld() { world_.library(kLoader, Elf().soname("ld-linux-x86-64.so.2")); }

  World& program(const std::string& path, Elf elf) { return world_.program(path, elf.interpreter(kLoader)); }

  // All paths of the closure but the loader, the program and the directories of the way there.
  Lines data(const std::string& program, ResolveOptions options = {}) {
    options.loader = world_.config;
    const Resolved resolved(world_.root(), {program}, options);
    Lines lines = resolved.paths();
    std::erase_if(lines, [&](const std::string& path) { return path == program || path == kLoader || path == "/etc/ld.so.cache"; });
    findings_ = resolved.findings();
    return lines;
  }

  World world_;
  Lines findings_;
};

TEST_F(DataWorld, AFileThatAStringNamesIsTakenWithTheLinksToIt) {
  program("/opt/app/bin/app", Elf().strings({"/etc/app/current.conf", "/etc/absent"}));
  world_.symlink("/etc/app/current.conf", "v2.conf").file("/etc/app/v2.conf", "x = 1\n").file("/etc/app/v1.conf", "");
  EXPECT_EQ(data("/opt/app/bin/app"), (Lines{"/etc/app/current.conf", "/etc/app/v2.conf"}));
}

TEST_F(DataWorld, ADirectoryThatAStringNamesIsNotCopiedBecauseOfThatAlone) {
  program("/usr/bin/app", Elf().strings({"/usr/share/other", "/usr/share", "/etc"}));
  world_.file("/usr/share/other/data", "").file("/etc/any", "");
  EXPECT_EQ(data("/usr/bin/app"), Lines{});
}

TEST_F(DataWorld, ADirectoryOfTheProgramsOwnPackageIsTakenWithoutItsDocumentation) {
  program("/usr/bin/app", Elf().strings({"/usr/share/app-data"}));
  world_.file("/usr/share/app-data/a", "").file("/usr/share/app-data/strange", "").file("/usr/share/app-data/b.a", "");
  package(world_, "app", {"/usr/bin/app", "/usr/share/app-data/a", "/usr/share/app-data/b.a"});
  EXPECT_EQ(data("/usr/bin/app"), Lines{"/usr/share/app-data/a"});
}

TEST_F(DataWorld, APackageThatTheProgramsOwnAsksForCountsAndOneThatItDoesNotAskForDoesNot) {
  program("/usr/bin/app", Elf().strings({"/usr/share/app-data"}));
  world_.file("/usr/share/app-data/common", "").file("/usr/share/app-data/extra", "");
  package(world_, "app", {"/usr/bin/app"}, "app-common");
  package(world_, "app-common", {"/usr/share/app-data/common"});
  package(world_, "app-extra", {"/usr/share/app-data/extra"});
  EXPECT_EQ(data("/usr/bin/app"), Lines{"/usr/share/app-data/common"});
}

TEST_F(DataWorld, ThePlacesThatBearTheNameOfAPackagedProgramAreItsOwn) {
  program("/usr/bin/app", Elf());
  world_.file("/etc/app/app.conf", "").file("/usr/share/app/x", "").file("/usr/lib/app/y", "").file("/usr/share/apple/z", "");
  package(world_, "app", {"/usr/bin/app", "/etc/app/app.conf", "/usr/share/app/x", "/usr/lib/app/y", "/usr/share/apple/z"});
  EXPECT_EQ(data("/usr/bin/app"), (Lines{"/etc/app/app.conf", "/usr/lib/app/y", "/usr/share/app/x"}));
}

TEST_F(DataWorld, AnApplicationOfItsOwnBringsWhatLiesBesideIt) {
  program("/opt/app/bin/app", Elf().strings({"%s/share/message.txt", "%s/plugins"}));
  world_.file("/opt/app/share/message.txt", "hi").library("/opt/app/plugins/one.so").file("/opt/app/unused", "").file("/opt/share/message.txt", "");
  EXPECT_EQ(data("/opt/app/bin/app"), (Lines{"/opt/app/plugins/one.so", "/opt/app/share/message.txt"}));
}

TEST_F(DataWorld, APluginsPatternBesideALibraryBringsThePlugins) {
  program("/opt/player/bin/player", Elf().needs({"libplay.so.1"}).runpath("$ORIGIN/../lib"));
  world_.library("/opt/player/lib/libplay.so.1", Elf().soname("libplay.so.1").strings({"/codecs/lib%s.so"}));
  world_.library("/opt/player/lib/codecs/libflac.so").library("/opt/player/lib/codecs/libopus.so").file("/opt/player/lib/codecs/readme", "");
  EXPECT_EQ(data("/opt/player/bin/player"),
            (Lines{"/opt/player/lib/codecs/libflac.so", "/opt/player/lib/codecs/libopus.so", "/opt/player/lib/libplay.so.1"}));
}

TEST_F(DataWorld, ALibraryThatIsNamedIsOpenedOnlyWhereDlopenIsCalled) {
  world_.library("/usr/lib/libextra.so.1", Elf().needs({"libdeep.so"})).library("/usr/lib/libdeep.so");
  program("/usr/bin/opens", Elf().strings({"libextra.so.1", "libabsent.so.9"}).imports({"dlopen"}));
  program("/usr/bin/talks", Elf().strings({"libextra.so.1"}));
  EXPECT_EQ(data("/usr/bin/opens"), (Lines{"/usr/lib/libdeep.so", "/usr/lib/libextra.so.1"}));
  EXPECT_EQ(findings_, Lines{});
  EXPECT_EQ(data("/usr/bin/talks"), Lines{});
}

// The first two priorities by default; of alternatives those that are there.
TEST_F(DataWorld, WhatANoteDeclaresIsOpened) {
  ElfSpec spec;
  spec.interpreter = kLoader;
  spec.imports = {"dlopen"};
  const std::string json = R"([{"soname":["libnew.so.2","libold.so.1"],"priority":"required"},{"soname":["libplain.so"]},{"soname":["librare.so"],"priority":"suggested"},{"soname":["libgone.so"],"priority":"recommended"}])";
  world_.file("/usr/bin/app", elf_with_note(spec, "FDO", elf::kNoteDlopen, json), 0755);
  for (const char* name : {"/usr/lib/libold.so.1", "/usr/lib/libplain.so", "/usr/lib/librare.so"}) world_.library(name);
  EXPECT_EQ(data("/usr/bin/app"), (Lines{"/usr/lib/libold.so.1", "/usr/lib/libplain.so"}));
  EXPECT_EQ(findings_, (Lines{"optional-missing /usr/bin/app", "optional-missing /usr/bin/app", "suggested /usr/bin/app"}));
}

TEST_F(DataWorld, OpeningANameThatNothingTellsIsAFinding) {
  program("/usr/bin/app", Elf().imports({"dlopen"}));
  EXPECT_EQ(data("/usr/bin/app"), Lines{});
  EXPECT_EQ(findings_, Lines{"unproved /usr/bin/app"});
}

TEST_F(DataWorld, DirectoriesOfStateAreMadeEmpty) {
  program("/usr/bin/app", Elf().strings({"/var/lib/app", "/run/app", "/proc/self/exe", "/dev/null"}));
  world_.file("/var/lib/app/state.db", "").directory("/run/app").file("/dev/null", "");
  EXPECT_EQ(data("/usr/bin/app"), (Lines{"/run/app", "/var/lib/app"}));
}

TEST_F(DataWorld, ConfigurationBringsWhatItIncludes) {
  program("/usr/sbin/served", Elf().strings({"/etc/served.conf"}));
  world_.file("/etc/served.conf", "# include /etc/commented.conf\ninclude /etc/served.d/*.conf;\npath=\"/usr/share/served/table\"\nkey /etc/ssl/private/served.key\nlog /var/log/served.log\n")
      .file("/etc/served.d/a.conf", "include ../b.conf\ninclude more/c.conf\n").file("/etc/served.d/readme", "").file("/etc/served.d/more/c.conf", "")
      .file("/usr/share/served/table", "").file("/etc/commented.conf", "").file("/etc/ssl/private/served.key", "").file("/var/log/served.log", "");
  EXPECT_EQ(data("/usr/sbin/served"), (Lines{"/etc/served.conf", "/etc/served.d/a.conf", "/etc/served.d/more/c.conf", "/usr/share/served/table"}));
}

TEST_F(DataWorld, ConfigurationThatIncludesItselfComesToAnEnd) {
  program("/usr/bin/app", Elf().strings({"/etc/a.conf"}));
  world_.file("/etc/a.conf", "include /etc/b.conf\ninclude /etc/a.conf\n").file("/etc/b.conf", "include /etc/a.conf\ninclude *\n");
  EXPECT_EQ(data("/usr/bin/app"), (Lines{"/etc/a.conf", "/etc/b.conf"}));
}

TEST_F(DataWorld, UsersAreMadeFromTheRootsSystemAccountsWithoutHashes) {
  program("/usr/bin/app", Elf().imports({"getpwnam", "getgrnam"}));
  world_.file("/etc/passwd", "root:$6$hash:0:0:root:/root:/bin/bash\nwww-data:x:33:33:www:/var/www:/bin/false\nalice:x:1000:1000:Alice:/home/alice:/bin/bash\nbad line\n")
      .file("/etc/group", "root:x:0:\nadm:x:4:www-data,alice\nstaff:x:1001:alice\n").file("/etc/shadow", "root:$6$hash:1::::::\n");
  const Resolved resolved(world_.root(), {"/usr/bin/app"}, {});
  const ClosureFile* users = resolved.closure().find("/etc/passwd");
  ASSERT_NE(users, nullptr);
  EXPECT_TRUE(users->generated());
  EXPECT_EQ(*users->content, "root:x:0:0:root:/root:/bin/bash\nwww-data:x:33:33:www:/var/www:/bin/false\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n");
  EXPECT_EQ(*resolved.closure().find("/etc/group")->content, "root:x:0:\nadm:x:4:www-data\nnogroup:x:65534:\n");
  EXPECT_EQ(resolved.closure().find("/etc/shadow"), nullptr);
}

TEST_F(DataWorld, NothingOfThisIsTakenWithoutData) {
  program("/usr/bin/app", Elf().strings({"/etc/app.conf", "libextra.so"}).imports({"dlopen", "getpwnam"}));
  world_.file("/etc/app.conf", "").library("/usr/lib/libextra.so");
  EXPECT_EQ(data("/usr/bin/app", libraries_only()), Lines{});
}

TEST_F(DataWorld, APackageModeTakesAllRunTimeFilesOfTheEntrysPackage) {
  program("/usr/bin/app", Elf());
  world_.file("/usr/share/things/a", "").file("/usr/share/doc/app/changelog", "").file("/usr/share/man/man1/app.1", "").program("/usr/bin/tool", Elf());
  package(world_, "app", {"/usr/bin/app", "/usr/bin/tool", "/usr/share/things/a", "/usr/share/doc/app/changelog", "/usr/share/man/man1/app.1"});
  ResolveOptions options;
  options.data.mode = DataMode::package;
  EXPECT_EQ(data("/usr/bin/app", options), (Lines{"/usr/bin/tool", "/usr/share/things/a"}));
  EXPECT_EQ(data("/usr/bin/app"), Lines{});
}

TEST_F(DataWorld, FilesBearTheNameOfTheirPackage) {
  program("/usr/bin/app", Elf());
  package(world_, "app", {"/usr/bin/app"});
  const Resolved resolved(world_.root(), {"/usr/bin/app"}, {});
  EXPECT_EQ(resolved.closure().find("/usr/bin/app")->package, "app 1-2");
  EXPECT_EQ(resolved.closure().find(kLoader)->package, "");
}

// Secrets where a string, a configuration, a rule's directory and a package's directory point to.
TEST_F(DataWorld, SecretsAreNeverTakenWhateverPointsToThem) {
  const std::string key = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n";
  const Lines secrets = {"/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/ssl/private/site.key", "/etc/ssl/certs/mixed.pem", "/etc/ssh/ssh_host_rsa_key",
                         "/root/.bash_history", "/home/alice/.ssh/id_rsa", "/home/alice/notes", "/etc/app/api-token", "/etc/app/password.txt", "/srv/app/.netrc",
                         "/var/lib/app/session", "/run/secrets/token", "/var/spool/cron/root", "/tmp/leftover", "/etc/krb5.keytab", "/opt/app/tls/server.key",
                         "/usr/local/etc/client_secret.json", "/etc/machine-id", "/etc/letsencrypt/live/x/privkey.pem", "/opt/app/share/bundle.pem"};
  Elf elf;
  std::vector<std::string> strings(secrets.begin(), secrets.end());
  strings.insert(strings.end(), {"/etc/app.conf", "/etc/app", "/opt/app/tls", "%s/share", "/etc/ssl/private", "/home/alice", "/var/lib/app"});
  program("/opt/app/bin/app", elf.strings(strings).imports({"getspnam", "SSL_CTX_new"}));
  std::string configuration;
  for (const std::string& secret : secrets) {
    configuration += "file " + secret + "\n";
    world_.file(secret, key);
  }
  world_.file("/etc/app.conf", configuration + "include /etc/app/*\ninclude /etc/ssl/private/*\ninclude /home/*/*\n").file("/etc/app/closed.conf", "x", 0640).file("/opt/app/share/fine.txt", "");
  const Lines taken = data("/opt/app/bin/app");
  for (const std::string& secret : secrets) EXPECT_EQ(std::count(taken.begin(), taken.end(), secret), 0) << secret;
  EXPECT_EQ(std::count(taken.begin(), taken.end(), "/etc/app/closed.conf"), 0);
  EXPECT_EQ(std::count(taken.begin(), taken.end(), "/etc/app.conf"), 1);
  EXPECT_EQ(std::count(taken.begin(), taken.end(), "/opt/app/share/fine.txt"), 1);
  EXPECT_GE(std::count(findings_.begin(), findings_.end(), "not-taken /opt/app/bin/app"), 1);
}

// A file that everybody may read is a secret all the same if its directory is closed.
TEST_F(DataWorld, WhatLiesInAClosedDirectoryIsNotTaken) {
  program("/usr/bin/app", Elf().strings({"/etc/closed/app.conf", "/etc/open/app.conf"}));
  world_.closed_directory("/etc/closed").file("/etc/closed/app.conf", "x").file("/etc/open/app.conf", "x");
  EXPECT_EQ(data("/usr/bin/app"), Lines{"/etc/open/app.conf"});
  EXPECT_EQ(findings_, Lines{"not-taken /usr/bin/app"});
}

TEST_F(DataWorld, ProgramsInHomesAreNotTakenBecauseAScriptCallsThem) {
  program("/usr/bin/sh", Elf());
  program("/home/alice/tool", Elf());
  program("/root/bin/tool", Elf());
  program("/usr/bin/fine", Elf());
  world_.file("/opt/run.sh", "#!/usr/bin/sh\n/home/alice/tool\n/root/bin/tool\nfine\n", 0755);
  EXPECT_EQ(data("/opt/run.sh"), (Lines{"/usr/bin/fine", "/usr/bin/sh"}));
  EXPECT_EQ(findings_, (Lines{"not-taken /opt/run.sh", "not-taken /opt/run.sh"}));
}

// A file that others read in says "$0" of them; what is there and cannot be started is not said to be absent.
TEST_F(DataWorld, WhatAScriptMayStartIsCalledAbsentOnlyIfItIs) {
  program("/usr/bin/dash", Elf());
  world_.file("/usr/lib/tool/functions", "usage() {\n\"$0\" -h\n}\n/usr/lib/tool/plain\n/usr/lib/tool/absent\n", 0644).file("/usr/lib/tool/plain", "x", 0644);
  world_.file("/usr/bin/tool", "#!/usr/bin/dash\n. /usr/lib/tool/functions\n. \"$(dirname \"$X\")/more\"\nof_more\nbuiltin cd /\n", 0755);
  const Resolved resolved(world_, {"/usr/bin/tool"}, ResolveOptions{});
  Lines said;
  for (const Finding& finding : resolved.closure().findings) {
    if (finding.kind == "program-not-there") said.push_back(finding.by + ": " + finding.detail);
  }
  EXPECT_EQ(said, (Lines{"/usr/lib/tool/functions: /usr/lib/tool/absent is not there, which it may start",
                         "/usr/lib/tool/functions: /usr/lib/tool/plain may be started by it, and nobody may execute it"}));
}

TEST_F(DataWorld, WhatTheUserNamesIsTakenAllTheSame) {
  program("/opt/app/bin/app", Elf());
  world_.file("/etc/ssl/private/site.key", "-----BEGIN PRIVATE KEY-----\n", 0600);
  ResolveOptions options;
  options.include = {"/etc/ssl/private/site.key"};
  EXPECT_EQ(data("/opt/app/bin/app", options), Lines{"/etc/ssl/private/site.key"});
}

// Objects and package lists are read once by one Root, however many closures ask, and then as they were at first.
TEST_F(DataWorld, ARootReadsObjectsAndPackagesOnce) {
  for (const char* name : {"/usr/bin/one", "/usr/bin/two"}) program(name, Elf().needs({"libx.so"}));
  world_.file("/etc/app/a.conf", "").file("/etc/app/b.conf", "").library("/usr/lib/libx.so", Elf().strings({"/etc/app/a.conf"}));
  package(world_, "libx", {"/usr/lib/libx.so"});
  TemporaryDirectory directory;
  const std::string top = directory / "top", later = directory / "later";
  for (const std::string& place : {top, later}) boost::filesystem::create_directory(place);
  world_.write(top);
  auto root = Root::open(top), other = Root::open(top);
  const auto answer = [](Root& from, const char* entry) {
    auto closure = resolve(from, {entry});
    std::string said;
    for (const char* conf : {"/etc/app/a.conf", "/etc/app/b.conf"}) said += closure->find(conf) != nullptr ? std::string(conf) + " " : "";
    return said + std::string(closure->find("/usr/lib/libx.so")->package);
  };
  EXPECT_EQ(answer(*root, "/usr/bin/one"), "/etc/app/a.conf libx 1-2");

  World changed;
  changed.library("/usr/lib/libx.so", Elf().strings({"/etc/app/b.conf"}));
  changed.write(later);
  write_file(top + "/usr/lib/libx.so", read_file(later + "/usr/lib/libx.so"));
  std::string status = read_file(top + "/var/lib/dpkg/status");
  status.replace(status.find("1-2"), 3, "3-4");
  write_file(top + "/var/lib/dpkg/status", status);
  EXPECT_EQ(answer(*root, "/usr/bin/two"), "/etc/app/a.conf libx 1-2");
  EXPECT_EQ(answer(*other, "/usr/bin/two"), "/etc/app/b.conf libx 3-4");
  // What a Root has learned points to it: one that is moved reads anew.
  Root moved = std::move(*root);
  EXPECT_EQ(answer(moved, "/usr/bin/two"), "/etc/app/b.conf libx 3-4");
}

}  // namespace
}  // namespace rootlet::test
