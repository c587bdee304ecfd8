// Programs whose libraries the loader finds through ld.so.cache alone: the layer carries one of its own. They
// are compiled here, written as layers, and run where nothing but the layer is.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/filesystem.hpp>

#include "support/chroot.hpp"
#include "support/small_root.hpp"

namespace rootlet::test {
namespace {

namespace fs = boost::filesystem;

constexpr const char* kCache = "/etc/ld.so.cache";

class GeneratedCache : public testing::TestWithParam<Bits> {
 protected:
  void SetUp() override {
    if (!root_.why_not().empty()) GTEST_SKIP() << root_.why_not();
    if (const std::string why = why_no_chroot(); !why.empty()) GTEST_SKIP() << why;
    root_.file("/etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\n");
    root_.file("/etc/ld.so.conf.d/libc.conf", "/usr/local/lib\n");
    root_.file("/etc/ld.so.conf.d/x.conf", "/opt/x/lib\n");
    root_.library("/opt/x/lib/libgreet.so.1", "libgreet.so.1", "greet", "hello from opt");
    root_.library("/usr/local/lib/libname.so.2", "libname.so.2", "name", "local",
                  {"/opt/x/lib/libgreet.so.1"});
    root_.library("/opt/x/lib/libdecoy.so.1", "libdecoy.so.1", "decoy", "nobody needs this");
    root_.program("/opt/x/bin/app", {"name", "greet"},
                  {"/usr/local/lib/libname.so.2", "/opt/x/lib/libgreet.so.1"});
  }

  CommandResult build() {
    return run_command(
        {ROOTLET_COMMAND, "build", "--data", "none", "--root", root_.path(), "--dir", layer(), "/opt/x/bin/app"});
  }
  std::string layer() const { return directory_ / "layer"; }
  CommandResult run() { return run_program({layer(), {"/opt/x/bin/app"}, {}}); }

  // What ldconfig itself would list, were the layer a root of its own.
  std::vector<std::string> ldconfigs_own_list() {
    const std::string copy = directory_ / "copy";
    run_command({"cp", "-a", layer(), copy});
    write_file(copy + "/etc/ld.so.conf", "/usr/local/lib\n/opt/x/lib\n");
    fs::remove(copy + kCache);
    fs::create_directories(copy + "/var/cache/ldconfig");
    const CommandResult made = run_command({"/sbin/ldconfig", "-X", "-r", copy});
    EXPECT_EQ(made.status, 0) << made.err;
    return listed_by_ldconfig(copy + kCache);
  }

  // The lines that name one of the test's own libraries, in their order.
  static std::vector<std::string> own(std::vector<std::string> lines) {
    std::erase_if(lines, [](const std::string& line) {
      return line.find(" => /opt/") == std::string::npos && line.find(" => /usr/local/") == std::string::npos;
    });
    return lines;
  }

