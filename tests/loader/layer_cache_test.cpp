// The cache that a layer gets, made in memory (tests/programs/generated_cache_test.cpp runs programs with
// it).
#include <gtest/gtest.h>

#include <set>

#include "rootlet/closure.hpp"
#include "support/libraries_only.hpp"
#include "support/world.hpp"

namespace rootlet::test {
namespace {

struct Made {
  std::string path, content;
  bool operator==(const Made&) const = default;
};

// The generated file of the closure of `entries`, or nothing.
std::optional<Made> generated(const World& world, const std::vector<std::string>& entries,
                              ResolveOptions options = libraries_only()) {
  Root root = world.root();
  auto closure = resolve(root, entries, options);
  if (!closure) return ADD_FAILURE() << closure.error().message, std::nullopt;
  std::optional<Made> made;
  for (const ClosureFile& file : closure->files) {
    if (file.content) made = Made{std::string(file.path), *file.content};
  }
  return made;
}

// "NAME => PATH" of each entry, in the order of the file.
Lines entries_of(const std::string& content, ByteOrder order = ByteOrder::little) {
  auto cache = LibraryCache::parse(content, order);
  if (!cache) return {cache.error().message};
  Lines lines;
  for (const CacheEntry& entry : cache->entries()) {
    const std::string_view hwcaps = cache->hwcaps_name(entry.hardware);
    lines.push_back(std::string(entry.name) + " => " + std::string(entry.path) +
                    (hwcaps.empty() ? "" : " (" + std::string(hwcaps) + ")"));
  }
  return lines;
}

TEST(LayerCache, IsMadeForLibrariesOutsideTheDefaultDirectories) {
  World world;
  world.program("/app", Elf().needs({"liba.so", "libb.so"}));
  world.library("/opt/liba.so").library("/usr/lib/libb.so").library("/opt/libother.so");
  world.cache(
      {{"liba.so", "/opt/liba.so"}, {"libb.so", "/usr/lib/libb.so"}, {"libother.so", "/opt/libother.so"}});
  const auto made = generated(world, {"/app"});
  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(made->path, "/etc/ld.so.cache");
  EXPECT_EQ(entries_of(made->content), (Lines{"libb.so => /usr/lib/libb.so",
                                              "liba.so => /opt/liba.so"}));  // descending, as ldconfig sorts
}

TEST(LayerCache, IsNotMadeIfAllAreInDefaultDirectories) {
  World world;
  world.program("/app", Elf().needs({"liba.so"}))
      .library("/usr/lib/liba.so")
      .cache({{"liba.so", "/usr/lib/liba.so"}});
  EXPECT_EQ(generated(world, {"/app"}), std::nullopt);
}

TEST(LayerCache, IsNotMadeIfTheyAreFoundByOtherRules) {
  World world;
  world.program("/app", Elf().needs({"liba.so", "/opt/libb.so"}).runpath("/opt"))
      .library("/opt/liba.so")
      .library("/opt/libb.so");
  world.cache({{"liba.so", "/opt/liba.so"}});
  EXPECT_EQ(generated(world, {"/app"}), std::nullopt);
}

TEST(LayerCache, IsMadeFromTheConfigurationWhereTheRootHasNone) {
  World world;
  world.program("/app", Elf().needs({"liba.so", "libb.so"}))
      .library("/opt/liba.so")
      .library("/usr/lib/libb.so");
  world.file("/etc/ld.so.conf", "/opt\n");
  const auto made = generated(world, {"/app"});
  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(entries_of(made->content), (Lines{"libb.so => /usr/lib/libb.so", "liba.so => /opt/liba.so"}));
}

TEST(LayerCache, HasTheVariantsToo) {
  World world;
  world.program("/app", Elf().needs({"liba.so"}))
      .library("/opt/liba.so")
      .library("/opt/glibc-hwcaps/x86-64-v3/liba.so");
  world.file("/etc/ld.so.conf", "/opt\n");
  const auto made = generated(world, {"/app"});
  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(entries_of(made->content),
            (Lines{"liba.so => /opt/glibc-hwcaps/x86-64-v3/liba.so (x86-64-v3)", "liba.so => /opt/liba.so"}));
}

TEST(LayerCache, LeavesOutWhatTheUserLeftOut) {
  World world;
  world.program("/app", Elf().needs({"liba.so", "libb.so"})).library("/opt/liba.so").library("/opt/libb.so");
  world.cache({{"liba.so", "/opt/liba.so"}, {"libb.so", "/opt/libb.so"}});
  ResolveOptions options = libraries_only();
  options.exclude = {"*/libb.so"};
  const auto made = generated(world, {"/app"}, options);
  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(entries_of(made->content), Lines{"liba.so => /opt/liba.so"});
}

TEST(LayerCache, IsInTheByteOrderOfItsPrograms) {
  World world({22, true, true, 0, "/lib/ld64.so.1", std::nullopt});
  world.program("/app", Elf().needs({"liba.so"})).library("/opt/liba.so").file("/etc/ld.so.conf", "/opt\n");
  const auto made = generated(world, {"/app"});
  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(entries_of(made->content, ByteOrder::big), Lines{"liba.so => /opt/liba.so"});
  EXPECT_FALSE(LibraryCache::parse(made->content, ByteOrder::little));
}

TEST(LayerCache, StandsWhereEtcReallyIs) {
  World world;
  world.program("/app", Elf().needs({"liba.so"})).library("/opt/liba.so").symlink("/etc", "usr/etc");
  world.file("/usr/etc/ld.so.conf", "/opt\n");
  const auto made = generated(world, {"/app"});
  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(made->path, "/usr/etc/ld.so.cache");
}

TEST(LayerCache, IsThereForTheLoaderUnderItsRealName) {
  World world({62, true, false, 0, "/usr/lib64/ld-linux-x86-64.so.2", std::nullopt});
  world.symlink("/lib64", "usr/lib64");
  world.program("/app", Elf().needs({"liba.so"}).interpreter("/lib64/ld-linux-x86-64.so.2"));
  world.library("/opt/liba.so").file("/etc/ld.so.conf", "/opt\n");
  Root root = world.root();
  auto closure = resolve(root, {"/app"}, libraries_only());
  ASSERT_TRUE(closure);
  const ClosureFile* cache = closure->find("/etc/ld.so.cache");
  ASSERT_NE(cache, nullptr);
  EXPECT_EQ(cache->reasons[0].kind, ReasonKind::generated);
  EXPECT_EQ(cache->reasons[0].by, "/usr/lib64/ld-linux-x86-64.so.2");
  EXPECT_NE(closure->find(cache->reasons[0].by), nullptr);
}

TEST(LayerCache, IsNotMadeIfItIsExcluded) {
  World world;
  world.program("/app", Elf().needs({"liba.so"})).library("/opt/liba.so").file("/etc/ld.so.conf", "/opt\n");
  ResolveOptions options = libraries_only();
  options.exclude = {"/etc/ld.so.cache"};
  EXPECT_EQ(generated(world, {"/app"}, options), std::nullopt);
}

TEST(LayerCache, OneThatTheUserNamedIsKept) {
  World world;
  world.program("/app", Elf().needs({"liba.so"}))
      .library("/opt/liba.so")
      .cache({{"liba.so", "/opt/liba.so"}});
  EXPECT_EQ(generated(world, {"/app", "/etc/ld.so.cache"}), std::nullopt);
}

TEST(LayerCache, ServesProgramsOfTwoKindsAtOnce) {
  // Two loaders of one root share the cache; entries are told apart by their flags.
  World world;
  world.program("/app", Elf().needs({"liba.so"})).library("/opt/liba.so");
  world.program("/app32", Elf().needs({"libb.so"}).machine(3, false).interpreter("/lib/ld-linux.so.2"));
  world.library("/opt/libb.so", Elf().machine(3, false));
  world.file("/lib/ld-linux.so.2", world.bytes_of(Elf().soname("ld-linux.so.2").machine(3, false)), 0755);
  std::vector<NewCacheEntry> entries = {{"liba.so", "/opt/liba.so", 0x0303, "", 0},
                                        {"libb.so", "/opt/libb.so", 0x0003, "", 0}};
  world.file("/etc/ld.so.cache", write_library_cache(entries, ByteOrder::little));
  const auto made = generated(world, {"/app", "/app32"});
  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(entries_of(made->content), (Lines{"libb.so => /opt/libb.so", "liba.so => /opt/liba.so"}));
}

TEST(LayerCache, ServesProgramsOfTwoKindsAlsoFromTheConfiguration) {
  World world;
  world.program("/app", Elf().needs({"liba.so"})).library("/opt/liba.so");
  world.program("/app32", Elf().needs({"libb.so"}).machine(3, false).interpreter("/lib/ld-linux.so.2"));
  world.library("/opt/libb.so", Elf().machine(3, false));
  world.file("/lib/ld-linux.so.2", world.bytes_of(Elf().soname("ld-linux.so.2").machine(3, false)), 0755);
  world.file("/etc/ld.so.conf", "/opt\n");
  const auto made = generated(world, {"/app", "/app32"});
  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(entries_of(made->content), (Lines{"libb.so => /opt/libb.so", "liba.so => /opt/liba.so"}));
}

TEST(LayerCache, IsThatOfTheDirectoryThatTheLoaderWasBuiltFor) {
  World world({62, true, false, 0, "/opt/glibc/lib/ld-linux-x86-64.so.2", std::nullopt});
  world.loader(world.bytes_of(Elf().soname("ld-linux-x86-64.so.2")) +
               std::string("\0/opt/glibc/etc/ld.so.cache\0", 28));
  world.program("/app", Elf().needs({"liba.so"})).library("/srv/liba.so");
  world.file("/opt/glibc/etc/ld.so.cache",
             write_library_cache({{"liba.so", "/srv/liba.so", 0x0303, "", 0}}, ByteOrder::little));
  const auto made = generated(world, {"/app"});
  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(made->path, "/opt/glibc/etc/ld.so.cache");
  EXPECT_EQ(entries_of(made->content), Lines{"liba.so => /srv/liba.so"});
}

}  // namespace
}  // namespace rootlet::test
