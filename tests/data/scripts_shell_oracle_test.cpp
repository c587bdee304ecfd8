// Shell scripts against the shells of this machine: every program that they really start must be among ours.
#include <gtest/gtest.h>

#include "data/scripts_closure.hpp"

namespace rootlet::test {
namespace {

class ShellOracle : public ::testing::Test {
 protected:
  void SetUp() override {
    auto root = Root::open("/");
    ASSERT_TRUE(root.has_value());
    root_.emplace(std::move(*root));
    // A directory for PATH in which every name says that it was called, and then runs the program: what that
    // starts in its turn is not of interest, if not asked for.
    log_ = directory_ / "log";
    write_file(directory_ / "stub", "#!/bin/bash\necho \"${0##*/}\" >>" + log_ + "\n[ \"$DEEP\" ] || PATH=/usr/bin:/bin\nexec \"/usr/bin/${0##*/}\" \"$@\"\n", 0755);
    std::filesystem::create_directory(directory_ / "bin");
    for (const auto& entry : std::filesystem::directory_iterator("/usr/bin")) {
      std::filesystem::create_symlink(directory_ / "stub", directory_ / ("bin/" + entry.path().filename().string()));
    }
  }

  std::set<std::string> started(const std::string& shell, const std::string& script, const Strings& arguments, bool deep = false) {
    write_file(log_, "");
    Strings command = {"/usr/bin/env", "-C", directory_.path(), "PATH=" + directory_ / "bin", deep ? "DEEP=1" : "DEEP=", "/usr/bin/timeout", "10", shell, script};
    command.insert(command.end(), arguments.begin(), arguments.end());
    run_command(command);
    std::set<std::string> names;
    const std::string text = read_file(log_);
    for (size_t start = 0, end = 0; (end = text.find('\n', start)) != std::string::npos; start = end + 1) names.insert(text.substr(start, end - start));
    return names;
  }

  std::set<std::string> ours(const std::string& shell, const std::string& script) {
    const ModuleSearch search = module_search(*root_, ScriptLanguage::shell, shell, script);
    std::set<std::string> names;
    for (const std::string& name : names_in(script_needs(*root_, ScriptLanguage::shell, search, script, read_file(script)), ScriptNeed::command)) {
      names.insert(name.substr(name.rfind('/') + 1));
    }
    return names;
  }

  TemporaryDirectory directory_;
  std::string log_;
  std::optional<Root> root_;
};

TEST_F(ShellOracle, StartsNothingThatIsNotListedForScriptsOfThisMachine) {
  write_file(directory_ / "a.txt", "hello\n");
  write_file(directory_ / "b.txt", "hallo\n");
  ASSERT_EQ(run_command({"/usr/bin/gzip", "-k", directory_ / "a.txt"}).status, 0);
  const std::vector<Strings> runs = {{"/usr/bin/bash", "/usr/bin/ldd", "/bin/ls"},
                                     {"/usr/bin/dash", "/usr/bin/zgrep", "-n", "hello", "a.txt.gz"},
                                     {"/usr/bin/bash", "/usr/bin/zgrep", "hello", "b.txt"},
                                     {"/usr/bin/dash", "/usr/bin/which", "ls"},
                                     {"/usr/bin/dash", "/usr/bin/gunzip", "-c", "a.txt.gz"},
                                     {"/usr/bin/dash", "/usr/bin/zdiff", "a.txt.gz", "a.txt"},
                                     {"/usr/bin/dash", "/usr/bin/xzgrep", "hello", "a.txt"},
                                     {"/usr/bin/dash", "/usr/bin/bzgrep", "hello", "a.txt"},
                                     {"/usr/bin/dash", "/usr/bin/savelog", "-c", "3", "b.txt"},
                                     {"/usr/bin/dash", "/usr/bin/egrep", "a", "a.txt"},
                                     {"/usr/bin/dash", "/usr/bin/dpkg-realpath", "/bin/sh"},
                                     {"/usr/bin/bash", "/usr/bin/xml2-config", "--libs"}};
  size_t count = 0;
  for (const Strings& run : runs) {
    if (!installed(run[0]) || !installed(run[1])) continue;
    ++count;
    EXPECT_EQ(lines_of(without(started(run[0], run[1], Strings(run.begin() + 2, run.end())), ours(run[0], run[1]))), "") << run[0] << " " << run[1];
  }
  if (count == 0) GTEST_SKIP() << "no shell script to try";
}

TEST_F(ShellOracle, StartsAllThatIsListedForAScriptThatGoesThroughIt) {
  const std::string script = directory_ / "script";
  write_file(script,
             "run() { shift; \"$@\" >/dev/null; }\nlist=\"sort -r\"\nfor word in uname nproc; do $word >/dev/null; done\n"
             "echo x | sed s/x/y/ | $list | xargs -n 1 basename\nrun 1 tac /dev/null\neval 'wc -l </dev/null'\nsh -c 'head -1 /dev/null; exec tail -1 /dev/null'\n"
             "x=$(date +%Y) y=`id -u` z=${UNSET_NAME:-$(tty)}\ncase $x in 2*) expr 1 + 1 ;; *) cut -c1 ;; esac\nenv -i A=1 printenv A\n"
             "find . -maxdepth 0 -exec stat {} \\; -exec sh -c 'readlink -f \"$1\"' _ {} +\ntrap 'sync -f .' EXIT\ncat <<E\n$(seq 2)\nE\ncommand nl </dev/null\n"
             "if test -n \"$x\" && ! cmp -s a b; then od </dev/null; else rev </dev/null; fi\n( nice -n 1 tr a b </dev/null ) &\nwait\n");
  for (const char* shell : {"/usr/bin/dash", "/usr/bin/bash"}) {
    if (!installed(shell)) continue;
    const auto real = started(shell, script, {}, true), found = ours(shell, script);
    ASSERT_GT(real.size(), 20u) << shell;
    EXPECT_EQ(lines_of(without(real, found)), "") << shell;
    EXPECT_EQ(lines_of(without(found, real)), "cut\nprintenv\nrev\n") << shell << ": branches that were not taken, and what ran without this PATH";
  }
}

}  // namespace
}  // namespace rootlet::test
