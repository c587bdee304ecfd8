#include <algorithm>
#include <utility>

#include "data/scripts/shell_parser.hpp"

namespace rootlet::scripts {
namespace {

// Reserved words after which a command comes, or the end of one.
constexpr std::string_view kReserved[] = {"if", "then", "elif", "else", "fi", "while", "until", "do", "done", "!", "{", "}"};
constexpr std::string_view kDeclaring[] = {"export", "readonly", "local", "declare", "typeset"};
constexpr std::string_view kOperators = ";&|<>()";

// Behind the subscript that opens at a place, or 0; brackets may stand in it, in pairs or in quotes.
size_t subscript_end(std::string_view text, size_t open) {
  size_t depth = 0;
  for (size_t i = open; i < text.size() && text[i] != '\n'; ++i) {
    if (text[i] == '[') ++depth;
    if (text[i] == ']' && --depth == 0) return i + 1;
    if (text[i] != '"' && text[i] != '\'') continue;
    i = text.find(text[i], i + 1);
    if (i == std::string_view::npos) return 0;
  }
  return 0;
}

// How long the `NAME=`, `NAME+=` or `NAME[...]=` is that a text starts with, or 0.
size_t assignment_length(std::string_view text) {
  if (text.empty() || !is_word_start(text.front())) return 0;
  size_t end = 0;
  while (end < text.size() && is_word(text[end])) ++end;
  if (end < text.size() && text[end] == '[') {
    end = subscript_end(text, end);
    if (end == 0) return 0;
  }
  if (end < text.size() && text[end] == '+') ++end;
  return end < text.size() && text[end] == '=' ? end + 1 : 0;
}

}  // namespace

std::optional<std::string> ShellWord::literal() const {
  std::string text;
  for (const ShellPart& part : parts) {
    if (part.kind != ShellPart::literal) return std::nullopt;
    text += part.text;
  }
  return text;
}

bool ShellWord::quoted() const {
  return std::any_of(parts.begin(), parts.end(), [](const ShellPart& part) { return part.quoted; });
}

// Takes account of something that is kept: false if there is no room for it.
bool ShellParser::room(size_t parts) {
  if (script_.parts + parts > ShellScript::kMaxParts) return !(script_.cut = true);
  script_.parts += parts;
  return true;
}

void ShellParser::flush() {
  if (!command_.words.empty() && !discard_) {
    size_t parts = 0;
    for (const ShellWord& each : command_.words) parts += 1 + each.parts.size();
    if (room(parts)) {
      command_.function = functions_.empty() ? std::string() : functions_.back();
      for (Here& here : here_) {
        if (here.command == kNone) here.command = script_.commands.size();
      }
      script_.commands.push_back(std::move(command_));
    }
  }
  command_ = {};
}

void ShellParser::list(char end) {
  ShellCommand outer = std::exchange(command_, {});
  std::vector<Here> outer_here = std::exchange(here_, {});
  const size_t outer_cases = std::exchange(cases_, 0);
  const size_t outer_braces = std::exchange(braces_, functions_.size());
  size_t parentheses = 0;
  while (place_ < text_.size()) {
    skip_blanks();
    if (place_ >= text_.size()) break;
    const char c = text_[place_];
    if (c == ')' && parentheses == 0 && end == ')') break;
    if (c == '#') {
      skip_comment();
    } else if (c == '\n') {
      newline();
    } else if (c == ';' || c == '&' || c == '|') {
      separator();
    } else if (c == '(') {
      parenthesis(parentheses);
    } else if (c == ')') {
      flush();
      ++place_;
      closed();
      if (parentheses > 0) --parentheses;
    } else if (c == '<' || c == '>') {
      redirection();
    } else {
      command_word();
    }
  }
  flush();
  functions_.resize(std::min(functions_.size(), braces_));
  command_ = std::move(outer);
  here_ = std::move(outer_here);
  cases_ = outer_cases;
  braces_ = outer_braces;
}

void ShellParser::newline() {
  const bool last = ends_script();
  if (!command_.words.empty()) chained_ = false;
  flush();
  ++place_;
  ++line_;
  if (!here_.empty()) here_documents();
  if (last) place_ = text_.size();
}

// Whether nothing behind the command is ever run: `exec program` or `exit` outside of everything. What
// follows may be another language, or an archive.
bool ShellParser::ends_script() const {
  if (open_ > 0 || chained_ || depth_ > 0 || !functions_.empty() || command_.words.empty()) return false;
  const auto name = command_.words.front().literal();
  return name == "exit" || (name == "exec" && command_.words.size() > 1);
}

void ShellParser::separator() {
  const char c = text_[place_];
  if (c == '&' && peek(1) == '>') {
    ++place_;
    return redirection();
  }
  const bool alone = c == ';' && peek(1) != ';' && peek(1) != '&';
  if (alone && ends_script()) {
    flush();
    place_ = text_.size();
    return;
  }
  flush();
  ++place_;
  if (c == ';' && at_any(";&") && cases_ > 0) {
    while (at_any(";&")) ++place_;
    chained_ = false;
    return patterns();
  }
  chained_ = c == '|' || peek() == '&';
  if (peek() == c || (c == '|' && peek() == '&')) ++place_;
}

// A subshell, ((arithmetic)), or the () of a function.
void ShellParser::parenthesis(size_t& parentheses) {
  if (command_.words.empty() && peek(1) == '(' && shell_ != Shell::dash && shell_ != Shell::ash) {
    const size_t close = closing(place_ + 1);
    if (close != std::string_view::npos && close + 1 < text_.size() && text_[close + 1] == ')') {
      place_ += 2;
      return quoted_until(close, 2);
    }
  }
  if (command_.words.size() == 1 && !command_.words[0].quoted()) {
    size_t after = place_ + 1;
    while (after < text_.size() && is_blank(text_[after])) ++after;
    const auto name = command_.words[0].literal();
    if (after < text_.size() && text_[after] == ')' && name) {
      place_ = after + 1;
      return define(*name);
    }
  }
  flush();
  defining_.clear();
  ++place_;
  ++parentheses;
  ++open_;
}

void ShellParser::define(const std::string& name) {
  command_ = {};
  if (discard_ || !room(1)) return;
  script_.functions.insert(name);
  defining_ = name;
}

// One word of a command, or what a reserved word at its start asks for.
void ShellParser::command_word() {
  const uint32_t line = line_;
  const bool declares = !command_.words.empty() && listed(command_.words[0].literal().value_or(""), kDeclaring);
  if (command_.words.empty() || declares) {
    if (const size_t length = assignment_length(text_.substr(place_, kMaxName))) return assignment(length);
  }
  ShellWord read = word();
  if (command_.words.empty()) {
    const auto text = read.quoted() ? std::nullopt : read.literal();
    if (text && reserved(*text)) return;
    command_.line = line;
  }
  if (command_.words.size() < ShellScript::kMaxWordsOfCommand) command_.words.push_back(std::move(read));
}

bool ShellParser::reserved(std::string_view word) {
  if (one_of(word, {"if", "while", "until", "for", "select", "case", "{"})) ++open_;
  else if (one_of(word, {"fi", "done", "esac", "}"})) closed();
  if (listed(word, kReserved)) return braces_of(word), true;
  const bool plain = shell_ == Shell::dash || shell_ == Shell::ash;
  if (word == "time" && !plain) return skip_option("-p"), true;
  if (word == "coproc" && !plain) return coprocess(), true;
  if (word == "for" || word == "select") return loop(), true;
  if (word == "case") return begin_case(), true;
  if (word == "esac") {
    if (cases_ > 0) --cases_;
    return true;
  }
  if (word == "[[") return condition(), true;
  if (word == "function") return function(), true;
  return false;
}

// Keeps account of which function the braces belong to.
void ShellParser::braces_of(std::string_view word) {
  if (word == "{" && functions_.size() < kMaxBraces) {
    const bool inner = defining_.empty() && !functions_.empty();
    functions_.push_back(inner ? functions_.back() : std::exchange(defining_, {}));
  } else if (word == "}" && functions_.size() > braces_) {
    functions_.pop_back();
  }
}

// function NAME [()]
void ShellParser::function() {
  skip_blanks();
  const auto name = word().literal();
  skip_blanks();
  if (peek() == '(' && peek(1) == ')') place_ += 2;
  if (name) define(*name);
}

// coproc NAME { ... }, coproc command
void ShellParser::coprocess() {
  skip_blanks();
  size_t end = place_;
  while (end < text_.size() && is_word(text_[end])) ++end;
  size_t next = end;
  while (next < text_.size() && is_blank(text_[next])) ++next;
  if (next < text_.size() && (text_[next] == '{' || text_[next] == '(')) place_ = end;
}

void ShellParser::skip_option(std::string_view option) {
  skip_blanks();
  if (text_.substr(place_).starts_with(option)) place_ += option.size();
}

void ShellParser::assign(std::string_view name, ShellWord value) {
  if (discard_ || !room(1 + value.parts.size())) return;
  auto& values = script_.assigned[std::string(name)];
  if (values.size() < ShellScript::kMaxValues) values.push_back(std::move(value));
}

// NAME=word or NAME=(word word).
void ShellParser::assignment(size_t length) {
  std::string_view name = text_.substr(place_, length);
  name = name.substr(0, name.find_first_of("[+="));
  place_ += length;
  if (peek() != '(') {
    const bool empty = place_ >= text_.size() || is_space(peek()) || at_any(kOperators);
    return assign(name, empty ? ShellWord() : word());
  }
  ++place_;
  while (place_ < text_.size() && peek() != ')') {
    const char c = peek();
    if (c == '\n') ++line_;
    if (c == '#') {
      skip_comment();
    } else if (is_space(c) || at_any(kOperators)) {
      ++place_;
    } else {
      assign(name, word());
    }
  }
  if (place_ < text_.size()) ++place_;
}

// for NAME [in words], select NAME [in words], for ((...)): the words are values of NAME.
void ShellParser::loop() {
  skip_blanks();
  if (peek() == '(') return;  // (( is read as what it is
  const auto name = word().literal();
  skip_blanks_and_lines();
  if (!text_.substr(place_).starts_with("in") || (place_ + 2 < text_.size() && is_word(text_[place_ + 2]))) return;
  place_ += 2;
  while (place_ < text_.size()) {
    skip_blanks();
    if (place_ >= text_.size() || at_any("\n;&|()<>")) return;
    ShellWord value = word();
    value.fields = !value.quoted();
    if (name) assign(*name, std::move(value));
  }
}

void ShellParser::begin_case() {
  skip_blanks();
  word();
  skip_blanks_and_lines();
  if (!text_.substr(place_).starts_with("in")) return;
  place_ += 2;
  ++cases_;
  patterns();
}

// The patterns in front of one branch of a case, or its esac.
void ShellParser::patterns() {
  skip_blanks_and_lines();
  if (text_.substr(place_).starts_with("esac") && (place_ + 4 >= text_.size() || !is_word(text_[place_ + 4]))) return;
  if (peek() == '(') ++place_;
  while (place_ < text_.size()) {
    skip_blanks_and_lines();
    if (peek() == ')') {
      ++place_;
      return;
    }
    if (at_any("|&;<>(")) ++place_;
    else if (place_ < text_.size()) word();
  }
}

// [[ ... ]]
void ShellParser::condition() {
  for (size_t words = 0; place_ < text_.size() && words < kMaxCondition; ++words) {
    skip_blanks_and_lines();
    if (place_ >= text_.size()) return;
    if (at_any(kOperators)) ++place_;
    else if (word().literal() == "]]") return;
  }
}

void parse_shell(std::string_view text, Shell shell, uint32_t line, ShellScript& script) {
  ShellParser(text, shell, line, 0, script).list('\0');
}

ShellWord parse_shell_word(std::string_view text, Shell shell) {
  ShellScript ignored;
  ShellParser parser(text, shell, 1, kMaxShellDepth / 2, ignored);
  parser.discard();
  return parser.whole_word();
}

}  // namespace rootlet::scripts
