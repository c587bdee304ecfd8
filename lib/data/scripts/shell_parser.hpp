// The parser behind shell_parse.hpp: shell_parse.cpp has the grammar, shell_word.cpp has words.
#pragma once

#include "data/scripts/needs.hpp"
#include "data/scripts/shell_parse.hpp"

namespace rootlet::scripts {

class ShellParser {
 public:
  ShellParser(std::string_view text, Shell shell, uint32_t line, int depth, ShellScript& script)
      : text_(text), shell_(shell), line_(line), depth_(depth), script_(script), budget_(8 * text.size() + 4096) {}

  // Commands up to `end`, which is left where it is, or to the end of the text.
  void list(char end);
  // All of the text as one word: blanks and operators are parts of it.
  ShellWord whole_word();
  // Reads on without keeping anything.
  void discard() { discard_ = true; }

 private:
  static constexpr size_t kNone = static_cast<size_t>(-1);
  struct Here {
    std::string delimiter;
    bool tabs = false;    // <<-: leading tabs do not count
    bool quoted = false;  // nothing in it is expanded
    size_t command = kNone;  // which of the script's it belongs to
  };

  // shell_parse.cpp
  bool room(size_t parts);
  void flush();
  void newline();
  void separator();
  bool ends_script() const;
  void closed() { open_ -= open_ > 0 ? 1 : 0; }
  void parenthesis(size_t& parentheses);
  void define(const std::string& name);
  void command_word();
  bool reserved(std::string_view word);
  void braces_of(std::string_view word);
  void skip_option(std::string_view option);
  void assign(std::string_view name, ShellWord value);
  void assignment(size_t length);
  void loop();
  void begin_case();
  void patterns();
  void condition();
  void function();
  void coprocess();

  // shell_word.cpp
  char peek(size_t ahead = 0) const { return place_ + ahead < text_.size() ? text_[place_ + ahead] : '\0'; }
  bool at_any(std::string_view characters) const { return place_ < text_.size() && characters.find(text_[place_]) != std::string_view::npos; }
  void skip_comment() { place_ = std::min(text_.find('\n', place_), text_.size()); }
  void skip_blanks();
  void skip_blanks_and_lines();
  ShellWord word();
  void single_quoted(ShellWord& word);
  void dollar_quoted(ShellWord& word);
  void double_quoted(ShellWord& word);
  bool expansion(ShellWord& word, bool quoted);
  void dollar(ShellWord& word, bool quoted);
  void braces(ShellWord& word, bool quoted);
  void substitution(ShellWord& word, bool quoted);
  void backquoted(ShellWord& word, bool quoted);
  void nested(std::string_view text, uint32_t line, bool quoted);
  void quoted_until(size_t end, size_t length);
  size_t closing(size_t open);
  void redirection();
  void here_documents();

  std::string_view text_;
  size_t place_ = 0;
  Shell shell_;
  uint32_t line_;
  int depth_;
  ShellScript& script_;
  ShellCommand command_;
  std::vector<Here> here_;
  std::vector<std::string> functions_;  // by open brace
  size_t braces_ = 0;                   // how many of them were open where this list began
  std::string defining_;                // the function whose body comes next
  size_t cases_ = 0;
  size_t open_ = 0;       // compound commands around the place
  bool chained_ = false;  // after &&, || or |
  bool discard_ = false;
  size_t budget_;  // how far ahead may still be looked, in all

  static constexpr size_t kMaxBraces = 1000;
  static constexpr size_t kMaxCondition = 256;  // words in [[ ... ]]
  static constexpr size_t kMaxInput = 65536;    // characters of a here-document that are kept
  static constexpr size_t kMaxKept = 4096;      // characters of a substitution that are kept to be understood
};

}  // namespace rootlet::scripts
