// The rules of glibc's ld.so, one little root each. What is expected is checked against the real loader
// where it can be asked (support/world.hpp).
#include <gtest/gtest.h>

#include "support/world.hpp"

namespace rootlet::test {
namespace {

// Which objects, in which order.

TEST(GlibcLoader, ObjectsAreLoadedBreadthFirst) {
  World world;
  world.program("/app", Elf().needs({"liba.so", "libb.so"}).rpath("/l"));
  world.library("/l/liba.so", Elf().needs({"libc1.so"}));
  world.library("/l/libb.so", Elf().needs({"libd.so", "libc1.so"}));
  world.library("/l/libc1.so", Elf().needs({"libe.so"}));
  world.library("/l/libd.so").library("/l/libe.so");
  expect_answer(
      world, "/app",
      {{"liba.so => /l/liba.so [rpath]", "libb.so => /l/libb.so [rpath]", "libc1.so => /l/libc1.so [rpath]",
        "libd.so => /l/libd.so [rpath]", "libe.so => /l/libe.so [rpath]"},
       {}});
}

TEST(GlibcLoader, ANameThatIsLoadedIsNotSearchedForAgain) {
  World world;
  world.program("/app", Elf().needs({"liba.so", "libx.so"}).runpath("/one"));
  world.library("/one/liba.so", Elf().needs({"libx.so"}).runpath("/two"));
  world.library("/one/libx.so").library("/two/libx.so");
  expect_answer(world, "/app",
                {{"liba.so => /one/liba.so [runpath]", "libx.so => /one/libx.so [runpath]"}, {}});
}

TEST(GlibcLoader, TheSonameOfALoadedObjectAnswersForIt) {
  World world;
  world.program("/app", Elf().needs({"libx.so", "liba.so"}).runpath("/one"));
  world.library("/one/libx.so", Elf().soname("libx.so.1"));
  world.library("/one/liba.so", Elf().needs({"libx.so.1"}).runpath("/two"));
  world.library("/two/libx.so.1");
  expect_answer(world, "/app",
                {{"libx.so => /one/libx.so [runpath]", "liba.so => /one/liba.so [runpath]"}, {}});
}

TEST(GlibcLoader, ADifferentSonameDoesNotStopTheNameItWasFoundByFromMatching) {
  World world;
  world.program("/app", Elf().needs({"libx.so", "liba.so"}).runpath("/one"));
  world.library("/one/libx.so", Elf().soname("liby.so.7"));
  world.library("/one/liba.so", Elf().needs({"libx.so"}).runpath("/two"));
  world.library("/two/libx.so");
  expect_answer(world, "/app",
                {{"libx.so => /one/libx.so [runpath]", "liba.so => /one/liba.so [runpath]"}, {}});
}

TEST(GlibcLoader, OneFileByTwoNamesIsLoadedOnce) {
  World world;
  world.program("/app", Elf().needs({"libx.so", "liby.so", "libz.so", "liba.so"}).runpath("/l"));
  world.library("/l/libx.so").symlink("/l/liby.so", "libx.so").hard_link("/l/libz.so", "/l/libx.so");
  world.library("/l/liba.so");
  expect_answer(world, "/app", {{"libx.so => /l/libx.so [runpath]", "liba.so => /l/liba.so [runpath]"}, {}});
}

TEST(GlibcLoader, ACopyUnderAnotherNameIsAnotherObject) {
  World world;
  world.program("/app", Elf().needs({"libx.so", "liby.so"}).runpath("/l"));
  world.library("/l/libx.so").library("/l/liby.so");
  expect_answer(world, "/app", {{"libx.so => /l/libx.so [runpath]", "liby.so => /l/liby.so [runpath]"}, {}});
}

TEST(GlibcLoader, ANameThatOneObjectDidNotFindMayBeFoundByAnother) {
  World world;
  world.program("/app", Elf().needs({"libx.so", "liba.so"}).runpath("/one"));
  world.library("/one/liba.so", Elf().needs({"libx.so"}).runpath("/two"));
  world.library("/two/libx.so");
  expect_answer(world, "/app",
                {{"liba.so => /one/liba.so [runpath]", "libx.so => /two/libx.so [runpath]"}, {"libx.so"}});
}

TEST(GlibcLoader, TheLoaderAnswersToItsSonameAndToItsPath) {
  World world;
  world.program(
      "/app", Elf().needs({"ld-linux-x86-64.so.2", "/lib64/ld-linux-x86-64.so.2", "liba.so"}).runpath("/l"));
  world.library("/l/ld-linux-x86-64.so.2").library("/l/liba.so");
  expect_answer(world, "/app", {{"liba.so => /l/liba.so [runpath]"}, {}});
}

TEST(GlibcLoader, TheKernelsOwnObjectIsNoFile) {
  World world;
  world.program("/app", Elf().needs({"linux-vdso.so.1", "liba.so"}).runpath("/l"));
  world.library("/l/linux-vdso.so.1").library("/l/liba.so");
  expect_answer(world, "/app", {{"liba.so => /l/liba.so [runpath]"}, {}});
}

TEST(GlibcLoader, AStaticProgramLoadsNothing) {
  World world;
  world.file("/app", world.bytes_of(Elf().type(2).without_dynamic()), 0755);
  world.file("/pie", world.bytes_of(Elf().flags_1(elf::kFlag1Pie)), 0755);
  EXPECT_EQ(world.answer("/app"), Answer());
  EXPECT_EQ(world.answer("/pie"), Answer());
}

// Where a name is looked for.

TEST(GlibcLoader, TheOrderIsRpathThenLibraryPathThenRunpathThenCacheThenDefaults) {
  struct Place {
    const char* directory;
    const char* how;
  };
  const std::vector<Place> with_rpath = {{"/rpath", "rpath"},
                                         {"/env", "library-path"},
                                         {"/cached", "cache"},
                                         {"/lib/x86_64-linux-gnu", "default"}};
  const std::vector<Place> with_runpath = {{"/env", "library-path"},
                                           {"/runpath", "runpath"},
                                           {"/cached", "cache"},
                                           {"/lib/x86_64-linux-gnu", "default"}};
  for (const auto& [places, runpath] : {std::pair(with_rpath, false), std::pair(with_runpath, true)}) {
    for (size_t first = 0; first < places.size(); ++first) {
      World world;
      world.config.library_path = "/env";
      Elf app = Elf().needs({"libx.so"});
      world.program("/app", runpath ? app.rpath("/rpath").runpath("/runpath") : app.rpath("/rpath"));
      world.cache({{"libx.so", "/cached/libx.so"}});
      if (runpath) world.library("/rpath/libx.so");  // void beside a DT_RUNPATH
      for (size_t i = first; i < places.size(); ++i)
        world.library(std::string(places[i].directory) + "/libx.so");
      const std::string path = std::string(places[first].directory) + "/libx.so";
      expect_answer(world, "/app", {{"libx.so => " + path + " [" + places[first].how + "]"}, {}});
    }
  }
}

TEST(GlibcLoader, RpathIsInheritedFromAllLoadersUpToTheProgram) {
  World world;
  world.program("/app", Elf().needs({"liba.so"}).rpath("/of/app"));
  world.library("/of/app/liba.so", Elf().needs({"libb.so"}).rpath("/of/a"));
  world.library("/of/a/libb.so", Elf().needs({"libc1.so", "libd.so", "libe.so"}).rpath("/of/b"));
  world.library("/of/b/libc1.so").library("/of/a/libc1.so").library("/of/app/libc1.so");
  world.library("/of/a/libd.so").library("/of/app/libd.so");
  world.library("/of/app/libe.so");
  expect_answer(world, "/app",
                {{"liba.so => /of/app/liba.so [rpath]", "libb.so => /of/a/libb.so [rpath]",
                  "libc1.so => /of/b/libc1.so [rpath]", "libd.so => /of/a/libd.so [rpath]",
                  "libe.so => /of/app/libe.so [rpath]"},
                 {}});
}

TEST(GlibcLoader, RunpathOfParentIsNotInherited) {
  World world;
  world.program("/app", Elf().needs({"liba.so"}).runpath("/l"));
  world.library("/l/liba.so", Elf().needs({"libb.so"}));
  world.library("/l/libb.so");
  expect_answer(world, "/app", {{"liba.so => /l/liba.so [runpath]"}, {"libb.so"}});
}

TEST(GlibcLoader, AnObjectWithRunpathIgnoresEveryRpath) {
  World world;
  world.program("/app", Elf().needs({"liba.so"}).rpath("/l"));
  world.library("/l/liba.so", Elf().needs({"libb.so"}).rpath("/own").runpath("/run"));
  world.library("/l/libb.so").library("/own/libb.so");
  expect_answer(world, "/app", {{"liba.so => /l/liba.so [rpath]"}, {"libb.so"}});
}

TEST(GlibcLoader, AnEmptyRunpathStillVoidsRpath) {
  World world;
  world.program("/app", Elf().needs({"liba.so"}).rpath("/l").runpath(""));
  world.library("/l/liba.so");
  expect_answer(world, "/app", {{}, {"liba.so"}});
}

TEST(GlibcLoader, AnEmptyElementIsTheWorkingDirectory) {
  World world;
  world.program("/app", Elf().needs({"liba.so", "libb.so"}).runpath("/l:"));
  world.library("/l/liba.so").library("/liba.so").library("/libb.so");
  expect_answer(world, "/app", {{"liba.so => /l/liba.so [runpath]", "libb.so => libb.so [runpath]"}, {}});
}

TEST(GlibcLoader, TheLibraryPathTakesColonsAndSemicolons) {
  World world;
  world.config.library_path = "/one;/two:/three";
  world.program("/app", Elf().needs({"liba.so", "libb.so", "libc1.so"}));
  world.library("/one/liba.so").library("/two/libb.so").library("/three/libc1.so").library("/three/libb.so");
  expect_answer(world, "/app",
                {{"liba.so => /one/liba.so [library-path]", "libb.so => /two/libb.so [library-path]",
                  "libc1.so => /three/libc1.so [library-path]"},
                 {}});
}

TEST(GlibcLoader, ANameWithASlashIsAPathAndIsNotSearchedFor) {
  World world;
  world.config.library_path = "/l";
  world.program("/app", Elf().needs({"/opt/liba.so", "sub/libb.so", "/absent/libc1.so"}));
  world.library("/opt/liba.so").library("/sub/libb.so").library("/l/libc1.so").library("/l/absent/libc1.so");
  expect_answer(world, "/app",
                {{"/opt/liba.so => /opt/liba.so [direct]", "sub/libb.so => sub/libb.so [direct]"},
                 {"/absent/libc1.so"}});
}

TEST(GlibcLoader, TheDefaultDirectoriesAreTriedInTheLoadersOwnOrder) {
  // Debian's: the multiarch directories before /lib and /usr/lib.
  const Lines order = {"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib", "/usr/lib"};
  for (size_t first = 0; first < order.size(); ++first) {
    World world;
    world.program("/app", Elf().needs({"libx.so"}));
    for (size_t i = first; i < order.size(); ++i) world.library(order[i] + "/libx.so");
    expect_answer(world, "/app", {{"libx.so => " + order[first] + "/libx.so [default]"}, {}});
  }
}

TEST(GlibcLoader, TheDefaultDirectoriesAreReadFromTheRootsOwnLoader) {
  World world;
  world.loader(world.bytes_of(Elf().soname("ld-linux-x86-64.so.2")) +
               std::string("\0/lib/odd/\0/usr/lib/odd/\0", 25));
  world.program("/app", Elf().needs({"liba.so", "libb.so", "libc1.so"}));
  world.library("/lib/odd/liba.so").library("/usr/lib/odd/libb.so").library("/lib/x86_64-linux-gnu/libc1.so");
  expect_answer(
      world, "/app",
      {{"liba.so => /lib/odd/liba.so [default]", "libb.so => /usr/lib/odd/libb.so [default]"}, {"libc1.so"}});
}

TEST(GlibcLoader, WithoutThatKnowledgeATableByMachineGivesThem) {
  World world;
  world.loader(world.bytes_of(Elf().soname("ld-linux-x86-64.so.2")));
  world.program("/app", Elf().needs({"liba.so", "libb.so"}));
  world.library("/usr/lib/x86_64-linux-gnu/liba.so").library("/usr/lib64/libb.so");
  expect_answer(
      world, "/app",
      {{"liba.so => /usr/lib/x86_64-linux-gnu/liba.so [default]", "libb.so => /usr/lib64/libb.so [default]"},
       {}});
}

// DF_1_NODEFLIB.

TEST(GlibcLoader, NodeflibRulesOutDefaultDirectoriesAlsoFromTheCache) {
  World world;
  world.program("/app", Elf()
                            .needs({"liba.so", "libb.so", "libc1.so", "libd.so"})
                            .flags_1(elf::kFlag1NoDefaultLibraries)
                            .runpath("/l"));
  world.library("/usr/lib/liba.so")
      .library("/usr/lib/libb.so")
      .library("/opt/libc1.so")
      .library("/l/libd.so");
  world.cache({{"libb.so", "/usr/lib/libb.so"}, {"libc1.so", "/opt/libc1.so"}});
  expect_answer(
      world, "/app",
      {{"libc1.so => /opt/libc1.so [cache]", "libd.so => /l/libd.so [runpath]"}, {"liba.so", "libb.so"}});
}

TEST(GlibcLoader, NodeflibIsAboutTheObjectThatHasIt) {
  World world;
  world.program("/app", Elf().needs({"liba.so"}).flags_1(elf::kFlag1NoDefaultLibraries).runpath("/l"));
  world.library("/l/liba.so", Elf().needs({"libb.so"})).library("/usr/lib/libb.so");
  expect_answer(world, "/app",
                {{"liba.so => /l/liba.so [runpath]", "libb.so => /usr/lib/libb.so [default]"}, {}});
}

// Filters.

TEST(GlibcLoader, AFilteeIsLoadedAtTheFiltersPlace) {
  World world;
  world.program("/app", Elf().needs({"liba.so", "libb.so"}).rpath("/l"));
  world.library("/l/liba.so", Elf().filter("libreal.so").auxiliary("libfast.so"));
  world.library("/l/libb.so")
      .library("/l/libreal.so", Elf().needs({"libc1.so"}))
      .library("/l/libfast.so")
      .library("/l/libc1.so");
  const Answer expected{{"liba.so => /l/liba.so [rpath]", "libb.so => /l/libb.so [rpath]",
                         "libreal.so => /l/libreal.so [rpath]", "libfast.so => /l/libfast.so [rpath]",
                         "libc1.so => /l/libc1.so [rpath]"},
                        {}};
  EXPECT_EQ(world.answer("/app"), expected);
  if (!world.why_not_real().empty()) return;
  // The loader lists link maps, where a filtee stands before its filter; the set is what counts here.
  auto real = world.real_answer("/app");
  ASSERT_TRUE(real.has_value());
  std::sort(real->loaded.begin(), real->loaded.end());
  EXPECT_EQ(real->loaded, (Lines{"liba.so => /l/liba.so", "libb.so => /l/libb.so", "libc1.so => /l/libc1.so",
                                 "libfast.so => /l/libfast.so", "libreal.so => /l/libreal.so"}));
}

TEST(GlibcLoader, ObjectsThatFilterEachOtherComeToAnEnd) {
  // The real loader puts each before the other until its stack is full, and is killed.
  World world;
  world.program("/app", Elf().needs({"liba.so"}).rpath("/l"));
  world.library("/l/liba.so", Elf().auxiliary("libb.so")).library("/l/libb.so", Elf().auxiliary("liba.so"));
  EXPECT_EQ(world.answer("/app"),
            (Answer{{"liba.so => /l/liba.so [rpath]", "libb.so => /l/libb.so [rpath]"}, {}}));
  Root root = world.root();
  Loader loader(root, {});
  const Load load = world.load(root, loader, "/app");
  ASSERT_EQ(load.findings.size(), 1u);
  EXPECT_EQ(load.findings[0].kind, "limit");
}

TEST(GlibcLoader, AnAuxiliaryMayBeAbsentAndAFilteeMayNot) {
  World world;
  world.program("/app", Elf().needs({"liba.so"}).rpath("/l"));
  world.library("/l/liba.so", Elf().filter("libreal.so").auxiliary("libfast.so"));
  Root root = world.root();
  Loader loader(root, {});
  const Load load = world.load(root, loader, "/app");
  ASSERT_EQ(load.failures.size(), 2u);
  EXPECT_EQ(load.failures[0].name, "libreal.so");
  EXPECT_EQ(load.failures[0].kind, EdgeKind::filter);
  EXPECT_FALSE(load.failures[0].optional);
  EXPECT_EQ(load.failures[1].name, "libfast.so");
  EXPECT_EQ(load.failures[1].kind, EdgeKind::auxiliary);
  EXPECT_TRUE(load.failures[1].optional);
}

}  // namespace
}  // namespace rootlet::test
