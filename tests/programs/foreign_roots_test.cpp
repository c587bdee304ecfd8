// Roots of other architectures, made of Debian's packages: every program in them is compared with what its
// own loader says, which runs natively or under qemu.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <boost/filesystem.hpp>
#include <cstdio>

#include "rootlet/closure.hpp"
#include "support/libraries_only.hpp"
#include "support/chroot.hpp"
#include "support/debian.hpp"
#include "support/trace.hpp"

namespace rootlet::test {
namespace {

namespace fs = boost::filesystem;

const std::vector<std::string> kPackages = {
    "libc6",    "libgcc-s1", "libcrypt1", "coreutils", "libselinux1", "libpcre2-8-0", "libacl1", "libattr1",
    "libgmp10", "libssl3",   "bash",      "libtinfo6", "grep",        "sed",          "tar",     "gzip",
    "xz-utils", "liblzma5",  "zlib1g",    "findutils", "diffutils",   "perl-base",    "openssl"};

struct Foreign {
  const char* architecture;
  const char* qemu;     // null: this kernel may run it
  const char* machine;  // as `uname -m` would say
};

std::ostream& operator<<(std::ostream& out, const Foreign& foreign) {
  return out << foreign.architecture;
}

class ForeignRoot : public testing::TestWithParam<Foreign> {
 protected:
  void SetUp() override {
    if (const std::string why = why_no_chroot(); !why.empty()) GTEST_SKIP() << why;
    const std::string keep = fs::path(ROOTLET_COMMAND).parent_path().string() + "/test-packages";
    root_ = debian_root(keep, GetParam().architecture, kPackages);
    if (!root_.why_not.empty())
      GTEST_SKIP() << "no " << GetParam().architecture << " packages: " << root_.why_not;
    programs_ = dynamic_programs(root_.path, {"/usr/bin", "/usr/sbin"});
    ASSERT_GT(programs_.size(), 100u);
    if (GetParam().qemu == nullptr) return;
    if (::access(GetParam().qemu, X_OK) != 0) {
      why_no_oracle_ = std::string(GetParam().qemu) + " is not installed";
      return;
    }
    qemu_ = "/" + fs::path(GetParam().qemu).filename().string();
  }

  // Runs a program of the root in `tree`, where an emulator is put for that time.
  CommandResult run(const std::string& tree, std::vector<std::string> arguments,
                    const std::vector<std::string>& environment) const {
    if (!qemu_.empty()) {
      if (!fs::exists(tree + qemu_)) fs::copy_file(GetParam().qemu, tree + qemu_);
      arguments.insert(arguments.begin(), qemu_);
    }
    return run_program({tree, std::move(arguments), environment});
  }

  DebianRoot root_;
  std::map<std::string, std::string> programs_;  // and their interpreters
  std::string qemu_;
  std::string why_no_oracle_;
};

TEST_P(ForeignRoot, EveryProgramLoadsWhatItsLoaderSays) {
  if (!why_no_oracle_.empty()) GTEST_SKIP() << why_no_oracle_;
  if (run(root_.path, {"/usr/bin/true"}, {}).status != 0)
    GTEST_SKIP() << "this machine runs no programs of " << GetParam().architecture;
  auto root = Root::open(root_.path);
  ASSERT_TRUE(root);
  size_t compared = 0;
  for (const auto& [program, interpreter] : programs_) {
    const CommandResult said = run(root_.path, {program}, {"LD_TRACE_LOADED_OBJECTS=1"});
    const Loaded real = read_trace(said.out, root_.path);
    auto closure = resolve(*root, {program}, libraries_only());
    ASSERT_TRUE(closure) << closure.error().message;
    EXPECT_EQ(loaded_of(*closure, root->walk(program).node->path()), real) << program << said.err;
    ++compared;
  }
  std::printf("%zu programs of %s compared with what their loaders say\n", compared, GetParam().architecture);
  EXPECT_EQ(compared, programs_.size());
}

TEST_P(ForeignRoot, EveryProgramIsComplete) {
  std::vector<std::string> entries;
  for (const auto& [program, interpreter] : programs_) entries.push_back(program);
  auto root = Root::open(root_.path);
  ASSERT_TRUE(root);
  auto closure = resolve(*root, entries, libraries_only());
  ASSERT_TRUE(closure) << closure.error().message;
  for (const Missing& missing : closure->missing) ADD_FAILURE() << missing.name << " of " << missing.by;
  EXPECT_TRUE(closure->findings.empty())
      << closure->findings.front().kind << " " << closure->findings.front().detail;
  EXPECT_NE(closure->find("/lib"), nullptr) << "the link that every loader is reached by";
}

TEST_P(ForeignRoot, LayersOfItRun) {
  if (!why_no_oracle_.empty()) GTEST_SKIP() << why_no_oracle_;
  if (run(root_.path, {"/usr/bin/true"}, {}).status != 0)
    GTEST_SKIP() << "this machine runs no programs of " << GetParam().architecture;
  const std::vector<std::vector<std::string>> commands = {{"/usr/bin/ls", "--version"},
                                                          {"/usr/bin/expr", "6", "*", "7"},
                                                          {"/bin/bash", "-c", "echo $((1 << 40)) $MACHTYPE"},
                                                          {"/usr/bin/openssl", "version"},
                                                          {"/bin/grep", "--version"},
                                                          {"/usr/bin/perl", "-v"}};
  for (const std::vector<std::string>& command : commands) {
    TemporaryDirectory directory;
    const CommandResult built = run_command(
        {ROOTLET_COMMAND, "build", "--data", "none", "--root", root_.path, "--dir", directory / "layer", command.front()});
    ASSERT_EQ(built.status, 0) << built.err;
    const CommandResult there = run(root_.path, command, {"LC_ALL=C"}),
                        here = run(directory / "layer", command, {"LC_ALL=C"});
    EXPECT_EQ(there.status, 0) << there.err;
    EXPECT_EQ(here.status, there.status) << here.err;
    EXPECT_EQ(here.out, there.out);
    EXPECT_NE(here.out, "");
  }
  const CommandResult bash = run(root_.path, {"/bin/bash", "-c", "echo $MACHTYPE"}, {});
  EXPECT_EQ(bash.out.substr(0, bash.out.find('-')), GetParam().machine)
      << "the packages are not of this architecture";
}

INSTANTIATE_TEST_SUITE_P(All, ForeignRoot,
                         testing::Values(Foreign{"arm64", "/usr/bin/qemu-aarch64-static", "aarch64"},
                                         Foreign{"i386", nullptr, "i686"},
                                         Foreign{"s390x", "/usr/bin/qemu-s390x-static", "s390x"}),
                         [](const testing::TestParamInfo<Foreign>& foreign) {
                           return std::string(foreign.param.architecture);
                         });

}  // namespace
}  // namespace rootlet::test
