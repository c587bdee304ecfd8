// $ORIGIN, $LIB and $PLATFORM, and the other lists that name objects: preloads and audit modules.
#include <gtest/gtest.h>

#include "support/world.hpp"

namespace rootlet::test {
namespace {

TEST(GlibcTokens, OriginOfALibraryIsWhereItsNameWasFound) {
  World world;
  world.program("/app", Elf().needs({"liba.so"}).runpath("/opt/names"));
  world.library("/real/liba.so", Elf().needs({"libb.so"}).runpath("$ORIGIN/beside"));
  world.symlink("/opt/names/liba.so", "/real/liba.so");
  world.library("/real/beside/libb.so").library("/opt/names/beside/libb.so");
  expect_answer(
      world, "/app",
      {{"liba.so => /opt/names/liba.so [runpath]", "libb.so => /opt/names/beside/libb.so [runpath]"}, {}});
}

TEST(GlibcTokens, OriginOfTheProgramIsThatOfItsFile) {
  World world;
  world.program("/opt/suite/bin/app", Elf().needs({"liba.so"}).runpath("$ORIGIN/../lib"));
  world.symlink("/bin/app", "../opt/suite/bin/app");
  world.library("/lib/liba.so").library("/opt/suite/lib/liba.so");
  expect_answer(world, "/bin/app", {{"liba.so => /opt/suite/bin/../lib/liba.so [runpath]"}, {}});
}

TEST(GlibcTokens, LibAndPlatformHaveTheLoadersValues) {
  World world;
  world.program("/app", Elf().needs({"liba.so", "libb.so"}).runpath("/one/$LIB:/two/${PLATFORM}"));
  world.library("/one/lib/x86_64-linux-gnu/liba.so");
  const Answer answer = world.answer("/app");
  EXPECT_EQ(answer.loaded, Lines{"liba.so => /one/lib/x86_64-linux-gnu/liba.so [runpath]"});
  EXPECT_EQ(answer.missing, Lines{"libb.so"});
  if (world.why_not_real().empty()) {
    EXPECT_EQ(*world.real_answer("/app"),
              (Answer{{"liba.so => /one/lib/x86_64-linux-gnu/liba.so"}, {"libb.so"}}));
  }
}

TEST(GlibcTokens, EveryValueOfPlatformThatAProcessorMayHaveIsFollowed) {
  World world;
  world.program("/app", Elf().needs({"liba.so"}).runpath("/l/$PLATFORM"));
  world.library("/l/x86_64/liba.so").library("/l/haswell/liba.so").library("/l/xeon_phi/liba.so");
  Root root = world.root();
  Loader loader(root, {});
  auto loads = loader.load_all(*root.walk("/app").node, "/app");
  ASSERT_TRUE(loads) << loads.error().message;
  Lines found;
  for (const Load& load : *loads) found.push_back(load.objects.back().name);
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, (Lines{"/l/haswell/liba.so", "/l/x86_64/liba.so", "/l/xeon_phi/liba.so"}));
}

TEST(GlibcTokens, TokensStandInNeededNamesToo) {
  World world;
  world.program("/opt/app", Elf().needs({"$ORIGIN/liba.so", "${ORIGIN}/sub/libb.so"}));
  world.library("/opt/liba.so").library("/opt/sub/libb.so");
  expect_answer(
      world, "/opt/app",
      {{"/opt/liba.so => /opt/liba.so [direct]", "/opt/sub/libb.so => /opt/sub/libb.so [direct]"}, {}});
}

TEST(GlibcTokens, TokensStandInPreloadsAndFiltersToo) {
  World world;
  world.config.preload = "$ORIGIN/pre.so:${ORIGIN}/gone.so";
  world.program("/opt/app", Elf().needs({"/srv/liba.so"}));
  world.library("/srv/liba.so", Elf().auxiliary("$ORIGIN/aux.so"))
      .library("/srv/aux.so")
      .library("/opt/aux.so")
      .library("/opt/pre.so");
  EXPECT_EQ(world.answer("/opt/app"),
            (Answer{{"$ORIGIN/pre.so => /opt/pre.so [direct]", "/srv/liba.so => /srv/liba.so [direct]",
                     "/srv/aux.so => /srv/aux.so [direct]"},
                    {"${ORIGIN}/gone.so"}}));
  if (!world.why_not_real().empty()) return;
  // The loader lists link maps, where a filtee stands before its filter.
  EXPECT_EQ(
      *world.real_answer("/opt/app"),
      (Answer{{"$ORIGIN/pre.so => /opt/pre.so", "/srv/aux.so => /srv/aux.so", "/srv/liba.so => /srv/liba.so"},
              {"${ORIGIN}/gone.so"}}));
}

TEST(GlibcTokens, TokensStandInTheLibraryPathWhereTheyMeanTheProgram) {
  World world;
  world.config.library_path = "$ORIGIN/private";
  world.program("/opt/app", Elf().needs({"liba.so"}));
  world.library("/opt/private/liba.so", Elf().needs({"libb.so"}))
      .library("/opt/private/libb.so")
      .library("/opt/private/private/libb.so");
  expect_answer(
      world, "/opt/app",
      {{"liba.so => /opt/private/liba.so [library-path]", "libb.so => /opt/private/libb.so [library-path]"},
       {}});
}

TEST(GlibcTokens, WhatOnlyLooksLikeATokenIsText) {
  World world;
  world.program(
      "/app",
      Elf().needs({"liba.so", "libb.so", "libc1.so"}).runpath("/l/$ORIGINAL:/l/${ORIGIN:/l/$LIBRARY"));
  world.library("/l/$ORIGINAL/liba.so").library("/l/${ORIGIN/libb.so").library("/l/$LIBRARY/libc1.so");
  expect_answer(world, "/app",
                {{"liba.so => /l/$ORIGINAL/liba.so [runpath]", "libb.so => /l/${ORIGIN/libb.so [runpath]",
                  "libc1.so => /l/$LIBRARY/libc1.so [runpath]"},
                 {}});
}

// Preloads.

TEST(GlibcPreload, NamesAreSeparatedByBlanksAndColonsAndComeFirst) {
  World world;
  world.config.preload = "/p/one.so two.so:three.so";
  world.config.library_path = "/p";
  world.program("/app", Elf().needs({"liba.so", "two.so"}));
  world.library("/p/one.so", Elf().needs({"libof.so"}))
      .library("/p/two.so")
      .library("/p/three.so")
      .library("/p/liba.so")
      .library("/p/libof.so");
  expect_answer(world, "/app",
                {{"/p/one.so => /p/one.so [direct]", "two.so => /p/two.so [library-path]",
                  "three.so => /p/three.so [library-path]", "liba.so => /p/liba.so [library-path]",
                  "libof.so => /p/libof.so [library-path]"},
                 {}});
}

TEST(GlibcPreload, TheRootsOwnListIsReadWithItsComment) {
  World world;
  world.file("/etc/ld.so.preload", "/p/one.so:/p/two.so # not this: /p/four.so\n/p/three.so");
  world.program("/app", Elf().needs({"/p/liba.so"}));
  for (const char* path : {"/p/one.so", "/p/two.so", "/p/three.so", "/p/four.so", "/p/liba.so"})
    world.library(path);
  expect_answer(world, "/app",
                {{"/p/one.so => /p/one.so [direct]", "/p/two.so => /p/two.so [direct]",
                  "/p/three.so => /p/three.so [direct]", "/p/liba.so => /p/liba.so [direct]"},
                 {}});
}

TEST(GlibcPreload, ASecondCommentIsCutShortByTheLengthOfTheFirst) {
  // dl_main searches for it from the front again, with the length that the first one left over.
  World world;
  world.file("/etc/ld.so.preload", "# first one\n/p/one.so # not this: /p/four.so\n");
  world.program("/app", Elf().needs({"/p/liba.so"}));
  for (const char* path : {"/p/one.so", "/p/four.so", "/four.so", "/p/liba.so"}) world.library(path);
  expect_answer(world, "/app",
                {{"/p/one.so => /p/one.so [direct]", "/p/four.so => /p/four.so [direct]",
                  "/p/liba.so => /p/liba.so [direct]"},
                 {}});
}

TEST(GlibcPreload, WhatTheCallerAskedForIsRequiredAndWhatTheFileNamesIsNot) {
  World world;
  world.config.preload = "/p/absent.so";
  world.file("/etc/ld.so.preload", "/p/gone.so\n");
  world.program("/app", Elf());
  Root root = world.root();
  Loader loader(root, world.config);
  const Load load = world.load(root, loader, "/app");
  ASSERT_EQ(load.failures.size(), 2u);
  EXPECT_EQ(load.failures[0].name, "/p/absent.so");
  EXPECT_FALSE(load.failures[0].optional);
  EXPECT_EQ(load.failures[1].name, "/p/gone.so");
  EXPECT_TRUE(load.failures[1].optional);
  for (const LoadFailure& failure : load.failures) EXPECT_EQ(failure.kind, EdgeKind::preload);
}

// Audit modules are loaded into namespaces of their own, which a trace does not list.

TEST(GlibcAudit, TheProgramsModulesAndWhatTheyNeedAreFound) {
  World world;
  world.program("/app",
                Elf().needs({"liba.so"}).audit("/m/one.so:two.so").depaudit("/m/three.so").runpath("/l"));
  world.library("/l/liba.so", Elf().audit("/m/four.so"));
  world.library("/m/one.so", Elf().needs({"libof.so"}).runpath("/m"))
      .library("/m/libof.so")
      .library("/l/two.so");
  world.library("/m/three.so").library("/m/four.so");
  EXPECT_EQ(world.answer("/app"),
            (Answer{{"liba.so => /l/liba.so [runpath]", "/m/one.so => /m/one.so [direct]",
                     "two.so => /l/two.so [runpath]", "/m/three.so => /m/three.so [direct]",
                     "libof.so => /m/libof.so [runpath]"},
                    {}}));
}

TEST(GlibcAudit, AnAbsentModuleKeepsNoProgramFromStarting) {
  World world;
  world.program("/app", Elf().audit("/m/absent.so"));
  Root root = world.root();
  Loader loader(root, {});
  const Load load = world.load(root, loader, "/app");
  ASSERT_EQ(load.failures.size(), 1u);
  EXPECT_EQ(load.failures[0].kind, EdgeKind::audit);
  EXPECT_TRUE(load.failures[0].optional);
}

}  // namespace
}  // namespace rootlet::test
