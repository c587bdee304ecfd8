// What the user may widen and narrow: locales, character sets, time zones, rules.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/resolved.hpp"

namespace rootlet::test {
namespace {

class DataOptionsWorld : public testing::Test {
 protected:
  DataOptionsWorld() {
    const char* loader = "/lib64/ld-linux-x86-64.so.2";
    world_.library(loader, Elf().soname("ld-linux-x86-64.so.2")).library("/usr/lib/x86_64-linux-gnu/libc.so.6", Elf().soname("libc.so.6"));
    world_.program("/usr/bin/sort", Elf().needs({"libc.so.6"}).imports({"setlocale", "localtime"}).interpreter(loader));
    world_.program("/usr/bin/plain", Elf().needs({"libc.so.6"}).interpreter(loader));
    for (const char* path : {"/usr/lib/locale/C.utf8/LC_CTYPE", "/usr/lib/locale/de_DE.utf8/LC_CTYPE", "/usr/lib/locale/fr_FR.utf8/LC_CTYPE", "/usr/share/zoneinfo/UTC",
                             "/usr/share/zoneinfo/Asia/Tokyo", "/usr/share/zoneinfo/Europe/Oslo", "/usr/share/locale/de/LC_MESSAGES/coreutils.mo",
                             "/usr/share/locale/de/LC_MESSAGES/other.mo", "/usr/share/locale/fr/LC_MESSAGES/coreutils.mo"}) {
      world_.file(path, "");
    }
    world_.symlink("/etc/localtime", "/usr/share/zoneinfo/UTC");
    world_.file("/var/lib/dpkg/status", "Package: coreutils\nStatus: install ok installed\nArchitecture: amd64\nVersion: 9\n\nPackage: other\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n");
    world_.file("/var/lib/dpkg/info/coreutils.list", "/usr/bin/sort\n/usr/share/locale/de/LC_MESSAGES/coreutils.mo\n/usr/share/locale/fr/LC_MESSAGES/coreutils.mo\n");
    world_.file("/var/lib/dpkg/info/other.list", "/usr/share/locale/de/LC_MESSAGES/other.mo\n");
  }

  // The files below /usr/share, /usr/lib/locale and /etc.
  Lines data(const std::string& program, const DataOptions& data) {
    ResolveOptions options;
    options.data = data;
    const Resolved resolved(world_.root(), {program}, options);
    Lines lines = resolved.paths();
    std::erase_if(lines, [](const std::string& path) { return !path.starts_with("/usr/share/") && !path.starts_with("/usr/lib/locale/") && path != "/opt/x"; });
    return lines;
  }

