// Directories that the loader knows from ld.so.cache, or that ld.so.conf would put there.
#include <gtest/gtest.h>

#include <boost/filesystem.hpp>

#include "support/world.hpp"

namespace rootlet::test {
namespace {

const Answer kFromCache{{"libx.so => /opt/l/libx.so [cache]"}, {}};
const Answer kFromConf{{"libx.so => /opt/l/libx.so [conf]"}, {}};
const Answer kNowhere{{}, {"libx.so"}};

World with_library(const char* place = "/opt/l/libx.so") {
  World world;
  world.program("/app", Elf().needs({"libx.so"}));
  world.library(place, Elf().soname("libx.so"));
  return world;
}

Lines findings(const World& world) {
  Root root = world.root();
  Loader loader(root, world.config);
  Lines kinds;
  for (const LoaderFinding& finding : world.load(root, loader, "/app").findings)
    kinds.push_back(finding.kind + " " + finding.path);
  return kinds;
}

TEST(GlibcConf, WithoutACacheItsDirectoriesAreSearchedAndThatIsSaid) {
  World world = with_library();
  world.file("/etc/ld.so.conf", "/opt/l\n");
  EXPECT_EQ(world.answer("/app"), kFromConf);
  EXPECT_EQ(findings(world), Lines{"conf-not-cache /etc/ld.so.conf"});
}

TEST(GlibcConf, NothingIsSaidIfItMadeNoDifference) {
  World world = with_library("/usr/lib/libx.so");
  world.file("/etc/ld.so.conf", "/opt/l\n");
  EXPECT_EQ(world.answer("/app"), (Answer{{"libx.so => /usr/lib/libx.so [default]"}, {}}));
  EXPECT_EQ(findings(world), Lines{});
}

TEST(GlibcConf, TheLoaderItselfDoesNotReadIt) {
  World world = with_library();
  world.file("/etc/ld.so.conf", "/opt/l\n");
  world.config.search_conf = false;
  expect_answer(world, "/app", kNowhere);
}

TEST(GlibcConf, IncludesAreFollowedWithPatternsAndRelativeNames) {
  World world = with_library();
  world.file("/etc/ld.so.conf", "# comment\n  include ld.so.conf.d/*.conf\t/etc/absent.conf\n");
  world.file("/etc/ld.so.conf.d/00-other.conf", "/opt/none # and a comment\n");
  world.file("/etc/ld.so.conf.d/10-more.conf", "include deeper/last\n");
  world.file("/etc/ld.so.conf.d/.hidden.conf", "/opt/hidden\n");
  world.file("/etc/ld.so.conf.d/deeper/last", "  /opt/l///\t\n");
  world.library("/opt/hidden/libx.so");
  EXPECT_EQ(world.answer("/app"), kFromConf);
}

TEST(GlibcConf, AnIncludeOfItselfComesToAnEnd) {
  World world = with_library();
  world.file("/etc/ld.so.conf", "include /etc/ld.so.conf\ninclude /etc/*.conf\n/opt/l\n");
  EXPECT_EQ(world.answer("/app"), kFromConf);
}

TEST(GlibcCache, AnEntryIsTakenBeforeADefaultDirectory) {
  World world = with_library();
  world.library("/usr/lib/libx.so").cache({{"libx.so", "/opt/l/libx.so"}});
  expect_answer(world, "/app", kFromCache);
}

TEST(GlibcCache, ItKeepsConfFromBeingRead) {
  World world = with_library();
  world.file("/etc/ld.so.conf", "/opt/l\n").cache({{"liby.so", "/opt/l/liby.so"}});
  expect_answer(world, "/app", kNowhere);
}

TEST(GlibcCache, AnEntryThatLeadsNowhereIsPassedOver) {
  World world = with_library("/usr/lib/libx.so");
  world.cache({{"libx.so", "/opt/gone/libx.so"}});
  expect_answer(world, "/app", {{"libx.so => /usr/lib/libx.so [default]"}, {}});
}

TEST(GlibcCache, AnEntryForAnotherAbiIsNoEntry) {
  World world = with_library();
  world.cache({{"libx.so", "/opt/l/libx.so"}}, 0x0003);  // of i386
  expect_answer(world, "/app", kNowhere);
}

TEST(GlibcCache, OneThatIsNoCacheIsAsGoodAsNone) {
  for (const char* content : {"", "glibc-ld.so.cache1.1", "ld.so-1.7.0",
                              "no cache at all, but long enough to be one, if one looks at its size only"}) {
    World world = with_library();
    world.file("/etc/ld.so.conf", "/opt/l\n").file("/etc/ld.so.cache", content);
    EXPECT_EQ(world.answer("/app"), kFromConf) << content;
    world.config.search_conf = false;
    expect_answer(world, "/app", kNowhere);
  }
}

TEST(GlibcCache, OneOfTheOtherByteOrderIsAsGoodAsNone) {
  World world = with_library();
  world.file("/etc/ld.so.cache",
             write_library_cache({{"libx.so", "/opt/l/libx.so", 0x0303, "", 0}}, ByteOrder::big));
  world.config.search_conf = false;
  expect_answer(world, "/app", kNowhere);
}

TEST(GlibcCache, TheOneThatLdconfigWritesIsReadInEachOfItsFormats) {
  World world = with_library();
  world.library("/usr/local/lib/libz9.so.10", Elf().soname("libz9.so.10"))
      .library("/usr/local/lib/libz9.so.9", Elf().soname("libz9.so.9"));
  world.program("/more", Elf().needs({"libz9.so.9", "libz9.so.10"}));
  world.file("/etc/ld.so.conf", "/opt/l\n/usr/local/lib\n");
  if (const std::string why = world.why_not_real(); !why.empty()) GTEST_SKIP() << why;
  for (const char* format : {"old", "new", "compat"}) {
    TemporaryDirectory tree;
    world.write(tree.path());
    boost::filesystem::create_directories(tree / "var/cache/ldconfig");
    const CommandResult made = run_command({"/sbin/ldconfig", "-r", tree.path(), "-c", format});
    ASSERT_EQ(made.status, 0) << made.err;
    World cached = world;
    cached.file("/etc/ld.so.cache", read_file(tree / "etc/ld.so.cache"));
    SCOPED_TRACE(format);
    expect_answer(cached, "/app", kFromCache);
    expect_answer(cached, "/more",
                  {{"libz9.so.9 => /usr/local/lib/libz9.so.9 [cache]",
                    "libz9.so.10 => /usr/local/lib/libz9.so.10 [cache]"},
                   {}});
  }
}

}  // namespace
}  // namespace rootlet::test
