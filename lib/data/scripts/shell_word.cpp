#include <algorithm>
#include <utility>

#include "data/scripts/shell_parser.hpp"

namespace rootlet::scripts {
namespace {

constexpr std::string_view kMeta = " \t\n;&|<>()";
constexpr size_t kMaxHere = 64;  // here-documents that begin on one line

// A word of too many parts ends in one that is unknown.
void push(ShellWord& word, ShellPart part) {
  if (word.parts.size() < ShellScript::kMaxPartsOfWord) word.parts.push_back(std::move(part));
  else word.parts.back() = {ShellPart::unknown, part.quoted, {}, {}};
}

// The last part, if it is a literal of that kind; made if it is not.
std::string& literal(ShellWord& word, bool quoted) {
  if (word.parts.empty() || word.parts.back().kind != ShellPart::literal || word.parts.back().quoted != quoted) {
    push(word, {ShellPart::literal, quoted, {}, {}});
  }
  return word.parts.back().text;
}

void add(ShellWord& word, char c, bool quoted) { literal(word, quoted) += c; }

}  // namespace

void ShellParser::skip_blanks() {
  while (place_ < text_.size()) {
    if (text_[place_] == '\\' && peek(1) == '\n') {
      place_ += 2;
      ++line_;
    } else if (is_blank(text_[place_]) || text_[place_] == '\r') {
      ++place_;
    } else {
      return;
    }
  }
}

void ShellParser::skip_blanks_and_lines() {
  for (skip_blanks(); peek() == '\n' || peek() == '#'; skip_blanks()) {
    if (peek() == '#') {
      skip_comment();
    } else {
      ++place_;
      ++line_;
    }
  }
}

// Always goes on by at least one character.
ShellWord ShellParser::word() {
  ShellWord word;
  word.line = line_;
  const size_t start = place_;
  while (place_ < text_.size()) {
    const char c = text_[place_];
    if (c == '(' && place_ > start && std::string_view("@+?*!").find(text_[place_ - 1]) != std::string_view::npos && shell_ != Shell::dash) {
      // bash's patterns: @(a|b)
      const size_t close = closing(place_);
      if (close == std::string_view::npos) break;
      push(word, {ShellPart::unknown, false, {}, {}});
      line_ += static_cast<uint32_t>(std::count(text_.begin() + place_, text_.begin() + close, '\n'));
      place_ = close + 1;
    } else if (kMeta.find(c) != std::string_view::npos) {
      break;
    } else if (c == '\\') {
      ++place_;
      if (peek() == '\n') ++line_;
      else if (place_ < text_.size()) add(word, text_[place_], true);
      place_ = std::min(place_ + 1, text_.size());
    } else if (c == '\'') {
      single_quoted(word);
    } else if (c == '"') {
      double_quoted(word);
    } else if (!expansion(word, false)) {
      add(word, c, false);
      ++place_;
    }
  }
  if (place_ == start && place_ < text_.size()) add(word, text_[place_++], false);
  return word;
}

ShellWord ShellParser::whole_word() {
  ShellWord word;
  while (place_ < text_.size()) {
    const char c = text_[place_];
    if (c == '\\' && place_ + 1 < text_.size()) {
      add(word, text_[place_ + 1], true);
      place_ += 2;
    } else if (c == '\'') {
      single_quoted(word);
    } else if (c == '"') {
      double_quoted(word);
    } else if (!expansion(word, false)) {
      add(word, c, false);
      ++place_;
    }
  }
  return word;
}

void ShellParser::single_quoted(ShellWord& word) {
  std::string& text = literal(word, true);
  for (++place_; place_ < text_.size() && text_[place_] != '\''; ++place_) {
    if (text_[place_] == '\n') ++line_;
    text += text_[place_];
  }
  place_ = std::min(place_ + 1, text_.size());
}

// $'...'; escapes other than the plain ones make the word unknown.
void ShellParser::dollar_quoted(ShellWord& word) {
  std::string& text = literal(word, true);
  bool plain = true;
  for (place_ += 2; place_ < text_.size() && text_[place_] != '\''; ++place_) {
    char c = text_[place_];
    if (c == '\n') ++line_;
    if (c == '\\') {
      c = peek(1);
      ++place_;
      if (c == 'n') c = '\n';
      else if (c == 't') c = '\t';
      else plain = plain && (c == '\\' || c == '\'' || c == '"');
    }
    if (place_ < text_.size()) text += c;
  }
  if (!plain) push(word, {ShellPart::unknown, true, {}, {}});
  place_ = std::min(place_ + 1, text_.size());
}

void ShellParser::double_quoted(ShellWord& word) {
  literal(word, true);  // "" is a word too
  ++place_;
  while (place_ < text_.size() && text_[place_] != '"') {
    const char c = text_[place_];
    if (c == '\n') ++line_;
    if (c == '\\' && place_ + 1 < text_.size()) {
      const char next = text_[place_ + 1];
      if (next == '\n') ++line_;
      else if (std::string_view("$`\"\\").find(next) != std::string_view::npos) add(word, next, true);
      else add(word, c, true), add(word, next, true);
      place_ += 2;
    } else if (!expansion(word, true)) {
      add(word, c, true);
      ++place_;
    }
  }
  place_ = std::min(place_ + 1, text_.size());
}

// Something that starts with $ or `; false if it does not, or stands too deep to be read.
bool ShellParser::expansion(ShellWord& word, bool quoted) {
  const char c = peek(), next = peek(1);
  if ((c != '`' && c != '$') || depth_ >= kMaxShellDepth) return false;
  const bool known = next == '(' || next == '{' || is_word(next) || std::string_view("@*#?-$!").find(next) != std::string_view::npos;
  if (c == '$' && !known && (quoted || (next != '\'' && next != '"'))) return false;
  ++depth_;
  if (c == '`') {
    backquoted(word, quoted);
  } else if (next == '\'' && !quoted) {
    dollar_quoted(word);
  } else if (next == '"' && !quoted) {
    ++place_;
    double_quoted(word);
  } else {
    dollar(word, quoted);
  }
  --depth_;
  return true;
}

void ShellParser::dollar(ShellWord& word, bool quoted) {
  const char next = peek(1);
  if (next == '(') return substitution(word, quoted);
  if (next == '{') return braces(word, quoted);
  size_t end = place_ + 2;
  if (is_word_start(next)) {
    while (end < text_.size() && is_word(text_[end])) ++end;
  }
  push(word, {ShellPart::variable, quoted, std::string(text_.substr(place_ + 1, end - place_ - 1)), {}});
  place_ = end;
}

// ${name}, ${name<operation>}; commands in the operation's word count.
void ShellParser::braces(ShellWord& word, bool quoted) {
  place_ += 2;
  size_t end = place_;
  if (end + 1 < text_.size() && (text_[end] == '#' || text_[end] == '!') && is_word(text_[end + 1])) ++end;
  const size_t name = end;
  if (end < text_.size() && is_word_start(text_[end])) {
    while (end < text_.size() && is_word(text_[end])) ++end;
  } else if (end < text_.size()) {
    ++end;
  }
  ShellPart part{name == place_ ? ShellPart::variable : ShellPart::unknown, quoted, std::string(text_.substr(name, end - name)), {}};
  place_ = end;
  ShellWord inner;  // read for the commands in it
  while (place_ < text_.size() && text_[place_] != '}') {
    const char c = text_[place_];
    if (c == '\n') ++line_;
    if (c == '\\') {
      place_ = std::min(place_ + 2, text_.size());
    } else if (c == '\'' && !quoted) {
      single_quoted(inner);
    } else if (c == '"') {
      double_quoted(inner);
    } else if (!expansion(inner, quoted)) {
      ++place_;
    }
    inner.parts.clear();
  }
  part.operation = text_.substr(end, std::min(place_ - end, kMaxKept));
  const size_t value = part.operation.starts_with(":=") ? 2 : part.operation.starts_with("=") ? 1 : 0;
  if (value != 0 && !discard_) assign(part.text, parse_shell_word(std::string_view(part.operation).substr(value), shell_));
  push(word, std::move(part));
  place_ = std::min(place_ + 1, text_.size());
}

// $(...) and $((...)).
void ShellParser::substitution(ShellWord& word, bool quoted) {
  if (peek(2) == '(') {
    const size_t close = closing(place_ + 2);
    if (close != std::string_view::npos && close + 1 < text_.size() && text_[close + 1] == ')') {
      push(word, {ShellPart::unknown, quoted, {}, {}});
      place_ += 3;
      return quoted_until(close, 2);
    }
  }
  place_ += 2;
  const size_t start = place_;
  list(')');
  push(word, {ShellPart::substitution, quoted, std::string(text_.substr(start, std::min(place_ - start, kMaxKept))), {}});
  place_ = std::min(place_ + 1, text_.size());
}

void ShellParser::backquoted(ShellWord& word, bool quoted) {
  std::string inner;
  const uint32_t line = line_;
  for (++place_; place_ < text_.size() && text_[place_] != '`'; ++place_) {
    char c = text_[place_];
    if (c == '\n') ++line_;
    if (c == '\\') {
      const char next = peek(1);
      if (next == '`' || next == '\\' || next == '$' || (next == '"' && quoted)) c = text_[++place_];
    }
    inner += c;
  }
  place_ = std::min(place_ + 1, text_.size());
  nested(inner, line, false);
  inner.resize(std::min(inner.size(), kMaxKept));
  push(word, {ShellPart::substitution, quoted, std::move(inner), {}});
}

// A text of its own inside of this one: commands, or what is expanded as if in double quotes.
void ShellParser::nested(std::string_view text, uint32_t line, bool quoted) {
  if (depth_ >= kMaxShellDepth) return;
  ShellParser parser(text, shell_, line, depth_ + 1, script_);
  parser.discard_ = discard_;
  if (!functions_.empty()) parser.functions_ = {functions_.back()};
  if (quoted) parser.quoted_until(text.size(), 0);
  else parser.list('\0');
}

// Reads up to `end` as if in double quotes, for the commands in it, and passes over `length` more.
void ShellParser::quoted_until(size_t end, size_t length) {
  ShellWord inner;
  while (place_ < end) {
    if (text_[place_] == '\n') ++line_;
    if (text_[place_] == '\\') place_ += 2;
    else if (!expansion(inner, true)) ++place_;
    inner.parts.clear();
  }
  place_ = std::min(std::max(place_, end + length), text_.size());
}

// The parenthesis that closes the one at `open`, by counting; quotes hold together.
size_t ShellParser::closing(size_t open) {
  size_t depth = 0;
  for (size_t i = open; i < text_.size() && budget_ > 0; ++i, --budget_) {
    const char c = text_[i];
    if (c == '\\') {
      ++i;
    } else if (c == '\'' || c == '"') {
      const size_t end = text_.find(c, i + 1);
      const size_t length = std::min(end, text_.size()) - i;
      budget_ -= std::min(budget_ - 1, length);
      if (end == std::string_view::npos) return end;
      i = end;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')' && --depth == 0) {
      return i;
    }
  }
  return std::string_view::npos;
}

// [n]<word, >word, >&word, <<word, <<-word, <<<word, <(list), >(list).
void ShellParser::redirection() {
  // The digits in front were read as a word of their own if nothing stands between: `2>file`.
  if (!command_.words.empty() && place_ > 0 && is_digit(text_[place_ - 1])) {
    const auto number = command_.words.back().literal();
    const bool digits = number && !command_.words.back().quoted() && !number->empty() && std::all_of(number->begin(), number->end(), is_digit);
    if (digits) command_.words.pop_back();
  } else if (!command_.words.empty() && place_ > 0 && text_[place_ - 1] == '}' && shell_ != Shell::dash && shell_ != Shell::ash) {
    const auto name = command_.words.back().literal();  // {descriptor}>file
    if (name && name->starts_with('{') && !command_.words.back().quoted()) command_.words.pop_back();
  }
  const char c = text_[place_++];
  if (peek() == '(' && depth_ < kMaxShellDepth) {
    ++place_;
    ++depth_;
    list(')');
    --depth_;
    place_ = std::min(place_ + 1, text_.size());
    if (command_.words.size() < ShellScript::kMaxWordsOfCommand && !command_.words.empty()) {
      command_.words.push_back({{{ShellPart::unknown, false, {}, {}}}, line_, false});
    }
    return;
  }
  bool here = false, tabs = false;
  if (c == '<' && peek() == '<') {
    ++place_;
    here = peek() != '<';
    if (!here || peek() == '-') tabs = here, ++place_;
  } else {
    while (at_any(">&|")) ++place_;
  }
  skip_blanks();
  if (place_ >= text_.size() || at_any(kMeta)) return;  // `< <(list)` is read next
  const ShellWord target = word();
  if (here && here_.size() < kMaxHere) here_.push_back({target.literal().value_or(""), tabs, target.quoted(), kNone});
}

void ShellParser::here_documents() {
  for (const Here& here : std::exchange(here_, {})) {
    const size_t start = place_;
    size_t end = text_.size(), next = text_.size();
    for (size_t at = place_; at < text_.size();) {
      const size_t stop = std::min(text_.find('\n', at), text_.size());
      std::string_view line = text_.substr(at, stop - at);
      if (here.tabs) line.remove_prefix(std::min(line.find_first_not_of('\t'), line.size()));
      if (line == here.delimiter) {
        end = at;
        next = std::min(stop + 1, text_.size());
        break;
      }
      at = stop + 1;
    }
    const auto lines = static_cast<uint32_t>(std::count(text_.begin() + start, text_.begin() + next, '\n'));
    const std::string_view document = text_.substr(start, end - start);
    if (!here.quoted) nested(document, line_, true);
    if (here.command < script_.commands.size() && document.size() <= kMaxInput && room(1)) script_.commands[here.command].input = document;
    place_ = next;
    line_ += lines;
  }
}

}  // namespace rootlet::scripts