  World world_;
};

TEST_F(DataOptionsWorld, ByDefaultThereAreTheLocaleCAndTheLocalTime) {
  EXPECT_EQ(data("/usr/bin/sort", {}), (Lines{"/usr/lib/locale/C.utf8/LC_CTYPE", "/usr/share/zoneinfo/UTC"}));
  EXPECT_EQ(data("/usr/bin/plain", {}), Lines{});
}

TEST_F(DataOptionsWorld, ALocaleThatIsNamedComesWithItsMessagesOfThePackagesThatAreThere) {
  DataOptions options;
  options.locales = {"de_DE.UTF-8"};
  EXPECT_EQ(data("/usr/bin/sort", options), (Lines{"/usr/lib/locale/C.utf8/LC_CTYPE", "/usr/lib/locale/de_DE.utf8/LC_CTYPE", "/usr/share/locale/de/LC_MESSAGES/coreutils.mo",
                                                   "/usr/share/zoneinfo/UTC"}));
}

TEST_F(DataOptionsWorld, ATimeZoneThatIsNamedIsTakenWhetherOrNotTheProgramAsks) {
  DataOptions options;
  options.timezones = {"Asia/Tokyo"};
  EXPECT_EQ(data("/usr/bin/plain", options), (Lines{"/usr/share/zoneinfo/Asia/Tokyo", "/usr/share/zoneinfo/UTC"}));
}

TEST_F(DataOptionsWorld, AllAndNoneAreWhatTheySay) {
  DataOptions options;
  options.timezones = {"all"};
  options.locales = {"none"};
  EXPECT_EQ(data("/usr/bin/sort", options), (Lines{"/usr/share/zoneinfo/Asia/Tokyo", "/usr/share/zoneinfo/Europe/Oslo", "/usr/share/zoneinfo/UTC"}));
  options.timezones = {"none"};
  EXPECT_EQ(data("/usr/bin/sort", options), Lines{});
}

// --locale .. took all of /usr/lib, and a time zone could be any file.
TEST_F(DataOptionsWorld, ANameThatLeadsElsewhereIsNoLocaleAndNoTimeZone) {
  world_.file("/etc/hostname", "").file("/usr/lib/other/file", "").file("/usr/share/LC_MESSAGES/coreutils.mo", "");
  const Lines said = {"not-there /usr/bin/sort", "not-there /usr/lib/x86_64-linux-gnu/libc.so.6"};
  for (const char* name : {"..", "../..", "../../../etc", ".", "", "/", "./", "de_DE.utf8/..", "../locale/de_DE.utf8", "../../../etc/hostname", "Asia/../../../../etc/hostname", "Asia//Tokyo"}) {
    ResolveOptions options;
    options.data.timezones = {"none"};
    options.data.locales = {name};
    const Resolved by_locale(world_.root(), {"/usr/bin/sort"}, options);
    EXPECT_EQ(by_locale.findings(), said) << name;
    options.data.locales = {"C.utf8"};
    EXPECT_EQ(by_locale.paths(), Resolved(world_.root(), {"/usr/bin/sort"}, options).paths()) << name;
    options.data.locales = {"none"};
    options.data.timezones = {name};
    const Resolved by_zone(world_.root(), {"/usr/bin/sort"}, options);
    EXPECT_EQ(by_zone.findings(), said) << name;
    options.data.timezones = {"UTC"};
    EXPECT_EQ(by_zone.paths(), Resolved(world_.root(), {"/usr/bin/sort"}, options).paths()) << name;
  }
}

TEST_F(DataOptionsWorld, NoneBesideANameIsRefused) {
  ResolveOptions options;
  for (auto* list : {&options.data.locales, &options.data.charsets, &options.data.timezones}) {
    for (const auto& names : {std::vector<std::string>{"none", "UTC"}, {"all", "none"}}) {
      *list = names;
      const Resolved resolved(world_.root(), {"/usr/bin/sort"}, options);
      ASSERT_FALSE(resolved.ok());
      EXPECT_EQ(resolved.error().code, ErrorCode::invalid_argument);
      EXPECT_NE(resolved.error().message.find("contradict"), std::string::npos) << resolved.error().message;
    }
    *list = {"none", "none"};
    EXPECT_TRUE(Resolved(world_.root(), {"/usr/bin/sort"}, options).ok());
    list->clear();
  }
}

TEST_F(DataOptionsWorld, RulesOfTheUserCountBesideThoseThatAreBuiltIn) {
  world_.file("/opt/x", "");
  DataOptions options;
  options.timezones = {"none"};
  options.rules = {{"mine.toml", "[[rule]]\nname = \"mine\"\nbecause = \"it needs x\"\nsource = \"its manual\"\nwhen = { path = [\"*/plain\"] }\nthen = { files = [\"/opt/x\"] }\n"}};
  EXPECT_EQ(data("/usr/bin/plain", options), Lines{"/opt/x"});
}

TEST(RulesFile, SaysInWhichLineItIsWrongAndWhatIsKnownThere) {
  const auto said = [](const std::string& text) {
    auto good = check_rules({"mine.toml", text});
    return good ? std::string("good") : good.error().message;
  };
  const std::string head = "[[rule]]\nname = \"a\"\nbecause = \"b\"\nsource = \"c\"\n";
  EXPECT_EQ(said(head + "when = { soname = [\"x\"] }\nthen = { files = [\"/y\"] }\n"), "good");
  EXPECT_NE(said("[[rule\n").find("mine.toml:1: "), std::string::npos);
  EXPECT_NE(said(head + "[rule.when]\nsonames = [\"x\"]\n").find("mine.toml:6: \"sonames\" is not known here; known are soname, path"), std::string::npos) << said(head + "[rule.when]\nsonames = [\"x\"]\n");
  EXPECT_NE(said(head + "[rule.when]\nsoname = \"x\"\n").find("is a list of texts"), std::string::npos);
  EXPECT_NE(said(head + "[rule.when]\nsoname = [\"x\"]\nrole = [\"chief\"]\n").find("no role"), std::string::npos);
  EXPECT_NE(said(head + "[rule.then]\nfiles = [\"/x\"]\n").find("would hold for every file"), std::string::npos);
  EXPECT_NE(said("[[rule]]\nname = \"a\"\n").find("because"), std::string::npos);
  // Characters beyond ASCII belong into texts; elsewhere they are an error, whichever they are.
  EXPECT_EQ(said("\xef\xbb\xbf" + head + "when = { soname = [\"\u00e9\"] }\n"), "good");
  for (const char* stray : {"\u00e9", "\u0410", "\ufc00", "\u3000x"}) {
    EXPECT_NE(said(head + stray + " = 1\n").find("mine.toml:5: "), std::string::npos) << said(head + stray + " = 1\n");
  }
  EXPECT_NE(said("x = 1\n").find("\"x\" is not known here"), std::string::npos);
}

TEST(DataOptions, ARulesFileThatIsWrongIsAnErrorOfTheCall) {
  MemoryTree tree;
  tree.file("/x", "");
  Root root = Root::in_memory(tree);
  ResolveOptions options;
  options.data.rules = {{"mine.toml", "x"}};
  auto closure = resolve(root, {"/x"}, options);
  ASSERT_FALSE(closure);
  EXPECT_EQ(closure.error().path, "mine.toml");
}

// A required thing that is not there makes the closure incomplete; an optional one is a finding.
TEST(DataOptions, ARequiredFileThatIsNotThereIsMissing) {
  World world;
  world.library("/lib64/ld-linux-x86-64.so.2");
  world.program("/usr/bin/app", Elf().interpreter("/lib64/ld-linux-x86-64.so.2"));
  const std::string rule = "[[rule]]\nname = \"mine\"\nbecause = \"it needs x\"\nsource = \"its manual\"\nwhen = { path = [\"*/app\"] }\nthen = { files = [\"/opt/x\"]";
  ResolveOptions options;
  options.data.rules = {{"mine.toml", rule + ", required = true }\n"}};
  const Resolved incomplete(world.root(), {"/usr/bin/app"}, options);
  EXPECT_EQ(incomplete.missing(), Lines{"rule /opt/x by /usr/bin/app"});
  ASSERT_EQ(incomplete.closure().missing.front().tried.size(), 1u);
  EXPECT_EQ(incomplete.closure().missing.front().tried.front().path, "/opt/x");
  options.data.rules = {{"mine.toml", rule + " }\n"}};
  EXPECT_EQ(Resolved(world.root(), {"/usr/bin/app"}, options).missing(), Lines{});
  EXPECT_EQ(Resolved(world.root(), {"/usr/bin/app"}, options).findings(), Lines{"not-there /usr/bin/app"});
}

}  // namespace
}  // namespace rootlet::test
