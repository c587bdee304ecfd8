// What is in a closure, and with which reasons.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "support/resolved.hpp"

namespace rootlet::test {
namespace {

TEST(Closure, HoldsTheProgramItsLoaderAndItsLibrariesWithTheLinksToThem) {
  World world = merged_world();
  world.program("/usr/bin/app", Elf().needs({"libz.so.1"}).interpreter(kMergedLoader));
  world.library("/usr/lib/libz.so.1.2.13", Elf().soname("libz.so.1"))
      .symlink("/usr/lib/libz.so.1", "libz.so.1.2.13");
  world.library("/usr/lib/libother.so.1");
  const Resolved resolved(world, {"/bin/app"});
  EXPECT_EQ(resolved.paths(), (Lines{"/bin", "/lib", "/lib64", "/usr/bin/app", "/usr/lib/libz.so.1",
                                     "/usr/lib/libz.so.1.2.13", "/usr/lib64/ld-linux-x86-64.so.2"}));
  EXPECT_EQ(resolved.reasons("/usr/bin/app"), Lines{"entry: /bin/app"});
  EXPECT_EQ(resolved.reasons("/bin"), Lines{"link: /bin/app"});
  EXPECT_EQ(resolved.reasons("/usr/lib64/ld-linux-x86-64.so.2"),
            Lines{"interpreter by /usr/bin/app: /lib64/ld-linux-x86-64.so.2"});
  EXPECT_EQ(resolved.reasons("/lib64"), Lines{"link by /usr/bin/app: /lib64/ld-linux-x86-64.so.2"});
  EXPECT_EQ(resolved.reasons("/usr/lib/libz.so.1.2.13"),
            Lines{"needed by /usr/bin/app: libz.so.1 [default]"});
  EXPECT_EQ(resolved.reasons("/usr/lib/libz.so.1"), Lines{"link by /usr/bin/app: /lib/libz.so.1"});
  EXPECT_EQ(resolved.reasons("/lib"), Lines{"link by /usr/bin/app: /lib/libz.so.1"});
}

TEST(Closure, HasEachPathOnceAndSortedWithAReasonForEachThatNeedsIt) {
  World world;
  world.program("/one", Elf().needs({"liba.so", "libb.so"})).program("/two", Elf().needs({"liba.so"}));
  world.library("/usr/lib/liba.so").library("/usr/lib/libb.so", Elf().needs({"liba.so"}));
  const Resolved resolved(world, {"/two", "/one", "/one"});
  const Lines paths = resolved.paths();
  EXPECT_EQ(paths,
            (Lines{"/lib64/ld-linux-x86-64.so.2", "/one", "/two", "/usr/lib/liba.so", "/usr/lib/libb.so"}));
  Lines reasons = resolved.reasons("/usr/lib/liba.so");
  std::sort(reasons.begin(), reasons.end());
  ASSERT_EQ(reasons.size(), 3u);
  EXPECT_EQ(reasons[0], "needed by /one: liba.so [default]");
  EXPECT_EQ(reasons[1], "needed by /two: liba.so [default]");
  EXPECT_EQ(reasons[2], "needed by /usr/lib/libb.so: liba.so [loaded]");
}

TEST(Closure, HasEachReasonAndEachEntryOnce) {
  World world = merged_world();
  world.program("/usr/bin/app", Elf().needs({"liba.so"}).interpreter(kMergedLoader)).library("/usr/lib/liba.so");
  ResolveOptions options = libraries_only();
  options.include = {"/bin/app", "/usr/bin/ap?"};
  const Resolved resolved(world, {"/bin/app", "/usr/bin/app", "/bin/app"}, options);
  EXPECT_EQ(resolved.closure().entries, (std::vector<std::string>{"/bin/app", "/usr/bin/app"}));
  EXPECT_EQ(resolved.reasons("/bin"), Lines{"link: /bin/app"});
  EXPECT_EQ(resolved.reasons("/usr/bin/app"), (Lines{"entry: /bin/app", "entry: /usr/bin/app", "include: /bin/app", "include: /usr/bin/app"}));
}

// Found by a rule of the library in each of the programs that load it, through a link: both were repeated.
TEST(Closure, HasAnEdgeOnceHoweverManyWaysLeadToIt) {
  World world;
  world.library("/lib64/ld-linux-x86-64.so.2");
  world.library("/usr/lib/x86_64-linux-gnu/liba.so", Elf().soname("liba.so")).file("/usr/share/a/x", "").symlink("/etc/a", "../usr/share/a");
  for (const char* program : {"/usr/bin/one", "/usr/bin/two"}) world.program(program, Elf().needs({"liba.so"}).interpreter("/lib64/ld-linux-x86-64.so.2"));
  ResolveOptions options;
  options.data.rules = {{"a.toml", "[[rule]]\nname = \"a\"\nbecause = \"b\"\nsource = \"s\"\nwhen = { soname = [\"liba.so\"] }\nthen = { files = [\"/etc/a/x\", \"/usr/share/a/x\"] }\n"}};
  const Resolved resolved(world, {"/usr/bin/one", "/usr/bin/two"}, options);
  EXPECT_EQ(resolved.reasons("/usr/share/a/x"), Lines{"rule by /usr/lib/x86_64-linux-gnu/liba.so: a"});
  EXPECT_EQ(resolved.reasons("/etc/a"), Lines{"link by /usr/lib/x86_64-linux-gnu/liba.so: a"});
}

TEST(Closure, IsTheSameSetInWhateverOrderTheEntriesStand) {
  World world = merged_world();
  std::vector<std::string> entries;
  for (const char* name : {"a", "b", "c", "d"}) {
    const std::string library = std::string("lib") + name + ".so";
    world.program(std::string("/usr/bin/") + name,
                  Elf().needs({library.c_str(), "libshared.so", "libabsent.so"}).interpreter(kMergedLoader));
    world.library("/usr/lib/" + library, Elf().needs({"libshared.so"}).runpath("/opt"));
    entries.push_back(std::string("/bin/") + name);
  }
  world.library("/usr/lib/libshared.so").library("/opt/libshared.so").file("/usr/bin/e", "#!/bin/a\n", 0755);
  entries.emplace_back("/bin/e");
  auto all = [&] {
    const Resolved resolved(world, entries);
    std::set<std::string> lines;
    for (const std::string& path : resolved.paths()) {
      for (const std::string& reason : resolved.reasons(path))
        lines.insert(path + " " + reason.substr(0, reason.find(" [")));
    }
    for (const std::string& line : resolved.missing()) lines.insert(line);
    for (const std::string& line : resolved.findings()) lines.insert(line);
    return lines;
  };
  const std::set<std::string> first = all();
  EXPECT_GT(first.size(), 20u);
  std::sort(entries.begin(), entries.end());
  do {
    ASSERT_EQ(all(), first) << testing::PrintToString(entries);
  } while (std::next_permutation(entries.begin(), entries.end()));
}

TEST(Closure, EveryReasonLeadsBackToSomethingThatWasNamed) {
  World world = merged_world();
  world.program("/usr/bin/app", Elf().needs({"liba.so"}).interpreter(kMergedLoader))
      .file("/usr/bin/script", "#!/usr/bin/env app\n", 0755);
  world.program("/usr/bin/env", Elf().interpreter(kMergedLoader))
      .library("/opt/liba.so", Elf().needs({"libb.so"}).runpath("/srv"));
  world.library("/srv/real/libb.so")
      .symlink("/srv/libb.so", "real/libb.so")
      .file("/etc/ld.so.conf", "/opt\n");
  const Resolved resolved(world, {"/bin/script"});
  ASSERT_TRUE(resolved.ok());
  EXPECT_NE(resolved.closure().find("/etc/ld.so.cache"), nullptr);
  for (const ClosureFile& file : resolved.closure().files) {
    EXPECT_FALSE(file.reasons.empty()) << file.path;
    for (const Reason& reason : file.reasons) {
      EXPECT_TRUE(reason.by.empty() || resolved.closure().find(reason.by) != nullptr)
          << file.path << " is there for " << reason.by;
    }
  }
}

TEST(Closure, ALibraryAsEntryIsResolvedAsItsProgramsWould) {
  World world;
  world.library("/usr/lib/liba.so.1", Elf().soname("liba.so.1").needs({"libb.so", "libc.so.6"}))
      .library("/usr/lib/libb.so")
      .library("/usr/lib/libc.so.6");
  const Resolved resolved(world, {"/usr/lib/liba.so.1"});
  EXPECT_EQ(resolved.paths(), (Lines{"/lib64/ld-linux-x86-64.so.2", "/usr/lib/liba.so.1", "/usr/lib/libb.so",
                                     "/usr/lib/libc.so.6"}));
}

TEST(Closure, AStaticProgramStandsAlone) {
  World world;
  world.file("/app", world.bytes_of(Elf().type(2).without_dynamic()), 0755);
  const Resolved resolved(world, {"/app"});
  EXPECT_EQ(resolved.paths(), Lines{"/app"});
  EXPECT_EQ(resolved.findings(), Lines{});
}

TEST(Closure, PreloadsFiltersAndVariantsHaveTheirOwnKindsOfReason) {
  World world;
  world.config.preload = "/p/pre.so";
  world.program("/app", Elf().needs({"liba.so"}).runpath("/l")).library("/p/pre.so");
  world.library("/l/liba.so", Elf().auxiliary("/l/aux.so"))
      .library("/l/aux.so")
      .library("/l/glibc-hwcaps/x86-64-v3/liba.so");
  const Resolved resolved(world, {"/app"});
  EXPECT_EQ(resolved.reasons("/p/pre.so"), Lines{"preload by /app: /p/pre.so [direct]"});
  EXPECT_EQ(resolved.reasons("/l/aux.so"), Lines{"filter by /l/liba.so: /l/aux.so [direct]"});
  EXPECT_EQ(resolved.reasons("/l/liba.so"), Lines{"needed by /app: liba.so [runpath]"});
  EXPECT_EQ(resolved.reasons("/l/glibc-hwcaps/x86-64-v3/liba.so"),
            Lines{"hwcaps by /app: liba.so [runpath]"});
}

// Directories, plain files, and what is added and left out by hand.

TEST(Closure, ADirectoryBringsAllThatIsInItAndWhatItsProgramsNeed) {
  World world;
  world.file("/data/deep/er/file", "x").directory("/data/empty").symlink("/data/link", "deep/er/file");
  world.program("/data/bin/app", Elf().needs({"liba.so"})).library("/usr/lib/liba.so");
  const Resolved resolved(world, {"/data"});
  EXPECT_EQ(resolved.paths(),
            (Lines{"/data", "/data/bin", "/data/bin/app", "/data/deep", "/data/deep/er", "/data/deep/er/file",
                   "/data/empty", "/data/link", "/lib64/ld-linux-x86-64.so.2", "/usr/lib/liba.so"}));
  EXPECT_EQ(resolved.reasons("/data"), Lines{"entry: /data"});
  EXPECT_EQ(resolved.reasons("/data/empty"), Lines{"entry: /data"});
}

TEST(Closure, LinksInADirectoryBringTheFilesTheyLeadToAndSayWhatTheyDoNotBring) {
  World world;
  world.symlink("/data/file", "/srv/real")
      .file("/srv/real", "x")
      .symlink("/data/dir", "/srv/tree")
      .file("/srv/tree/file", "y");
  world.symlink("/data/gone", "/srv/absent").symlink("/data/loop", "loop");
  const Resolved resolved(world, {"/data"});
  EXPECT_EQ(resolved.paths(),
            (Lines{"/data", "/data/dir", "/data/file", "/data/gone", "/data/loop", "/srv/real"}));
  EXPECT_EQ(resolved.findings(),
            (Lines{"dangling-link /data/gone", "dangling-link /data/loop", "link-to-directory /data/dir"}));
}

TEST(Closure, IncludeAddsPathsAndPatterns) {
  World world;
  world.program("/app", Elf())
      .file("/etc/a.conf", "")
      .file("/etc/b.conf", "")
      .file("/etc/.hidden.conf", "")
      .file("/etc/other", "")
      .file("/srv/x/y", "");
  ResolveOptions options = libraries_only();
  options.include = {"/etc/*.conf", "/srv"};
  const Resolved resolved(world, {"/app"}, options);
  EXPECT_EQ(resolved.paths(), (Lines{"/app", "/etc/a.conf", "/etc/b.conf", "/lib64/ld-linux-x86-64.so.2",
                                     "/srv", "/srv/x", "/srv/x/y"}));
  EXPECT_EQ(resolved.reasons("/etc/a.conf"), Lines{"include: /etc/a.conf"});
}

TEST(Closure, APatternThatMatchesNothingIsAFindingAndAPathThatIsNotThereAnError) {
  World world;
  world.program("/app", Elf());
  ResolveOptions options = libraries_only();
  options.include = {"/etc/*.conf"};
  EXPECT_EQ(Resolved(world, {"/app"}, options).findings(), Lines{"include-matches-nothing /etc/*.conf"});
  options.include = {"/etc/absent"};
  const Resolved refused(world, {"/app"}, options);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::not_found);
  EXPECT_NE(refused.error().message.find("/etc/absent"), std::string::npos);
}

// One link that leads nowhere, among the matches of a pattern, was the end of all.
TEST(Closure, APatternCarriesADanglingLinkAsItIs) {
  World world;
  world.program("/app", Elf()).file("/etc/a.conf", "").symlink("/etc/b.conf", "gone").symlink("/etc/c.conf", "a.conf");
  ResolveOptions options = libraries_only();
  options.include = {"/etc/*.conf"};
  const Resolved resolved(world, {"/app"}, options);
  ASSERT_TRUE(resolved.ok());
  EXPECT_EQ(resolved.paths(), (Lines{"/app", "/etc/a.conf", "/etc/b.conf", "/etc/c.conf", "/lib64/ld-linux-x86-64.so.2"}));
  EXPECT_EQ(resolved.findings(), Lines{"dangling-link /etc/b.conf"});
}

TEST(Closure, ExcludeLeavesOutWhatMatchesAndSaysSo) {
  World world;
  world.program("/app", Elf().needs({"liba.so", "libb.so"}))
      .library("/usr/lib/liba.so")
      .library("/usr/lib/libb.so");
  ResolveOptions options = libraries_only();
  options.exclude = {"*/libb.so"};
  const Resolved resolved(world, {"/app"}, options);
  EXPECT_EQ(resolved.paths(), (Lines{"/app", "/lib64/ld-linux-x86-64.so.2", "/usr/lib/liba.so"}));
  EXPECT_EQ(resolved.findings(), Lines{"excluded /usr/lib/libb.so"});
  EXPECT_EQ(resolved.missing(), Lines{});
}

TEST(Closure, WhatIsExcludedFromADirectoryIsLeftOutWithAllBelowIt) {
  World world;
  world.file("/data/keep", "").file("/data/cache/a", "").file("/data/cache/b/c", "");
  ResolveOptions options = libraries_only();
  options.exclude = {"/data/cache"};
  EXPECT_EQ(Resolved(world, {"/data"}, options).paths(), (Lines{"/data", "/data/keep"}));
}

TEST(Closure, ALibraryThatOnlyAnExcludedOneNeedsStillHasAReasonToBeThere) {
  World world;
  world.program("/app", Elf().needs({"liba.so"}))
      .library("/usr/lib/liba.so", Elf().needs({"libb.so"}))
      .library("/usr/lib/libb.so");
  ResolveOptions options = libraries_only();
  options.exclude = {"*/liba.so"};
  const Resolved resolved(world, {"/app"}, options);
  EXPECT_EQ(resolved.paths(), (Lines{"/app", "/lib64/ld-linux-x86-64.so.2", "/usr/lib/libb.so"}));
  EXPECT_EQ(resolved.reasons("/usr/lib/libb.so"), Lines{"needed by /usr/lib/liba.so: libb.so [default]"});
}

}  // namespace
}  // namespace rootlet::test
