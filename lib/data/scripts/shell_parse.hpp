// A shell script taken apart into its commands: sh, dash, ash, bash, ksh and, as far as they agree, zsh.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace rootlet::scripts {

struct ShellPart {
  enum Kind : uint8_t {
    literal,       // `text` as it is
    variable,      // $text, ${text}, or ${text<operation>}
    substitution,  // $(text), `text`
    unknown,       // arithmetic, patterns, process substitutions
  } kind = literal;
  bool quoted = false;
  std::string text;
  std::string operation;  // of a variable: ":-word", "%/*", …
};

struct ShellWord {
  std::vector<ShellPart> parts;
  uint32_t line = 0;
  bool fields = false;  // of a loop: each of the fields that it expands to is a value

  // The text of a word that has nothing but literal parts.
  std::optional<std::string> literal() const;
  bool quoted() const;
};

// A simple command, after its assignments and without its redirections.
struct ShellCommand {
  std::vector<ShellWord> words;
  uint32_t line = 0;
  std::string function;  // whose body it stands in
  std::string input;     // its here-document, as it stands there
};

struct ShellScript {
  std::deque<ShellCommand> commands;
  std::map<std::string, std::vector<ShellWord>, std::less<>> assigned;  // every value a variable is given
  std::set<std::string, std::less<>> functions;
  size_t parts = 0;  // of words that were kept
  bool cut = false;  // there were more than kMaxParts

  static constexpr size_t kMaxParts = 400'000;
  static constexpr size_t kMaxPartsOfWord = 256;
  static constexpr size_t kMaxWordsOfCommand = 512;
  static constexpr size_t kMaxValues = 64;  // of one variable
};

enum class Shell : uint8_t { dash, ash, bash, ksh, zsh };

// Adds what stands in `text` to `script`, commands inside of substitutions included: those come before the
// command that they are a part of.
void parse_shell(std::string_view text, Shell shell, uint32_t line, ShellScript& script);

// `text` as one word, as after `${name:-`; commands in it are not kept.
ShellWord parse_shell_word(std::string_view text, Shell shell);

inline constexpr int kMaxShellDepth = 48;  // of substitutions inside of each other; what is deeper is not read

}  // namespace rootlet::scripts
