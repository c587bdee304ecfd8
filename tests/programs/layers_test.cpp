// Real programs, written as layers by the command and run where nothing else is: each says there what it
// says on this machine.
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/filesystem.hpp>
#include <string>
#include <vector>

#include "support/chroot.hpp"

namespace rootlet::test {
namespace {

namespace fs = boost::filesystem;

struct Sample {
  const char* name;
  std::vector<std::string> arguments;
  std::string input = {};
};

const std::string kText = "three 3\none 1\ntwo 2\n\303\251t\303\251 4\n";

// Programs that need nothing but libraries for what they are asked here (git, for one, wants /dev/null).
const std::vector<Sample>& samples() {
  static const std::vector<Sample> all = {
      {"ls", {"/usr/bin/ls", "--version"}},
      {"cat", {"/usr/bin/cat", "-A"}, kText},
      {"sort", {"/usr/bin/sort", "-k2n"}, kText},
      {"sha256sum", {"/usr/bin/sha256sum"}, kText},
      {"date", {"/usr/bin/date", "-u", "-d", "@86400"}},
      {"expr", {"/usr/bin/expr", "123456789012345678901234567890", "*", "3"}},
      {"sed", {"/usr/bin/sed", "-E", "s/(\\w+) ([0-9])/\\2 \\1/"}, kText},
      {"grep", {"/usr/bin/grep", "-P", "(?<=t)w(?=o)"}, kText},
      {"find", {"/usr/bin/find", "--version"}},
      {"tar", {"/usr/bin/tar", "--version"}},
      {"gzip", {"/usr/bin/gzip", "-nc"}, kText},
      {"bzip2", {"/usr/bin/bzip2", "-c"}, kText},
      {"xz", {"/usr/bin/xz", "-c"}, kText},
      {"zstd", {"/usr/bin/zstd", "-c"}, kText},
      {"bash", {"/usr/bin/bash", "-c", "read a b; echo $((b * 7)) ${a^^}"}, kText},
      {"dash", {"/usr/bin/dash", "-c", "echo $((6 * 7)); exit 3"}},
      {"perl", {"/usr/bin/perl", "-v"}},
      {"diff", {"/usr/bin/diff", "--version"}},
      {"cmp", {"/usr/bin/cmp", "--version"}},
      {"openssl", {"/usr/bin/openssl", "version", "-v", "-b", "-f", "-d"}},
      {"curl", {"/usr/bin/curl", "--version"}},
      {"make", {"/usr/bin/make", "--version"}},
      {"gcc", {"/usr/bin/gcc", "--version"}},
      {"readelf", {"/usr/bin/readelf", "--version"}},
      {"bsdtar", {"/usr/bin/bsdtar", "--version"}},
      {"dpkg", {"/usr/bin/dpkg", "--compare-versions", "1.0~rc1", "gt", "1.0"}},
      {"gpgv", {"/usr/bin/gpgv", "--version"}},
      {"cmake", {"/usr/bin/cmake", "-E", "echo", "hello"}},
      {"ninja", {"/usr/bin/ninja", "--version"}},
      {"bc", {"/usr/bin/bc", "-q"}, "scale=30; 4*a(1)\n2^200\n"},
      {"gawk", {"/usr/bin/gawk", "{ n += $2 } END { print n, tolower(\"X\") }"}, kText},
      {"jq", {"/usr/bin/jq", "-c", ".[] | select(.a > 1) | .b"}, R"([{"a":1,"b":[]},{"a":2,"b":"two"}])"},
      {"sqlite3",
       {"/usr/bin/sqlite3", ":memory:"},
       "create table t(a); insert into t values(1),(41); select sum(a), sqlite_version() from t;\n"},
  };
  return all;
}

class RealProgram : public testing::TestWithParam<size_t> {
 protected:
  const Sample& sample() const { return samples()[GetParam()]; }
  const std::string& program() const { return sample().arguments.front(); }

  void SetUp() override {
    if (::access(program().c_str(), X_OK) != 0) GTEST_SKIP() << program() << " is not installed";
    if (const std::string why = why_no_chroot(); !why.empty()) GTEST_SKIP() << why;
  }

  void expect_same_in(const std::string& tree) const {
    const CommandResult host =
        run_program({"", sample().arguments, {"LC_ALL=C", "PATH=/usr/bin:/bin"}, sample().input});
    const CommandResult layer =
        run_program({tree, sample().arguments, {"LC_ALL=C", "PATH=/usr/bin:/bin"}, sample().input});
    EXPECT_NE(host.status, 126) << host.err;
    EXPECT_EQ(layer.status, host.status) << layer.err;
    EXPECT_EQ(layer.out, host.out) << layer.err;
  }

