// What the command does differently where a person looks on.
#include "support/terminal.hpp"

#include <unistd.h>

#include "cli/fixture.hpp"

namespace rootlet::test {
namespace {

class OnTerminal : public Command {
 protected:
  CommandResult look(std::vector<std::string> words, const Streams& streams = {},
                     std::vector<std::string> environment = {"TERM=xterm"}) {
    std::vector<std::string> command = {"env", "-u", "NO_COLOR", "-u", "TERM"};
    command.insert(command.end(), environment.begin(), environment.end());
    command.insert(command.end(), {ROOTLET_COMMAND, words[0], "--root", root()});
    command.insert(command.end(), words.begin() + 1, words.end());
    return run_on_terminal(command, streams);
  }
};

bool colored(const std::string& text) {
  return mentions(text, "\033[");
}

TEST_F(OnTerminal, TreesAndChainsHaveColor) {
  EXPECT_TRUE(colored(look({"resolve", "/usr/bin/app"}).out));
  EXPECT_TRUE(colored(look({"why", "/lib64", "/usr/bin/app"}).out));
  EXPECT_TRUE(colored(look({"audit", "/usr/bin/app"}).out));
}

TEST_F(OnTerminal, NothingHasColorWhereOutputGoesElsewhere) {
  EXPECT_FALSE(colored(look({"resolve", "/usr/bin/app"}, {false, true}).out));
  EXPECT_FALSE(colored(run({"resolve", "/usr/bin/app"}).out));
}

TEST_F(OnTerminal, TheUserHasTheLastWordOnColor) {
  EXPECT_FALSE(colored(look({"resolve", "--color", "never", "/usr/bin/app"}).out));
  EXPECT_FALSE(colored(look({"resolve", "/usr/bin/app"}, {}, {"TERM=xterm", "NO_COLOR=1"}).out));
  EXPECT_TRUE(colored(look({"resolve", "/usr/bin/app"}, {}, {"TERM=xterm", "NO_COLOR="}).out));
  EXPECT_FALSE(colored(look({"resolve", "/usr/bin/app"}, {}, {"TERM=dumb"}).out));
  EXPECT_FALSE(colored(look({"resolve", "/usr/bin/app"}, {}, {}).out));
  EXPECT_TRUE(colored(run({"resolve", "--color", "always", "/usr/bin/app"}).out));
}

TEST_F(OnTerminal, FormatsForProgramsHaveNoColor) {
  for (const char* format : {"paths", "json", "dot"})
    EXPECT_FALSE(colored(look({"resolve", "--format", format, "/usr/bin/app"}).out)) << format;
  for (const char* format : {"json", "sarif", "junit"}) EXPECT_FALSE(colored(look({"audit", "--format", format, "/usr/bin/app"}).out)) << format;
}

TEST_F(OnTerminal, AnArchiveIsNotPouredOverIt) {
  const CommandResult refused = look({"build", "--tar", "-", "/usr/bin/app"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_TRUE(mentions(refused.out, "--tar - would write an archive to the terminal")) << refused.out;
  EXPECT_LT(refused.out.size(), 300u);
}

TEST_F(OnTerminal, ALongBuildShowsItsProgressAndWipesItAway) {
  world_.file("/data/big", std::string(8 << 20, 'x'));
  // The archive is taken late, so that writing it takes more than half a second.
  const CommandResult built = look({"build", "--tar", "-", "/data"}, {false, true, 3000});
  EXPECT_EQ(built.status, 0);
  EXPECT_GT(built.out.size(), size_t{8 << 20});
  EXPECT_TRUE(mentions(built.err, " % ")) << built.err;
  EXPECT_TRUE(mentions(built.err, " entries, ")) << built.err;
  EXPECT_TRUE(built.err.ends_with("\r\033[K")) << built.err;
}

TEST_F(OnTerminal, AShortBuildShowsNone) {
  // On a machine with much else to do it may be a long one.
  CommandResult built;
  for (int tries = 0; tries < 20 && (tries == 0 || !built.err.empty()); ++tries) built = look({"build", "--tar", "-", "/usr/bin/app"}, {false, true});
  EXPECT_EQ(built.status, 0);
  EXPECT_EQ(built.err, "");
}

TEST_F(OnTerminal, NoProgressIsShownIfNotWantedOrNoOneLooks) {
  world_.file("/data/big", std::string(8 << 20, 'x'));
  EXPECT_EQ(look({"build", "-q", "--tar", "-", "/data"}, {false, true, 900}).err, "");
  EXPECT_EQ(look({"build", "--tar", "-", "/data"}, {false, false, 900}).err, "");
}

// Names of files are a stranger's words.

class HostileNames : public OnTerminal {
 protected:
  HostileNames() {
    const std::string evil =
        "\x1b]0;owned\x07\x1b[31m\xc2\x9b"
        "1m\x9b"
        "2m";
    name_ = "evil" + evil;
    world_.program("/data/" + name_, Elf()
                                         .needs({("lib" + evil + ".so").c_str()})
                                         .runpath("/l" + evil)
                                         .interpreter("/lib64/ld-linux-x86-64.so.2"));
    world_.file("/data/" + name_ + "2", "\177ELF", 0755)
        .symlink("/data/" + name_ + "3", "gone" + evil)
        .symlink("/data/line\nbreak", "x");
  }
  static void expect_clean(const CommandResult& said) {
    const std::string all = said.out + said.err;
    EXPECT_TRUE(mentions(all, "evil")) << all;
    for (const char* bad : {"\x1b]0", "\x1b[31m\xc2", "\x07", "\x9b"})
      EXPECT_FALSE(mentions(all, bad)) << all;
  }
  std::string name_;
};

TEST_F(HostileNames, ReachTheTerminalOnlySpelledOut) {
  expect_clean(look({"resolve", "/data"}));
  expect_clean(look({"resolve", "--format", "paths", "/data"}));
  expect_clean(look({"resolve", "--format", "json", "/data"}));
  expect_clean(look({"resolve", "--format", "dot", "/data"}));
  expect_clean(look({"why", "/data/" + name_, "/data"}));
  expect_clean(look({"why", "/data/absent" + name_, "/data"}));
  for (const char* format : {"text", "json", "sarif", "junit"}) {
    expect_clean(look({"audit", "--format", format, "/data"}));
    expect_clean(look({"audit", "--format", format, "--all"}));
  }
  expect_clean(look({"audit", "--hardening", "/data"}));
  expect_clean(look({"audit", "--write-baseline", directory_ / "known", "/data"}));
  expect_clean({0, read_file(directory_ / "known"), ""});
  expect_clean(look({"audit", "--baseline", directory_ / "known", "--exclude", "/data/evil*", "/data", "/usr/bin/app"}));
  expect_clean(look({"build", "--dir", directory_ / "layer", "/data"}));
  expect_clean(look({"build", "--allow-missing", "--dir", directory_ / "layer", "/data"}));
}

TEST_F(HostileNames, InErrorsAreSpelledOutToo) {
  expect_clean(look({"resolve", "/absent/" + name_}));
  expect_clean(look({"resolve", "/data/" + name_ + "2"}));
  expect_clean(look({"resolve", "/data/" + name_ + "3"}));
  expect_clean(look({"resolve", "--include", "/data/" + name_ + "4", "/usr/bin/app"}));
  expect_clean(look({"resolve", "--cpu", name_, "/usr/bin/app"}));
  expect_clean(look({"resolve", "--" + name_, "/usr/bin/app"}));
  expect_clean(run_on_terminal({ROOTLET_COMMAND, name_}, {}));
  expect_clean(run_on_terminal({ROOTLET_COMMAND, "resolve", "--root", "/" + name_, "/x"}, {}));
  expect_clean(run_on_terminal(
      {"env", "SOURCE_DATE_EPOCH=" + name_, ROOTLET_COMMAND, "build", "--dir", "/x", "/x"}, {}));
}

TEST_F(HostileNames, GoIntoAPipeAsTheyAre) {
  const CommandResult paths = run({"resolve", "--format", "paths", "/data"});
  EXPECT_TRUE(mentions(paths.out, "/data/" + name_ + "\n"));
  EXPECT_TRUE(mentions(look({"resolve", "--format", "paths", "/data"}).out, "/data/line\\x0abreak\r\n"));
}

}  // namespace
}  // namespace rootlet::test
