// What a glibc loader's binary tells, against what it says itself when it is run.
#include "loader/facts.hpp"

#include <gtest/gtest.h>

#include "support/diagnostics.hpp"
#include "support/temporary.hpp"

namespace rootlet::test {
namespace {

class Facts : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    diagnostics_ = loader_diagnostics(GetParam());
    if (diagnostics_.empty()) GTEST_SKIP() << GetParam() << " is not here, or has no --list-diagnostics (glibc before 2.33)";
    binary_ = read_file(GetParam());
  }
  std::map<std::string, std::string> diagnostics_;
  std::string binary_;
};

INSTANTIATE_TEST_SUITE_P(Loaders, Facts, testing::Values("/lib64/ld-linux-x86-64.so.2", "/lib32/ld-linux.so.2"),
                         [](const auto& instance) { return "Loader" + std::to_string(instance.index); });

TEST_P(Facts, NameTheDefaultDirectories) {
  EXPECT_EQ(read_loader_dirs(binary_).default_dirs, diagnostic_list(diagnostics_, "path.system_dirs"));
}

TEST_P(Facts, NameTheValueOfLib) { EXPECT_EQ(read_loader_dirs(binary_).lib, diagnostics_["dl_dst_lib"]); }

TEST_P(Facts, NameTheRelease) {
  const LoaderRelease release = read_loader_release(binary_);
  EXPECT_EQ(std::to_string(release.version / 100) + "." + std::to_string(release.version % 100), diagnostics_["version.version"]);
}

TEST_P(Facts, NameTheCacheWhereTheConfigurationIs) {
  EXPECT_EQ(read_loader_release(binary_).cache_path, diagnostics_["path.sysconfdir"] + "/ld.so.cache");
}

TEST(FactsOfOtherFiles, AreNone) {
  for (const std::string& binary : {std::string(), std::string("/lib/"), read_file("/bin/true"), std::string("\0/lib/\0no", 9)}) {
    EXPECT_TRUE(read_loader_dirs(binary).default_dirs.empty());
    EXPECT_EQ(read_loader_dirs(binary).lib, "");
    EXPECT_EQ(read_loader_release(binary).version, 0u);
    EXPECT_EQ(read_loader_release(binary).cache_path, "/etc/ld.so.cache");
  }
}

TEST(FactsOfReleases, OfMuslAreReadWhereTheyAreNoneOfGlibc) {
  const auto musl = [](const std::string& versions) { return read_loader_release(std::string("\0" "1.2\0", 5) + versions + std::string("\0musl libc (x86_64)\nVersion %s\n", 31)).musl; };
  EXPECT_EQ(musl(std::string("\0" "1.2.3", 6)), 10203u);
  EXPECT_EQ(musl(std::string("\0" "1.2.4-git-7-gabcdef", 20)), 10204u);
  EXPECT_EQ(musl(std::string("\0" "1.1.24", 7)), 10124u);
  EXPECT_EQ(musl(std::string("\0" "1.2.3\0" "1.2.3", 12)), 10203u);
  for (const std::string& none : {std::string("\0" "1.2.3\0" "1.2.5", 12), std::string("\0" "1.2.3.4", 8), std::string("\0" "1.2.300", 8), std::string("\0" "v1.2.3", 7), std::string("\0" "1.2.x", 6)}) EXPECT_EQ(musl(none), 0u) << none;
  EXPECT_EQ(read_loader_release(std::string("\0" "1.2.3\0", 7)).musl, 0u);
  EXPECT_EQ(read_loader_release("musl libc (x86_64)" + std::string("\0" "1.2.3", 6)).musl, 0u) << "it does not end";
}

TEST(FactsOfReleases, DecideWhatACacheEntryMeans) {
  // NEWS of 2.33: glibc-hwcaps; of 2.36: the ABI note is no longer looked at; of 2.37: the legacy subdirectories are gone.
  auto release = [](const char* version) { return read_loader_release("release version " + std::string(version) + ".\n"); };
  EXPECT_FALSE(release("2.32").dialect().named_hwcaps);
  EXPECT_TRUE(release("2.33").dialect().named_hwcaps);
  EXPECT_TRUE(release("2.36").dialect().legacy_hwcaps);
  EXPECT_FALSE(release("2.37").dialect().legacy_hwcaps);
  EXPECT_TRUE(release("2.35").checks_abi_tag());
  EXPECT_FALSE(release("2.36").checks_abi_tag());
}

}  // namespace
}  // namespace rootlet::test