  TemporaryDirectory directory_;
};

TEST_P(RealProgram, SaysInADirectoryWhatItSaysHere) {
  const std::string layer = directory_ / "layer";
  const CommandResult built = run_command({ROOTLET_COMMAND, "build", "--dir", layer, program()});
  ASSERT_EQ(built.status, 0) << built.err;
  expect_same_in(layer);
}

TEST_P(RealProgram, SaysInATarWhatItSaysHere) {
  const std::string archive = directory_ / "layer.tar", layer = directory_ / "layer";
  const CommandResult built = run_command({ROOTLET_COMMAND, "build", "--tar", archive, program()});
  ASSERT_EQ(built.status, 0) << built.err;
  fs::create_directory(layer);
  const CommandResult unpacked = run_command({"tar", "-x", "-p", "-f", archive, "-C", layer});
  ASSERT_EQ(unpacked.status, 0) << unpacked.err;
  // GNU tar does not know how pax says that names beyond ASCII are bytes, and takes them as bytes.
  std::string said = unpacked.err;
  const std::string known = "tar: Ignoring unknown extended header keyword 'hdrcharset'\n";
  for (size_t at = said.find(known); at != std::string::npos; at = said.find(known)) said.erase(at, known.size());
  EXPECT_EQ(said, "");
  expect_same_in(layer);
}

INSTANTIATE_TEST_SUITE_P(All, RealProgram, testing::Range<size_t>(0, samples().size()),
                         [](const testing::TestParamInfo<size_t>& program) {
                           return std::string(samples()[program.param].name);
                         });

TEST(RealPrograms, AtLeastTwentyOfThemAreHere) {
  size_t here = 0;
  for (const Sample& sample : samples()) here += ::access(sample.arguments.front().c_str(), X_OK) == 0;
  EXPECT_GE(here, 20u) << ".ci/setup test installs those that Debian's base has not";
}

// A script brings its interpreter, and a program by its link the link.

TEST(RealPrograms, AScriptRunsWithItsInterpreterAlone) {
  if (const std::string why = why_no_chroot(); !why.empty()) GTEST_SKIP() << why;
  TemporaryDirectory directory;
  const std::string script = directory / "hello";
  write_file(script, "#!/usr/bin/env -S bash -e\necho \"hello from $BASH\"\n", 0755);
  const CommandResult built = run_command({ROOTLET_COMMAND, "build", "--dir", directory / "layer", script});
  ASSERT_EQ(built.status, 0) << built.err;
  const CommandResult said = run_program({directory / "layer", {script}});
  EXPECT_EQ(said.status, 0) << said.err;
  EXPECT_EQ(said.out, "hello from /usr/bin/bash\n");
}

TEST(RealPrograms, AProgramIsThereByEveryNameThatWasGiven) {
  if (const std::string why = why_no_chroot(); !why.empty()) GTEST_SKIP() << why;
  if (!fs::is_symlink("/bin")) GTEST_SKIP() << "/bin is no link here";
  TemporaryDirectory directory;
  const CommandResult built =
      run_command({ROOTLET_COMMAND, "build", "--dir", directory / "layer", "/bin/echo", "/bin/sh"});
  ASSERT_EQ(built.status, 0) << built.err;
  EXPECT_TRUE(fs::is_symlink(directory / "layer/bin"));
  EXPECT_EQ(run_program({directory / "layer", {"/bin/echo", "a"}}).out, "a\n");
  EXPECT_EQ(run_program({directory / "layer", {"/usr/bin/echo", "b"}}).out, "b\n");
  EXPECT_EQ(run_program({directory / "layer", {"/bin/sh", "-c", "/bin/echo c; /usr/bin/sh -c 'echo d'"}}).out,
            "c\nd\n");
}

TEST(RealPrograms, TheSameLayerComesOutEveryTime) {
  TemporaryDirectory directory;
  for (const char* name : {"one", "two"}) {
    const CommandResult built = run_command({ROOTLET_COMMAND, "build", "--tar", directory / name,
                                             "/usr/bin/git", "/usr/bin/curl", "/usr/bin/perl"});
    ASSERT_EQ(built.status, 0) << built.err;
  }
  const CommandResult other_order = run_command({ROOTLET_COMMAND, "build", "--tar", directory / "three",
                                                 "/usr/bin/perl", "/usr/bin/curl", "/usr/bin/git"});
  ASSERT_EQ(other_order.status, 0) << other_order.err;
  const std::string one = read_file(directory / "one");
  EXPECT_FALSE(one.empty());
  EXPECT_TRUE(one == read_file(directory / "two"));
  EXPECT_TRUE(one == read_file(directory / "three"));
}

}  // namespace
}  // namespace rootlet::test
