// Scripts: the interpreter that the first line names, and what that needs.
#include <gtest/gtest.h>

#include "support/chroot.hpp"
#include "support/resolved.hpp"

namespace rootlet::test {
namespace {

World with_shell() {
  World world = merged_world();
  world.program("/usr/bin/sh", Elf().needs({"liba.so"}).interpreter(kMergedLoader))
      .library("/usr/lib/liba.so");
  world.program("/usr/bin/env", Elf().interpreter(kMergedLoader))
      .program("/usr/bin/perl", Elf().interpreter(kMergedLoader));
  return world;
}

bool has(const Lines& lines, const std::string& wanted) {
  return std::find(lines.begin(), lines.end(), wanted) != lines.end();
}

TEST(Scripts, BringTheirInterpreterAndWhatItNeeds) {
  World world = with_shell();
  world.file("/usr/bin/script", "#! /bin/sh -e\nexit\n", 0755);
  const Resolved resolved(world, {"/usr/bin/script"});
  EXPECT_EQ(resolved.paths(), (Lines{"/bin", "/lib", "/lib64", "/usr/bin/script", "/usr/bin/sh",
                                     "/usr/lib/liba.so", "/usr/lib64/ld-linux-x86-64.so.2"}));
  EXPECT_EQ(resolved.reasons("/usr/bin/sh"), Lines{"script by /usr/bin/script: /bin/sh"});
  EXPECT_EQ(resolved.reasons("/bin"), Lines{"link by /usr/bin/script: /bin/sh"});
}

TEST(Scripts, AreFollowedWhereOneIsTheInterpreterOfAnother) {
  World world = with_shell();
  world.file("/one", "#!/two\n", 0755).file("/two", "#!/three x\n", 0755).file("/three", "#!/bin/sh\n", 0755);
  const Resolved resolved(world, {"/one"});
  EXPECT_EQ(resolved.reasons("/two"), Lines{"script by /one: /two"});
  EXPECT_EQ(resolved.reasons("/three"), Lines{"script by /two: /three"});
  EXPECT_EQ(resolved.reasons("/usr/bin/sh"), Lines{"script by /three: /bin/sh"});
  EXPECT_TRUE(has(resolved.paths(), "/usr/lib/liba.so"));
}

TEST(Scripts, ThatNameEnvBringTheCommandToo) {
  World world = with_shell();
  world.file("/script", "#!/usr/bin/env perl\n", 0755);
  const Resolved resolved(world, {"/script"});
  EXPECT_EQ(resolved.reasons("/usr/bin/env"), Lines{"script by /script: /usr/bin/env"});
  EXPECT_EQ(resolved.reasons("/usr/bin/perl"), Lines{"script by /script: env perl"});
}

TEST(Scripts, ThatNameEnvWithWordsBringTheRightOne) {
  for (const char* line :
       {"#!/usr/bin/env -S perl -w\n", "#!/usr/bin/env -S A=1 B=2 perl\n",
        "#!/usr/bin/env --split-string=-i 'perl' -x\n", "#!/usr/bin/env -vS -u HOME perl\n"}) {
    World world = with_shell();
    world.file("/script", line, 0755);
    EXPECT_TRUE(has(Resolved(world, {"/script"}).paths(), "/usr/bin/perl")) << line;
  }
}

TEST(Scripts, TakeTheFirstExecutableOfThatNameInThePath) {
  World world = with_shell();
  world.file("/usr/local/bin/perl", "not executable", 0644)
      .program("/opt/bin/perl", Elf().interpreter(kMergedLoader));
  world.file("/script", "#!/usr/bin/env perl\n", 0755);
  EXPECT_TRUE(has(Resolved(world, {"/script"}).paths(), "/usr/bin/perl"));
  ResolveOptions options = libraries_only();
  options.path = "/absent:/opt/bin:/usr/bin";
  const Resolved resolved(world, {"/script"}, options);
  EXPECT_TRUE(has(resolved.paths(), "/opt/bin/perl"));
  EXPECT_FALSE(has(resolved.paths(), "/usr/bin/perl"));
}

TEST(Scripts, WithoutTheirInterpreterAreIncomplete) {
  World world = with_shell();
  world.file("/script", "#!/usr/bin/python9 -x\n", 0755);
  EXPECT_EQ(Resolved(world, {"/script"}).missing(), Lines{"script /usr/bin/python9 by /script"});
}

TEST(Scripts, WithoutEnvsCommandAreIncompleteAndEveryPlaceIsTold) {
  World world = with_shell();
  world.file("/script", "#!/usr/bin/env python9\n", 0755);
  ResolveOptions options = libraries_only();
  options.path = "/usr/local/bin:/usr/bin";
  const Resolved resolved(world, {"/script"}, options);
  EXPECT_EQ(resolved.missing(), Lines{"script python9 by /script"});
  ASSERT_TRUE(resolved.ok());
  Lines tried;
  for (const Attempt& attempt : resolved.closure().missing.at(0).tried) tried.push_back(attempt.path);
  EXPECT_EQ(tried, (Lines{"/usr/local/bin/python9", "/usr/bin/python9"}));
}

TEST(Scripts, ThatNameEachOtherComeToAnEnd) {
  World world = with_shell();
  world.file("/one", "#!/two\n", 0755).file("/two", "#!/one\n", 0755).file("/self", "#!/self\n", 0755);
  EXPECT_FALSE(Resolved(world, {"/one"}).missing().empty());
  EXPECT_EQ(Resolved(world, {"/self"}).missing(), Lines{"script /self by /self"});
}

TEST(Scripts, MayBeNestedAsDeepAsTheKernelGoesAndNoDeeper) {
  // exec_binprm starts over with an interpreter five times; the sixth is ELOOP.
  for (const int depth : {4, 5, 6}) {
    World world = with_shell();
    for (int i = 1; i <= depth; ++i) {
      world.file("/s" + std::to_string(i), i == depth ? "#!/bin/sh\n" : "#!/s" + std::to_string(i + 1) + "\n",
                 0755);
    }
    EXPECT_EQ(Resolved(world, {"/s1"}).missing().empty(), depth <= 5) << depth;
    // The kernel itself, asked on this machine.
    TemporaryDirectory directory;
    for (int i = 1; i <= depth; ++i) {
      write_file(directory / ("s" + std::to_string(i)),
                 i == depth ? "#!/bin/echo\n" : "#!" + (directory / ("s" + std::to_string(i + 1))) + "\n",
                 0755);
    }
    const CommandResult said = run_program({"", {directory / "s1"}});
    EXPECT_EQ(said.status == 0, depth <= 5) << said.err;
  }
}

TEST(Scripts, WithARelativeInterpreterAreToldOf) {
  World world = with_shell();
  world.file("/script", "#!bin/sh\n", 0755);
  const Resolved resolved(world, {"/script"});
  EXPECT_EQ(resolved.findings(), Lines{"relative-interpreter /script"});
  EXPECT_TRUE(has(resolved.paths(), "/usr/bin/sh"));
}

TEST(Scripts, WithNothingBehindTheMarkAreNoPrograms) {
  World world = with_shell();
  world.file("/script", "#!\nexit\n", 0755);
  EXPECT_EQ(Resolved(world, {"/script"}).findings(), Lines{"not-a-program /script"});
}

TEST(Scripts, InADirectoryCountIfTheyAreExecutable) {
  World world = with_shell();
  world.file("/data/run", "#!/bin/sh\n", 0755).file("/data/template", "#!/usr/bin/python9\n", 0644);
  const Resolved resolved(world, {"/data"});
  EXPECT_EQ(resolved.missing(), Lines{});
  EXPECT_TRUE(has(resolved.paths(), "/usr/bin/sh"));
}

TEST(Scripts, WhoseInterpreterIsExcludedBringNothingOfIt) {
  World world = with_shell();
  world.file("/script", "#!/bin/sh\n", 0755);
  ResolveOptions options = libraries_only();
  options.exclude = {"/usr/bin/sh"};
  const Resolved resolved(world, {"/script"}, options);
  EXPECT_EQ(resolved.findings(), Lines{"excluded /usr/bin/sh"});
  EXPECT_FALSE(has(resolved.paths(), "/usr/lib/liba.so")) << "a library that only what was left out needs";
}

}  // namespace
}  // namespace rootlet::test
