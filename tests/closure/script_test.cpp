// The first line of a script, against the kernel that reads it and the env that takes it apart.
#include "closure/script.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

#include "support/dice.hpp"
#include "support/temporary.hpp"

namespace rootlet::test {
namespace {

using Arguments = std::vector<std::string>;

// A new script that prints the name it was called by and its arguments, each in a line of its own. It is the
// interpreter of what is under test; being a script itself, it is called by its path and what the kernel passed on.
constexpr const char* kPrinter = "#!/bin/sh\nprintf '%s\\n' \"$0\" \"$@\"\n";

// Runs exactly this file: no shell and no execvp that would try a shell where the kernel refuses. Nothing if refused.
std::optional<std::string> run_by_kernel(const std::string& path) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return ADD_FAILURE() << "no pipe", std::nullopt;
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], 1);
    char* const argv[] = {const_cast<char*>(path.c_str()), nullptr};
    char* const environment[] = {nullptr};
    ::execve(path.c_str(), argv, environment);
    ::_exit(126);
  }
  ::close(ends[1]);
  std::string out;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;) out.append(buffer, static_cast<size_t>(got));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return std::nullopt;
  return out;
}

class Kernel {
 public:
  // A directory whose path has a known length, so that lines can be made of an exact one.
  Kernel() : printer_(directory_ / "p") { write_file(printer_, kPrinter, 0755); }

  const std::string& printer() const { return printer_; }
  std::string operator/(const std::string& name) const { return directory_ / name; }

  // What the kernel makes of a script that holds `content`: interpreter and argument, as the printer tells.
  std::optional<std::string> runs(const std::string& content) const {
    write_file(directory_ / "script", content, 0755);
    return run_by_kernel(directory_ / "script");
  }

  // What the kernel would run by our reading, in the printer's words; nothing where there is no such file.
  std::optional<std::string> ours(const std::string& content) const {
    const auto shebang = parse_shebang(Bytes(std::string_view(content).substr(0, kShebangBytes)));
    if (!shebang || !*shebang) return std::nullopt;
    if (!std::filesystem::is_regular_file((*shebang)->interpreter)) return std::nullopt;
    const auto& argument = (*shebang)->argument;
    return (*shebang)->interpreter + "\n" + (argument ? *argument + "\n" : "") + (directory_ / "script") + "\n";
  }

  void compare(const std::string& content) const { EXPECT_EQ(ours(content), runs(content)) << testing::PrintToString(content); }

 private:
  TemporaryDirectory directory_;
  std::string printer_;
};

TEST(Shebang, OfAnOrdinaryScriptIsItsInterpreterAndOneArgument) {
  const Kernel kernel;
  EXPECT_EQ(kernel.runs("#!" + kernel.printer() + " a  b \n"), kernel.printer() + "\na  b\n" + kernel / "script" + "\n");
  kernel.compare("#!" + kernel.printer() + " a  b \n");
  kernel.compare("#!" + kernel.printer() + "\n");
}

TEST(Shebang, WithOddBlanksAndEndsIsReadAsByTheKernel) {
  const Kernel kernel;
  const std::string name = kernel.printer();
  using namespace std::string_literals;
  for (const std::string& content :
       {"#! \t "s + name + "\n", "#!"s + name + "\t-x\t\n", "#!"s + name, "#!"s + name + " "s, "#!"s + name + " -x"s, "#!"s + name + "\r\n",
        "#!"s + name + " -x\r\n", "#!"s + name + "\0\n"s, "#!"s + name + " -x\0y\n"s, "#!"s + name + "\0 y\n"s, "#!"s + name + " \0y\n"s, "#!\0"s + name + "\n"s,
        "#!\n"s + name + "\n", "#!"s, "#! "s, "#!\n"s, "# !"s + name + "\n", " #!"s + name + "\n", "#!"s + name + "\v-x\n", "#!"s + name + " #x\n"}) {
    kernel.compare(content);
  }
}