  SmallRoot root_{GetParam()};
  TemporaryDirectory directory_;
};

TEST_P(GeneratedCache, AProgramStartsThatNeedsIt) {
  ASSERT_FALSE(fs::exists(root_ / kCache));
  ASSERT_EQ(build().status, 0);
  ASSERT_TRUE(fs::is_regular_file(layer() + kCache));
  const CommandResult said = run();
  EXPECT_EQ(said.out, "local\nhello from opt\n") << said.err;
  // It is the cache that does it.
  fs::remove(layer() + kCache);
  EXPECT_EQ(run().status, 127);
}

TEST_P(GeneratedCache, ItIsMadeAnewWhereTheRootHasOne) {
  if (::geteuid() != 0) GTEST_SKIP() << "ldconfig -r takes root";
  root_.ldconfig();
  ASSERT_EQ(build().status, 0);
  EXPECT_EQ(run().out, "local\nhello from opt\n");
  for (const std::string& line : listed_by_ldconfig(layer() + kCache)) {
    const std::string path = layer() + line.substr(line.find(" => ") + 4);
    EXPECT_TRUE(fs::exists(path)) << line << ", which is not in the layer";
  }
  EXPECT_NE(read_file(layer() + kCache), read_file(root_ / kCache));
}

TEST_P(GeneratedCache, ItListsTheLayersLibrariesAsLdconfigWould) {
  if (::geteuid() != 0) GTEST_SKIP() << "ldconfig -r takes root";
  ASSERT_EQ(build().status, 0);
  const auto without = own(listed_by_ldconfig(layer() + kCache));
  EXPECT_EQ(without.size(), 2u);
  EXPECT_EQ(without, own(ldconfigs_own_list()));
  // With a cache in the root the answer is the same, the C library's own entries included.
  fs::remove_all(layer());
  fs::remove_all(directory_ / "copy");
  root_.ldconfig();
  ASSERT_EQ(build().status, 0);
  EXPECT_EQ(own(listed_by_ldconfig(layer() + kCache)), without);
}

TEST_P(GeneratedCache, ItSaysWhyItIsThere) {
  ASSERT_EQ(build().status, 0);
  const CommandResult why =
      run_command({ROOTLET_COMMAND, "why", "--data", "none", "--root", root_.path(), kCache, "/opt/x/bin/app"});
  EXPECT_EQ(why.status, 0);
  EXPECT_NE(why.out.find("generated"), std::string::npos) << why.out;
  EXPECT_NE(why.out.find("outside the loader's default directories"), std::string::npos) << why.out;
}

TEST_P(GeneratedCache, ThereIsNoneIfTheLoaderFindsAllWithoutIt) {
  root_.library("/usr/lib/libplain.so.1", "libplain.so.1", "plain", "plain");
  root_.program("/usr/bin/plain", {"plain"}, {"/usr/lib/libplain.so.1"});
  const CommandResult built =
      run_command({ROOTLET_COMMAND, "build", "--data", "none", "--root", root_.path(), "--dir", layer(), "/usr/bin/plain"});
  ASSERT_EQ(built.status, 0) << built.err;
  EXPECT_FALSE(fs::exists(layer() + kCache));
  EXPECT_EQ(run_program({layer(), {"/usr/bin/plain"}, {}}).out, "plain\n");
}

TEST_P(GeneratedCache, ThereIsNoneIfARunPathLeadsToThem) {
  root_.program("/opt/x/bin/app", {"greet"}, {"/opt/x/lib/libgreet.so.1"}, {"-Wl,-rpath,/opt/x/lib"});
  ASSERT_EQ(build().status, 0);
  EXPECT_FALSE(fs::exists(layer() + kCache));
  EXPECT_EQ(run().out, "hello from opt\n");
}

TEST_P(GeneratedCache, ItsBytesAreTheSameEveryTime) {
  ASSERT_EQ(build().status, 0);
  const std::string first = read_file(layer() + kCache);
  EXPECT_FALSE(first.empty());
  fs::remove_all(layer());
  ASSERT_EQ(build().status, 0);
  EXPECT_TRUE(read_file(layer() + kCache) == first);
}

INSTANTIATE_TEST_SUITE_P(All, GeneratedCache, testing::Values(Bits::x86_64, Bits::i386),
                         [](const testing::TestParamInfo<Bits>& bits) {
                           return std::string(bits.param == Bits::x86_64 ? "x86_64" : "i386");
                         });

// Variants that only some processors load.

class CachedVariants : public testing::Test {
 protected:
  void SetUp() override {
    if (!root_.why_not().empty()) GTEST_SKIP() << root_.why_not();
    if (const std::string why = why_no_chroot(); !why.empty()) GTEST_SKIP() << why;
    root_.file("/etc/ld.so.conf", "/opt/x/lib\n");
    root_.library("/opt/x/lib/libgreet.so.1", "libgreet.so.1", "greet", "base");
    root_.library("/opt/x/lib/glibc-hwcaps/x86-64-v2/libgreet.so.1", "libgreet.so.1", "greet", "v2");
    root_.library("/opt/x/lib/glibc-hwcaps/x86-64-v3/libgreet.so.1", "libgreet.so.1", "greet", "v3");
    root_.program("/app", {"greet"}, {"/opt/x/lib/libgreet.so.1"});
  }
  CommandResult build(const std::string& cpu = "all") {
    return run_command(
        {ROOTLET_COMMAND, "build", "--data", "none", "--root", root_.path(), "--cpu", cpu, "--dir", layer(), "/app"});
  }
  std::string layer() const { return directory_ / "layer"; }
  // What the program says where all is as in the root, and the loader has a cache by ldconfig.
  std::string said_in_root() {
    root_.ldconfig();
    return run_program({root_.path(), {"/app"}, {}}).out;
  }

  SmallRoot root_{Bits::x86_64};
  TemporaryDirectory directory_;
};

TEST_F(CachedVariants, AreFoundThroughTheGeneratedCache) {
  if (::geteuid() != 0) GTEST_SKIP() << "ldconfig -r takes root";
  ASSERT_EQ(build().status, 0);  // no cache in the root
  const std::string without = run_program({layer(), {"/app"}, {}}).out;
  const std::string expected = said_in_root();
  EXPECT_EQ(without, expected);
  fs::remove_all(layer());
  ASSERT_EQ(build().status, 0);  // and with one
  EXPECT_EQ(run_program({layer(), {"/app"}, {}}).out, expected);
  const std::vector<std::string> listed = listed_by_ldconfig(layer() + kCache);
  for (const char* path :
       {" => /opt/x/lib/libgreet.so.1", " => /opt/x/lib/glibc-hwcaps/x86-64-v2/libgreet.so.1",
        " => /opt/x/lib/glibc-hwcaps/x86-64-v3/libgreet.so.1"}) {
    EXPECT_EQ(std::count_if(listed.begin(), listed.end(),
                            [&](const std::string& line) { return line.ends_with(path); }),
              1)
        << path;
  }
}

TEST_F(CachedVariants, ALimitLeavesTheBetterOnesOutOfFilesAndCache) {
  ASSERT_EQ(build("base").status, 0);
  EXPECT_EQ(run_program({layer(), {"/app"}, {}}).out, "base\n");
  EXPECT_FALSE(fs::exists(layer() + "/opt/x/lib/glibc-hwcaps"));
  const std::vector<std::string> listed = listed_by_ldconfig(layer() + kCache);
  EXPECT_EQ(std::count_if(listed.begin(), listed.end(),
                          [](const std::string& line) { return line.find("hwcap") != std::string::npos; }),
            0);
}

}  // namespace
}  // namespace rootlet::test
