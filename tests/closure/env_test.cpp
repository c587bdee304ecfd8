// The command of a `#!/usr/bin/env` line, with coreutils' env as the oracle: asked to run a command that is not there, it
// says which.
#include <gtest/gtest.h>

#include "closure/script.hpp"
#include "support/dice.hpp"
#include "support/temporary.hpp"

namespace rootlet {
namespace {

using test::Dice;

// A name in the quotes of coreutils' messages, which escape what is not plain.
std::string unquoted(std::string_view text) {
  constexpr std::string_view kLetters = "tnvfr", kMeant = "\t\n\v\f\r";
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const size_t letter = kLetters.find(text[++i]);
    out += letter == std::string_view::npos ? text[i] : kMeant[letter];
  }
  return out;
}

// The name of the command that env tries to run, given the argument of a first line and a script. Nothing if that is
// the script itself, or if it runs none. A variable X has the text "${X}" as its value.
std::optional<std::string> env_tries(const std::string& argument) {
  auto result = test::run_command({"/usr/bin/env", "-i", "LC_ALL=C", "PATH=/nonexistent", "X=${X}", "/usr/bin/env", argument, "/the-script"});
  constexpr std::string_view kStart = "env: '";
  const size_t end = std::min(result.err.find("': No such file or directory\n"), result.err.find("': Permission denied\n"));  // of "/"
  const size_t start = end == std::string::npos ? end : result.err.rfind(kStart, end);
  if (start == std::string::npos) return std::nullopt;
  std::string name = unquoted(std::string_view(result.err).substr(start + kStart.size(), end - start - kStart.size()));
  if (name == "/the-script" || name.empty()) return std::nullopt;
  return name;
}

std::string spell(const std::optional<std::string>& name) { return name ? "'" + *name + "'" : "none"; }

class EnvCommand : public testing::Test {
 protected:
  void SetUp() override {
    if (test::run_command({"/usr/bin/env", "--version"}).out.find("GNU coreutils") == std::string::npos) {
      GTEST_SKIP() << "/usr/bin/env is not of GNU coreutils";
    }
  }
  int found_ = 0, none_ = 0;

  void compare(const std::string& argument) {
    const auto expected = env_tries(argument);
    EXPECT_EQ(spell(env_command(argument)), spell(expected)) << "for the argument " << testing::PrintToString(argument);
    ++(expected ? found_ : none_);
  }
};

TEST_F(EnvCommand, WithoutOptionsIsTheWholeArgument) {
  for (const char* argument : {"cmd", "cmd one", "", "A=b", "A=b cmd", "-i", "-", "--", "-u", "-S", "-i cmd", "-icmd", "-u cmd", "-uX", "-C", "-0", "-x", "--version", "--help"}) compare(argument);
  EXPECT_GE(found_, 2);
}

TEST_F(EnvCommand, StandsBehindTheOptionsOfASplitString) {
  for (const char* argument :
       {"-S cmd", "-Scmd one", "-S cmd one two", "-vS cmd -x", "-iS cmd", "-ivScmd", "-S -i cmd", "-S - cmd", "-S - - cmd", "-S -- cmd", "-S -- -i cmd", "-S -u HOME cmd", "-S -uHOME cmd",
        "-S --unset HOME cmd", "-S --unset=HOME cmd", "-S --uns HOME cmd", "-S -C / cmd", "-S -C/ cmd", "-S --chdir=/ cmd", "-S --chdir / cmd", "-S -iu HOME cmd", "-S -v cmd",
        "-S --debug cmd", "-S -0 cmd", "-S --null cmd", "-S -x cmd", "-S --nonsense cmd", "-S --ignore-environment cmd", "-S --ignore-environment=1 cmd", "-S --ignore-signal cmd",
        "-S --ignore-signal=INT cmd", "-S --ignore cmd", "-S --default-signal=PIPE cmd", "-S --block-signal cmd", "-S --list-signal-handling cmd", "--split-string=cmd one",
        "--split-string cmd", "--split=cmd", "--s=cmd", "-S --help cmd", "-S --version cmd", "-S -C cmd", "-S -u", "-S --chdir"}) {
    compare(argument);
  }
  EXPECT_GE(found_, 20);
  EXPECT_GE(none_, 8);
}

TEST_F(EnvCommand, StandsBehindTheAssignments) {
  for (const char* argument : {"-S A=b cmd", "-S A=b C=d cmd e=f", "-S -- A=b cmd", "-S A=b -i cmd", "-S A=b -- cmd", "-S - A=b cmd", "-S A='b c' cmd", "-S A=\\_cmd", "-S A=b\\_cmd",
                               "-S A=b\tcmd", "-S =cmd", "-S = cmd", "-S A=b #cmd", "-S A=b"}) {
    compare(argument);
  }
  EXPECT_GE(found_, 8);
}

TEST_F(EnvCommand, OfASplitStringInASplitStringIsFound) {
  for (const char* argument : {"-S -S cmd", "-S -S 'cmd one'", "-S -S'-i cmd' x", "-S -vS 'A=b cmd' x", "-S --split-string='-i cmd' x", "-S -S '-S cmd'", "-S -S", "-S -S '' cmd"}) compare(argument);
  EXPECT_GE(found_, 6);
}

TEST_F(EnvCommand, OfASplitStringIsUnquoted) {
  for (const char* argument :
       {"-S 'cmd one'", "-S \"cmd\" x", "-S c'm'\"d\"", "-S ''", "-S '' cmd", "-S c\\_md", "-S \"c\\_md\"", "-S \\c cmd", "-S cmd\\c x", "-S cm\\cd", "-S \"cm\\cd\"", "-S # cmd", "-S cmd#x",
        "-S \\#cmd", "-S cm\\'d", "-S 'cm\\'d'", "-S 'cm\\xd'", "-S 'cm\\\\d'", "-S cm\\xd", "-S cmd\\", "-S cm\\$d", "-S cm$d", "-S ${X} one", "-S a${X}b", "-S 'a${X}b'", "-S \"${X}\"",
        "-S ${X", "-S $X", "-S ${}", "-S ${1}", "-S 'cmd", "-S \"cmd", "-S \tcmd\tone", "-S\tcmd", "-S cm\\\\d", "-S cm\\\"d", "-S cm\\td", "-S cm\\nd", "-S \"cm\\td\"", "-S cm\\ d", "-S c\rmd"}) {
    compare(argument);
  }
  EXPECT_GE(found_, 20);
  EXPECT_GE(none_, 8);
}

TEST_F(EnvCommand, OfRandomArgumentsIsTheOneThatEnvTries) {
  Dice dice(2);
  const std::vector<std::string> pieces = {"cmd", "one", " ",   " ",    " ",    " ",  "A=b", "-i",         "-u",         "-C / ", "-S", "--", "-",       "'",     "\"",
                                           "\\_", "\\c", "#", "\\#", "${X}", "-v", "\\'", "--unset=x", "--chdir=/ ", "-0",   "=",  "\t", "--debug", "-vS ", "\\"};
  for (int round = 0; round < 700 && !HasFailure(); ++round) {
    std::string argument = dice.percent(90) ? "-S" : "";
    for (size_t left = dice.between(1, 8); left > 0; --left) argument += dice.pick(pieces);
    compare(argument);
  }
  EXPECT_GT(found_, 150);
  EXPECT_GT(none_, 150);
}

}  // namespace
}  // namespace rootlet
