// Man pages and completions against the command's own help, each through the program that will read it.
#include <regex>
#include <set>

#include "cli/fixture.hpp"

namespace rootlet::test {
namespace {

class Shells : public Command {
 protected:
  // The long options that a command's help lists.
  static std::set<std::string> options_of(const std::string& command) {
    const std::string help = plain({command, "--help"}).out;
    static const std::regex kOption("\n +(-[a-z],)?(--[a-z-]+)");
    std::set<std::string> found;
    for (std::sregex_iterator at(help.begin(), help.end(), kOption), end; at != end; ++at) found.insert((*at)[2]);
    return found;
  }

  // What a completion offers for a line: its first words.
  std::set<std::string> offered(const std::string& shell, const std::string& line) {
    const std::string scripts = ROOTLET_CLI_DIRECTORY "/completions/";
    const std::string program = std::string(ROOTLET_COMMAND);
    const std::string path = "PATH=" + program.substr(0, program.rfind('/')) + ":$PATH; export PATH; ";
    std::string code;
    if (shell == "bash") {
      code = path + "exec bash -c 'source " + scripts + "rootlet.bash; compopt() { :; }; COMP_WORDS=(" + line +
             "); [[ \"$0\" == *\" \" ]] && COMP_WORDS+=(\"\"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _rootlet; printf \"%s\\n\" \"${COMPREPLY[@]}\"' '" + line + "'";
    } else {
      code = path + "HOME=" + (directory_ / "home") + " exec fish --no-config -c 'source " + scripts + "rootlet.fish; complete -C \"" + line + "\"'";
    }
    const CommandResult result = run_command({"/bin/sh", "-c", code});
    EXPECT_EQ(result.err, "") << shell << ": " << line;
    std::set<std::string> words;
    for (size_t start = 0, end; start < result.out.size(); start = end + 1) {
      end = std::min(result.out.find('\n', start), result.out.size());
      const std::string word = result.out.substr(start, end - start);
      if (!word.empty()) words.insert(word.substr(0, word.find('\t')));
    }
    return words;
  }
};

TEST_F(Shells, TheManPageSaysEveryOptionAndNoOther) {
  std::set<std::string> known;
  for (const char* command : {"resolve", "build", "index", "verify", "diff", "why", "audit", "report"}) known.merge(options_of(command));
  ASSERT_GT(known.size(), 20U);
  const std::string page = read_file(ROOTLET_CLI_DIRECTORY "/man/rootlet.1");
  static const std::regex kOption("Fl (\\\\-[a-z-]+)");
  std::set<std::string> said;
  for (std::sregex_iterator at(page.begin(), page.end(), kOption), end; at != end; ++at) said.insert("-" + (*at)[1].str().replace(0, 1, ""));
  EXPECT_EQ(said, known);
}

TEST_F(Shells, ManPagesHaveNoMistakes) {
  for (const char* name : {"/man/rootlet.1", "/man/rootlet.3", "/man/rootlet-json.5", "/man/rootlet-rules.5"}) {
    const CommandResult groff = run_command({"groff", "-mandoc", "-ww", "-z", std::string(ROOTLET_CLI_DIRECTORY) + name});
    EXPECT_EQ(groff.status, 0);
    EXPECT_EQ(groff.err + groff.out, "") << name;
  }
}

TEST_F(Shells, CompletionOffersCommandsOptionsWordsAndPathsInsideTheRoot) {
  const std::string in_root = "rootlet build --root " + root();
  for (const char* shell : {"bash", "fish"}) {
    SCOPED_TRACE(shell);
    for (const char* command : {"resolve", "build", "index", "verify", "diff", "why", "audit", "report", "version"}) EXPECT_EQ(offered(shell, "rootlet ").count(command), 1U) << command;
    for (const char* command : {"resolve", "build", "index", "verify", "diff", "why", "audit", "report"}) {
      const std::set<std::string> options = offered(shell, std::string("rootlet ") + command + " --");
      for (const std::string& option : options_of(command)) EXPECT_EQ(options.count(option), 1U) << command << " " << option;
    }
    EXPECT_EQ(offered(shell, "rootlet build --data "), (std::set<std::string>{"none", "auto", "package"}));
    EXPECT_EQ(offered(shell, "rootlet why --format "), (std::set<std::string>{"text", "json"}));
    EXPECT_EQ(offered(shell, "rootlet diff --format "), (std::set<std::string>{"text", "json"}));
    EXPECT_EQ(offered(shell, "rootlet audit --format "), (std::set<std::string>{"text", "json", "sarif", "junit"}));
    EXPECT_EQ(offered(shell, "rootlet build --sbom "), (std::set<std::string>{"none", "spdx", "cyclonedx"}));
    EXPECT_EQ(offered(shell, "rootlet verify " + root() + "/etc/mo"), std::set<std::string>{root() + "/etc/motd"});
    EXPECT_EQ(offered(shell, in_root + " /usr/bin/ap"), std::set<std::string>{"/usr/bin/app"});
    EXPECT_EQ(offered(shell, in_root + " /etc/nothing"), std::set<std::string>{});
  }
}

// In a terminal of its own, with the key that a person presses.
TEST_F(Shells, ZshCompletesToo) {
  write_file(directory_ / "drive.zsh", R"(zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "PS1=; fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D; print rea''dy"
zpty -r z out '*ready*'
zpty -w -n z "$2"$'\t\t'
zpty -w z ''
zpty -w z "print do''ne; exit"
while zpty -r z out; do print -rn -- "$out"; done
)");
  const std::string program = ROOTLET_COMMAND;
  const auto shown = [&](const std::string& line) {
    const std::string code = "PATH=" + program.substr(0, program.rfind('/')) + ":$PATH; export PATH; exec zsh -f " + (directory_ / "drive.zsh") +
                             " " ROOTLET_CLI_DIRECTORY "/completions '" + line + "'";
    return run_command({"/bin/sh", "-c", code}).out;
  };
  EXPECT_TRUE(mentions(shown("rootlet "), "resolve")) << shown("rootlet ");
  const std::string options = shown("rootlet build --dep");
  EXPECT_TRUE(mentions(options, "--depfile-target")) << options;
  const std::string path = shown("rootlet build --root " + root() + " /usr/bin/ap");
  EXPECT_TRUE(mentions(path, "/usr/bin/app")) << path;
}

TEST_F(Command, ADepfileNamesTheFilesThatALayerIsMadeOf) {
  const std::string layer = directory_ / "the layer.tar", rule = directory_ / "rule.d";
  ASSERT_EQ(run({"build", "--tar", layer, "--depfile", rule, "--include", "/etc/motd", "/usr/bin/app"}).status, 0);
  // make itself reads it: a file that is not there has no rule, and one that is newer than the target remakes it.
  const std::string makefile = directory_ / "Makefile";
  write_file(makefile, "include " + rule + "\n" + (directory_ / "the\\ layer.tar") + ":\n\t@echo made for $(words $?)\n");
  run_command({"touch", "-d", "2001-01-01", root() + "/usr/bin/app", root() + "/usr/lib/libz.so.1.2.13", root() + "/etc/motd",
               root() + "/usr/lib64/ld-linux-x86-64.so.2"});
  EXPECT_TRUE(mentions(run_command({"make", "-f", makefile, layer}).out, "up to date"));
  for (const char* file : {"/usr/bin/app", "/usr/lib/libz.so.1.2.13", "/etc/motd"}) {
    run_command({"touch", root() + file});
    run_command({"touch", "-d", "yesterday", layer});
    const std::string said = run_command({"make", "-f", makefile, layer}).out;
    EXPECT_TRUE(mentions(said, "made for ")) << file << ": " << said;
    run_command({"touch", "-d", "2001-01-01", root() + file});
  }
  run_command({"touch", root() + "/usr/bin/broken"});
  EXPECT_TRUE(mentions(run_command({"make", "-f", makefile, layer}).out, "up to date"));
  ASSERT_EQ(run({"build", "--tar", layer, "--depfile", rule, "--depfile-target", "other$1", "/usr/bin/app"}).status, 0);
  EXPECT_TRUE(read_file(rule).starts_with("other$$1: \\\n"));
}

TEST_F(Command, ADepfileSpellsNamesAsMakeReadsThem) {
  const std::vector<std::string> names = {"a:b", "c|d", "e*f?", "g[h]%", "i=j", "k\\l", "m\\:n", "o p", "q#r$", "s&t'"};
  for (const std::string& name : names) world_.file("/srv/odd/" + name, "");
  for (const char* name : {"u;v", "w\\", "x ", "y\nz"}) world_.file(std::string("/srv/odd/") + name, "");
  const std::string layer = directory_ / "layer.tar", rule = directory_ / "rule.d", makefile = directory_ / "Makefile";
  ASSERT_EQ(run({"build", "--tar", layer, "--depfile", rule, "/srv/odd"}).status, 0);
  write_file(makefile, "include " + rule + "\n" + layer + ":\n\t@echo made for $(words $?)\n");
  std::vector<std::string> touch = {"touch", "-d", "2001-01-01"};
  for (const std::string& name : names) touch.push_back(root() + "/srv/odd/" + name);
  run_command(touch);
  const CommandResult before = run_command({"make", "-f", makefile, layer});
  EXPECT_TRUE(mentions(before.out, "up to date")) << before.out << before.err;
  run_command({"touch", "-d", "yesterday", layer});
  for (const std::string& name : names) {
    run_command({"touch", root() + "/srv/odd/" + name});
    const std::string said = run_command({"make", "-f", makefile, layer}).out;
    EXPECT_TRUE(mentions(said, "made for ")) << name << ": " << said;
    run_command({"touch", "-d", "2001-01-01", root() + "/srv/odd/" + name});
  }
  // What cannot be said is found out before anything is written.
  const CommandResult refused = run({"build", "--tar", directory_ / "other.tar", "--depfile", rule, "--depfile-target", "a=b", "/srv/odd"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_TRUE(mentions(refused.err, "--depfile-target")) << refused.err;
  EXPECT_FALSE(boost::filesystem::exists(directory_ / "other.tar"));
}

// Whatever the library can be told, the command can be told; but what the command sets by itself.
TEST_F(Shells, EveryOptionOfTheLibraryIsOneOfTheCommand) {
  const std::string source = read_file(ROOTLET_CLI_DIRECTORY "/../c/options.cpp");
  static const std::regex kOption("\\{\"([a-z-]+)\", \"(text|list|flag|number)\"");
  std::set<std::string> known;
  for (std::sregex_iterator at(source.begin(), source.end(), kOption), end; at != end; ++at) known.insert("--" + (*at)[1].str());
  ASSERT_GT(known.size(), 12U);
  known.erase("--record-attempts");
  known.erase("--epoch");
  const std::set<std::string> options = options_of("build");
  // What is on by default can be turned off.
  for (const std::string& option : known) EXPECT_EQ(options.count(option) + options.count("--no-" + option.substr(2)), 1U) << option;
}

// The command is what anybody could write with rootlet.h.
TEST_F(Shells, TheCommandIncludesNothingElseOfTheLibrary) {
  const std::string included = run_command({"grep", "-hrE", "#include [<\"]rootlet", ROOTLET_CLI_DIRECTORY}).out;
  EXPECT_EQ(included, "#include \"rootlet.h\"\n");
}

}  // namespace
}  // namespace rootlet::test