TEST(Shebang, AsLongAsTheBufferIsCutAsByTheKernel) {
  const Kernel kernel;
  for (size_t length = 250; length <= 262; ++length) {
    for (const char* end : {"", "\n", " \n", "\t", "\nmore"}) {
      // An argument that fills the line up to `length` bytes, and blanks that do.
      std::string with_argument = "#!" + kernel.printer() + " ";
      with_argument.resize(length, 'a');
      kernel.compare(with_argument + end);
      std::string with_blanks = "#!" + kernel.printer();
      with_blanks.resize(length, ' ');
      kernel.compare(with_blanks + end);
      std::string blanks_before = "#!";
      blanks_before.resize(length - kernel.printer().size(), ' ');
      kernel.compare(blanks_before + kernel.printer() + end);
    }
  }
}

TEST(Shebang, WithAnInterpreterOfAnyLengthIsReadAsByTheKernel) {
  const Kernel kernel;
  for (size_t length = 250; length <= 260; ++length) {
    // "#!" and a path of "/./././p" that makes the line `length` bytes long without its end.
    std::string name = kernel / "";
    while (name.size() + 2 + 2 < length) name += "./";
    if (name.size() + 2 + 1 < length) name += "/";
    name += "p";
    ASSERT_EQ(name.size() + 2, length);
    for (const char* end : {"", "\n", " ", " -x\n"}) kernel.compare("#!" + name + end);
  }
}

TEST(Shebang, OfAnyPiecesIsReadAsByTheKernel) {
  const Kernel kernel;
  const std::vector<std::string> pieces{kernel.printer(), kernel.printer(), " ", "\t", "\n", "\r", std::string(1, '\0'), "-x", "#!", "x", "/", std::string(120, ' '), std::string(100, 'y')};
  Dice dice(6);
  size_t ran = 0;
  for (int round = 0; round < 600; ++round) {
    std::string content = "#!";
    for (size_t count = dice.below(4); count > 0; --count) content += dice.pick(std::vector<std::string>{" ", "\t", ""});
    if (dice.percent(60)) content += kernel.printer();
    for (size_t count = dice.below(7); count > 0; --count) content += dice.pick(pieces);
    const auto real = kernel.runs(content);
    ASSERT_EQ(kernel.ours(content), real) << testing::PrintToString(content);
    ran += real.has_value();
  }
  EXPECT_GT(ran, 100u);
}

class Env : public testing::Test {
 protected:
  void SetUp() override {
    if (run_command({"env", "--version"}).out.find("GNU coreutils") == std::string::npos) GTEST_SKIP() << "env of coreutils is not here";
    for (const char* name : {"cmd", "other", "cmd-2", "-cmd"}) {
      write_file(directory_ / name, "#!/bin/sh\nprintf '%s' '" + std::string(name) + "'\n", 0755);
    }
  }
  // Which of the commands env runs for a shebang line with this argument, or an empty string.
  std::string runs(const std::string& argument) const {
    const CommandResult result = run_command({"env", "-i", "PATH=" + directory_.path(), "/usr/bin/env", argument, directory_ / "script"});
    return result.status == 0 ? result.out : "";
  }
  TemporaryDirectory directory_;
};

TEST_F(Env, RunsTheCommandThatIsRead) {
  for (const char* argument : {"cmd", "-S cmd", "-Scmd", "-S cmd -x other", "-S A=1 cmd", "-S A=1 B=x cmd other", "-S -u HOME cmd", "-S --unset HOME cmd", "-S --unset=HOME cmd",
                               "-S -C / cmd", "-S --chdir=/ cmd", "-S 'cmd'", "-S \"cmd\" x", "-S c'm'd", "-S \\_cmd", "-S\tcmd\t-x", "-S -- cmd",
                               "--split-string=cmd -x", "--split-string= A=1 cmd", "-S A='x other' cmd", "-S A=\"\\\"other\" cmd", "-S cmd\\c other", "-S cmd # other", "-S cmd-2"}) {
    const std::string real = runs(argument);
    ASSERT_NE(real, "") << argument << ": the line is no good as a test";
    EXPECT_EQ(env_command(argument), real) << argument;
  }
}

TEST_F(Env, RunsNothingWhereNothingIsRead) {
  for (const char* argument : {"", "A=1", "-i", "-S # cmd", "-S \\c cmd"}) {
    // The kernel adds the script as a word of its own, which env may run in turn: it is not here.
    EXPECT_EQ(runs(argument), "") << argument;
    EXPECT_EQ(env_command(argument), std::nullopt) << argument;
  }
}

}  // namespace
}  // namespace rootlet::test
