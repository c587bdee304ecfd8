// Libraries that only some processors load.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/world.hpp"

namespace rootlet::test {
namespace {

// Every file that any processor up to config.cpu loads, sorted.
Lines loaded_by_any(const World& world, const std::string& program = "/app") {
  Root root = world.root();
  Loader loader(root, world.config);
  auto loads = loader.load_all(*root.walk(program).node, program);
  if (!loads) return {loads.error().message};
  Lines files;
  for (const Load& load : *loads) {
    for (size_t i = 1; i < load.objects.size(); ++i) {
      if (load.objects[i].name != world.target().interpreter) files.push_back(load.objects[i].name);
    }
  }
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  return files;
}

World with_variants(const Target& target, const Lines& variants) {
  World world(target);
  world.program("/app", Elf().needs({"libx.so"}).runpath("/l"));
  world.library("/l/libx.so");
  for (const std::string& variant : variants) world.library("/l/" + variant + "/libx.so");
  return world;
}

TEST(GlibcHwcaps, TheBaseAndEveryVariantAreInTheAnswer) {
  const World world = with_variants(kX86_64, {"glibc-hwcaps/x86-64-v2", "glibc-hwcaps/x86-64-v3",
                                              "glibc-hwcaps/x86-64-v4", "glibc-hwcaps/x86-64-v5"});
  EXPECT_EQ(loaded_by_any(world),
            (Lines{"/l/glibc-hwcaps/x86-64-v2/libx.so", "/l/glibc-hwcaps/x86-64-v3/libx.so",
                   "/l/glibc-hwcaps/x86-64-v4/libx.so", "/l/libx.so"}));
}

TEST(GlibcHwcaps, ALevelLimitsThemToWhatItWouldLoad) {
  World world =
      with_variants(kX86_64, {"glibc-hwcaps/x86-64-v2", "glibc-hwcaps/x86-64-v3", "glibc-hwcaps/x86-64-v4"});
  const std::string base = "/l/libx.so", v2 = "/l/glibc-hwcaps/x86-64-v2/libx.so",
                    v3 = "/l/glibc-hwcaps/x86-64-v3/libx.so";
  world.config.cpu = "base";
  EXPECT_EQ(loaded_by_any(world), Lines{base});
  world.config.cpu = "x86-64-v2";
  EXPECT_EQ(loaded_by_any(world), (Lines{v2, base}));
  world.config.cpu = "x86-64-v3";
  EXPECT_EQ(loaded_by_any(world), (Lines{v2, v3, base}));
}

TEST(GlibcHwcaps, AnUnknownLevelIsRefusedAndTheKnownOnesAreNamed) {
  World world = with_variants(kX86_64, {});
  world.config.cpu = "x86-64-v9";
  Root root = world.root();
  Loader loader(root, world.config);
  auto loads = loader.load_all(*root.walk("/app").node, "/app");
  ASSERT_FALSE(loads);
  EXPECT_EQ(loads.error().code, ErrorCode::invalid_argument);
  for (const char* word : {"x86-64-v9", "base", "x86-64-v2", "x86-64-v3", "x86-64-v4", "all"}) {
    EXPECT_NE(loads.error().message.find(word), std::string::npos) << loads.error().message;
  }
}

TEST(GlibcHwcaps, WhatAVariantNeedsIsInTheAnswerToo) {
  World world = with_variants(kX86_64, {});
  world.library("/l/glibc-hwcaps/x86-64-v3/libx.so", Elf().needs({"libfma.so"}).runpath("/l"))
      .library("/l/libfma.so");
  EXPECT_EQ(loaded_by_any(world), (Lines{"/l/glibc-hwcaps/x86-64-v3/libx.so", "/l/libfma.so", "/l/libx.so"}));
}

TEST(GlibcHwcaps, EntriesOfTheCacheCountLikeDirectories) {
  World world;
  world.program("/app", Elf().needs({"libx.so"}));
  world.library("/opt/libx.so").library("/opt/glibc-hwcaps/x86-64-v3/libx.so");
  world.cache({{"libx.so", "/opt/libx.so"}, {"libx.so", "/opt/glibc-hwcaps/x86-64-v3/libx.so", "x86-64-v3"}});
  EXPECT_EQ(loaded_by_any(world), (Lines{"/opt/glibc-hwcaps/x86-64-v3/libx.so", "/opt/libx.so"}));
  world.config.cpu = "x86-64-v2";
  EXPECT_EQ(loaded_by_any(world), Lines{"/opt/libx.so"});
}

TEST(GlibcHwcaps, EachKindOfProcessorLoadsWhatTheRealLoaderLoadsThere) {
  World world = with_variants(kX86_64, {"glibc-hwcaps/x86-64-v2", "glibc-hwcaps/x86-64-v3", "haswell",
                                        "tls/x86_64", "x86_64", "avx512_1"});
  world.program("/cached", Elf().needs({"liby.so"}));
  world.library("/opt/liby.so")
      .library("/opt/glibc-hwcaps/x86-64-v2/liby.so")
      .library("/opt/glibc-hwcaps/x86-64-v4/liby.so");
  world.cache({{"liby.so", "/opt/liby.so"},
               {"liby.so", "/opt/glibc-hwcaps/x86-64-v2/liby.so", "x86-64-v2"},
               {"liby.so", "/opt/glibc-hwcaps/x86-64-v4/liby.so", "x86-64-v4"}});
  if (const std::string why = world.why_not_real(); !why.empty()) GTEST_SKIP() << why;
  const std::vector<SeenCpu> cpus = seen_cpus(loader_facts(RealLoader::glibc64));
  ASSERT_FALSE(cpus.empty());
  for (const SeenCpu& cpu : cpus) {
    for (const char* program : {"/app", "/cached"}) {
      const auto real = world.real_answer(program, cpu.tunables);
      ASSERT_TRUE(real.has_value());
      ASSERT_EQ(real->loaded.size(), 1u);
      Answer answer = world.answer(program, &cpu.model);
      ASSERT_EQ(answer.loaded.size(), 1u);
      EXPECT_EQ(answer.loaded[0].substr(0, answer.loaded[0].find(" [")), real->loaded[0])
          << program << ", " << cpu.model.level << " " << cpu.tunables;
      // Whatever this processor loads is in the answer for all.
      const std::string path = real->loaded[0].substr(real->loaded[0].find(" => ") + 4);
      const Lines any = loaded_by_any(world, program);
      EXPECT_NE(std::find(any.begin(), any.end(), path), any.end()) << path;
    }
  }
}

// Hardware subdirectories of before: glibc 2.37 gave them up, and glibc 2.33 brought glibc-hwcaps.

Lines loaded_with_release(const char* release) {
  World world = with_variants(kX86_64, {"glibc-hwcaps/x86-64-v3", "haswell", "tls/haswell/avx512_1/x86_64"});
  world.loader(world.bytes_of(Elf().soname("ld-linux-x86-64.so.2")) + "stable release version " + release +
               ".\n" + '\0');
  return loaded_by_any(world);
}

TEST(GlibcHwcaps, LoadersBefore237LookIntoTheOlderSubdirectories) {
  World world = with_variants(kX86_64, {"haswell", "tls/haswell/avx512_1/x86_64"});
  world.loader(world.bytes_of(Elf().soname("ld-linux-x86-64.so.2")) + "stable release version 2.36.\n" +
               '\0');
  EXPECT_EQ(loaded_by_any(world),
            (Lines{"/l/haswell/libx.so", "/l/libx.so", "/l/tls/haswell/avx512_1/x86_64/libx.so"}));
}

TEST(GlibcHwcaps, LoadersFrom237OnDoNot) {
  EXPECT_EQ(loaded_with_release("2.37"), (Lines{"/l/glibc-hwcaps/x86-64-v3/libx.so", "/l/libx.so"}));
  EXPECT_EQ(loaded_with_release("2.41"), (Lines{"/l/glibc-hwcaps/x86-64-v3/libx.so", "/l/libx.so"}));
}

// Other machines: the levels of sysdeps/*/dl-hwcaps-subdirs.c.

const Target kPower{21, true, false, 2, "/lib64/ld64.so.2", std::nullopt};
const Target kS390x{22, true, true, 0, "/lib/ld64.so.1", std::nullopt};

TEST(GlibcHwcaps, PowerHasItsOwnLevels) {
  World world =
      with_variants(kPower, {"glibc-hwcaps/power9", "glibc-hwcaps/power10", "glibc-hwcaps/x86-64-v3"});
  EXPECT_EQ(loaded_by_any(world),
            (Lines{"/l/glibc-hwcaps/power10/libx.so", "/l/glibc-hwcaps/power9/libx.so", "/l/libx.so"}));
  world.config.cpu = "power9";
  EXPECT_EQ(loaded_by_any(world), (Lines{"/l/glibc-hwcaps/power9/libx.so", "/l/libx.so"}));
}

TEST(GlibcHwcaps, S390xHasItsOwnLevels) {
  World world = with_variants(kS390x, {"glibc-hwcaps/z13", "glibc-hwcaps/z15", "glibc-hwcaps/z16"});
  EXPECT_EQ(loaded_by_any(world), (Lines{"/l/glibc-hwcaps/z13/libx.so", "/l/glibc-hwcaps/z15/libx.so",
                                         "/l/glibc-hwcaps/z16/libx.so", "/l/libx.so"}));
  world.config.cpu = "z15";
  EXPECT_EQ(loaded_by_any(world),
            (Lines{"/l/glibc-hwcaps/z13/libx.so", "/l/glibc-hwcaps/z15/libx.so", "/l/libx.so"}));
}

}  // namespace
}  // namespace rootlet::test
