// The reader behind shell.hpp: shell.cpp has commands and files that are read in, shell_arguments.cpp commands
// in the arguments of others.
#pragma once

#include <map>
#include <set>
#include <span>
#include <utility>

#include "data/scripts/needs.hpp"
#include "data/scripts/shell_tables.hpp"
#include "data/scripts/shell_values.hpp"

namespace rootlet::scripts {

class ShellReader {
 public:
  ShellReader(Needs& needs, Shell shell, std::string_view path)
      : needs_(needs), shell_(shell), path_(path), values_(script_, shell, std::string(path)) {}

  void read(std::string_view text);

 private:
  using Words = std::span<const ShellWord>;

  // shell.cpp
  void pending();
  void prepare();
  void set_arguments(Words words);
  void directory(Words words);
  void run(Words words, int depth, bool started);
  void unknown(const ShellWord& word);
  void named(const std::string& name, Words words, int depth, bool started);
  void program(const std::string& name, uint32_t line);
  void programs_of(const std::string& pattern);
  std::vector<std::string> places(const std::string& name) const;
  void wrapped(const std::string& name, Words words, int depth);
  void builtin(const std::string& name, Words words, int depth);
  void command(Words words, int depth);
  void source(Words words, bool own);
  void source(const std::string& text, uint32_t line, bool own);

  // shell_arguments.cpp
  void external(const std::string& name, Words words, int depth);
  void prefixed(const ShellPrefix& prefix, Words words, int depth);
  void script_argument(Words words);
  void after_option(Words words, std::initializer_list<std::string_view> options, int depth);
  void run_parts(Words words);
  void scripts(const ShellWord& word);
  void evaluate(Words words);
  void interpreted(const std::string& name, ScriptLanguage language, Words words);
  std::optional<std::string> value(const ShellWord& word);

  Needs& needs_;
  Shell shell_;
  std::string path_;
  std::string_view text_;
  std::string input_;  // of the command that is looked at
  ShellScript script_;
  ShellValues values_;
  std::set<std::string> commands_;  // may still turn out to be functions
  std::map<std::string, std::set<unsigned>> wrappers_;
  std::vector<std::string> directories_;  // that the script goes to, absolute
  std::vector<std::pair<uint32_t, std::string>> texts_;
  std::set<std::string> seen_, sourced_, patterns_;
  size_t interpreters_ = 0;
  bool reads_unknown_ = false;  // a file is read in that nobody can tell, whose functions are not known

  static constexpr size_t kMaxTexts = 512;        // further scripts inside of this one: eval, sh -c, trap
  static constexpr size_t kMaxSourced = 32;       // files that are read in whose functions are looked at
  static constexpr int kMaxDepth = 16;            // commands in front of commands
  static constexpr size_t kMaxWrappers = 64;      // places of "$@" that are looked at for one call
  static constexpr size_t kMaxDirectories = 16;
  static constexpr size_t kMaxInterpreters = 32;  // calls of other languages' interpreters that are looked into
  static constexpr size_t kMaxPatterns = 64;
  static constexpr size_t kMaxMatches = 256;      // files of one directory or pattern
};

inline bool known(std::string_view text) { return text.find(kShellUnknown) == std::string_view::npos; }

// How a word is shown that nobody can tell the value of.
std::string spelled(const ShellWord& word);

}  // namespace rootlet::scripts
