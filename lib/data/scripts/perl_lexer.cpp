#include "data/scripts/perl_lexer.hpp"

#include <algorithm>
#include <utility>

#include "data/scripts/needs.hpp"

namespace rootlet::scripts {
namespace {

// Words after which an operand comes, so that a slash starts a pattern.
constexpr std::string_view kOperators[] = {"and",   "cmp",    "eq",   "ge",   "grep",   "gt", "if",  "join", "le",     "lt",  "map",
                                           "ne",    "not",    "or",   "push", "return", "split", "unless", "unshift", "until", "when",
                                           "while", "x",      "xor",  "print", "die",   "warn"};

char closing_of(char open) {
  switch (open) {
    case '(': return ')';
    case '[': return ']';
    case '{': return '}';
    case '<': return '>';
    default: return open;
  }
}

bool is_name(std::string_view text) {
  return !text.empty() && is_word_start(text.front()) && std::all_of(text.begin(), text.end(), is_word);
}

}  // namespace

// After a newline: here-documents, POD and formats start only there.
void PerlLexer::newline() {
  ++place_;
  ++line_;
  for (const Here& here : std::exchange(here_, {})) {
    while (place_ < text_.size()) {
      const size_t end = std::min(text_.find('\n', place_), text_.size());
      std::string_view line = text_.substr(place_, end - place_);
      place_ = std::min(end + 1, text_.size());
      ++line_;
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (here.indented) line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
      if (line == here.delimiter) break;
    }
  }
}

void PerlLexer::skip_space() {
  while (place_ < text_.size()) {
    const char c = text_[place_];
    if (c == '\n') {
      newline();
    } else if (c == '#') {
      place_ = std::min(text_.find('\n', place_), text_.size());
    } else if (c == '=' && is_alpha(peek(1)) && (place_ == 0 || text_[place_ - 1] == '\n')) {
      // POD, up to the line after =cut.
      size_t cut = text_.substr(place_).starts_with("=cut") ? place_ : text_.find("\n=cut", place_);
      if (cut == std::string_view::npos) cut = text_.size();
      else cut = std::min(text_.find('\n', cut + 1), text_.size());
      line_ += static_cast<uint32_t>(std::count(text_.begin() + place_, text_.begin() + cut, '\n'));
      place_ = cut;
    } else if (is_space(c)) {
      ++place_;
    } else {
      return;
    }
  }
}

bool PerlLexer::operand_before() const {
  switch (before_.kind) {
    case PerlToken::variable: case PerlToken::number: case PerlToken::string: case PerlToken::words: case PerlToken::pattern: case PerlToken::command:
    case PerlToken::glob:
      return true;
    case PerlToken::word: return !listed(before_.text, kOperators);
    case PerlToken::sign: return before_.text == ")" || before_.text == "]" || before_.text == "}";
    case PerlToken::end: return false;
  }
  return false;
}

PerlToken PerlLexer::next() {
  skip_space();
  PerlToken token;
  token.line = line_;
  if (over_ || place_ >= text_.size()) return token;
  const char c = text_[place_];
  const size_t start = place_;
  if (variable(token)) {
  } else if (is_word_start(c)) {
    word(token);
    if (token.kind == PerlToken::word && (token.text == "__END__" || token.text == "__DATA__") && !member_) {
      over_ = true;
      return {PerlToken::end, false, line_, {}};
    }
  } else if (is_digit(c)) {
    token.kind = PerlToken::number;
    while (is_word(peek()) || (peek() == '.' && is_digit(peek(1)))) ++place_;
    token.text = text_.substr(start, place_ - start);
  } else if (c == '\'' || c == '"' || c == '`') {
    token.kind = c == '`' ? PerlToken::command : PerlToken::string;
    token.interpolated = c == '"';
    token.text = delimited(c);
  } else if (c == '<' && here_document(token)) {
  } else if (c == '<' && glob(token)) {
  } else if (c == '/' && !operand_before()) {
    token.kind = PerlToken::pattern;
    token.text = delimited('/');
    while (is_alpha(peek())) ++place_;
  } else {
    // `//` after an operand is one sign, or its second half would start a pattern.
    token.kind = PerlToken::sign;
    token.text = text_.substr(place_, c == '/' && peek(1) == '/' ? 2 : 1);
    place_ += token.text.size();
  }
  // -s "file" is a test of a file, and no substitution.
  const bool test = token.is("-") && token.kind == PerlToken::sign && !operand_before() && is_alpha(peek()) && !is_word(peek(1));
  member_ = test || (token.is(">") && before_.is("-") && start > 0 && text_[start - 1] == '-') || (token.is("sub") && token.kind == PerlToken::word);
  before_ = token;
  return token;
}

// $x, @x, %x, $#x, $!, $::x, $x::y; `${` and `@{` are a sigil and a bracket.
bool PerlLexer::variable(PerlToken& token) {
  const char sigil = peek();
  if (sigil != '$' && sigil != '@' && sigil != '%') return false;
  if (sigil == '%' && operand_before()) return false;
  size_t end = place_ + 1;
  if (sigil == '$') {
    if (end + 1 < text_.size() && text_[end] == '#' && (text_[end + 1] == '{' || text_[end + 1] == '$' || is_word(text_[end + 1]))) ++end;
    while (end + 1 < text_.size() && text_[end] == '$' && (text_[end + 1] == '$' || text_[end + 1] == '{' || is_word_start(text_[end + 1]))) ++end;
  }
  const size_t name = end;
  while (end < text_.size() && (is_word(text_[end]) || (text_[end] == ':' && end + 2 < text_.size() && text_[end + 1] == ':' && is_word_start(text_[end + 2])))) {
    end += text_[end] == ':' ? 2 : 1;
  }
  if (end == name && end < text_.size()) {
    const char next = text_[end];
    if (next == '^' && end + 1 < text_.size() && is_alpha(text_[end + 1])) end += 2;  // $^O
    else if (sigil == '$' && next != '{' && !is_space(next)) ++end;                   // $!, $', $/
    else if (sigil != '$' && std::string_view("!+-_").find(next) != std::string_view::npos) ++end;
    else if (next != '{' && next != '$') return false;
  }
  token.kind = PerlToken::variable;
  token.text = text_.substr(place_, end - place_);
  place_ = end;
  return true;
}

void PerlLexer::word(PerlToken& token) {
  size_t end = place_;
  while (end < text_.size() && (is_word(text_[end]) || (text_[end] == ':' && end + 2 < text_.size() && text_[end + 1] == ':' && is_word_start(text_[end + 2])))) {
    end += text_[end] == ':' ? 2 : 1;
  }
  const std::string_view name = text_.substr(place_, end - place_);
  token.kind = PerlToken::word;
  token.text = name;
  if (!member_ && quote_like(token, name)) return;
  place_ = end;
  // The picture of a format is not code.
  if (name != "format" || !(before_.kind == PerlToken::end || before_.is(";") || before_.is("}"))) return;
  const size_t line = std::min(text_.find('\n', place_), text_.size());
  std::string_view rest = text_.substr(place_, line - place_);
  while (!rest.empty() && is_space(rest.back())) rest.remove_suffix(1);
  if (!rest.ends_with('=')) return;
  const size_t stop = text_.find("\n.\n", place_);
  if (stop == std::string_view::npos) return;
  line_ += static_cast<uint32_t>(std::count(text_.begin() + place_, text_.begin() + stop + 2, '\n'));
  token.kind = PerlToken::sign;  // ends a statement
  token.text = ";";
  place_ = stop + 2;
}

// q, qq, qw, qx, qr, m, s, tr, y and what they quote.
bool PerlLexer::quote_like(PerlToken& token, std::string_view name) {
  const bool two = name == "s" || name == "tr" || name == "y";
  if (!two && name != "q" && name != "qq" && name != "qw" && name != "qx" && name != "qr" && name != "m") return false;
  size_t open = place_ + name.size();
  while (open < text_.size() && is_space(text_[open])) ++open;
  if (open >= text_.size()) return false;
  const char c = text_[open];
  const bool apart = open != place_ + name.size();
  // `s => 1`, `{s}`, `y,`, `q;`, `s = 1`
  const bool key = before_.is(",") || before_.is("(") || before_.kind == PerlToken::variable || before_.kind == PerlToken::string;
  if (is_word(c) || (c == ',' && (apart || key)) || c == ';' || c == ')' || c == '}' || (c == '#' && apart)) return false;
  if (c == '=' && (apart || open + 1 >= text_.size() || text_[open + 1] == '>' || text_[open + 1] == '=' || text_[open + 1] == '~')) return false;
  for (; place_ < open; ++place_) {
    if (text_[place_] == '\n') ++line_;
  }
  token.interpolated = name == "qq";
  token.kind = name == "q" || name == "qq" ? PerlToken::string : name == "qw" ? PerlToken::words : name == "qx" ? PerlToken::command : PerlToken::pattern;
  token.text = delimited(c);
  if (two) {
    if (closing_of(c) != c) {
      skip_space();
      if (place_ < text_.size()) delimited(text_[place_]);
    } else if (place_ < text_.size()) {
      --place_;  // the middle delimiter opens the second part
      delimited(c);
    }
  }
  if (token.kind == PerlToken::pattern) {
    while (is_alpha(peek())) ++place_;
  }
  return true;
}

// What stands between `open`, at the place, and its end; goes behind it.
std::string_view PerlLexer::delimited(char open) {
  const char close = closing_of(open);
  const size_t start = ++place_;
  size_t depth = 1;
  for (; place_ < text_.size(); ++place_) {
    const char c = text_[place_];
    if (c == '\n') ++line_;
    if (c == '\\' && open != '\\') {
      ++place_;
      if (peek() == '\n') ++line_;
    } else if (c == close && --depth == 0) {
      break;
    } else if (c == open && close != open) {
      ++depth;
    }
  }
  place_ = std::min(place_, text_.size());
  const std::string_view inside = text_.substr(start, place_ - start);
  place_ = std::min(place_ + 1, text_.size());
  return inside;
}

// <*.c>, <$directory/*>: names of files, where <FH> and <$fh> read lines.
bool PerlLexer::glob(PerlToken& token) {
  if (operand_before()) return false;
  const std::string_view rest = text_.substr(place_ + 1, kMaxGlob);
  const std::string_view inside = rest.substr(0, rest.find_first_of("> \t\n<;"));
  if (inside.size() == rest.size() || rest[inside.size()] != '>') return false;
  const std::string_view name = inside.substr(inside.starts_with('$') ? 1 : 0);
  if (name.empty() || is_name(name)) return false;
  token.kind = PerlToken::glob;
  token.text = inside;
  place_ += inside.size() + 2;
  return true;
}

// <<"EOF", <<'EOF', <<EOF, <<~EOF: the token is the whole document.
bool PerlLexer::here_document(PerlToken& token) {
  if (peek(1) != '<') return false;
  size_t at = place_ + 2;
  Here here;
  if (at < text_.size() && text_[at] == '~') here.indented = true, ++at;
  if (at >= text_.size()) return false;
  const char quote = text_[at];
  size_t end = at;
  if (quote == '"' || quote == '\'') {
    const size_t line = std::min(text_.find('\n', at), text_.size());
    end = text_.find(quote, at + 1);
    if (end == std::string_view::npos || end > line) return false;
    here.delimiter = text_.substr(at + 1, end - at - 1);
    ++end;
  } else {
    while (end < text_.size() && is_word(text_[end])) ++end;
    here.delimiter = text_.substr(at, end - at);
    if (!is_name(here.delimiter)) return false;
  }
  if (here_.size() >= 16) return false;
  // It is one only if its end is there.
  const size_t body = text_.find('\n', end);
  if (body == std::string_view::npos) return false;
  for (size_t line = body + 1; line < text_.size() && budget_ > 0;) {
    const size_t stop = std::min(text_.find('\n', line), text_.size());
    std::string_view text = text_.substr(line, stop - line);
    budget_ -= std::min(budget_, text.size() + 1);
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (here.indented) text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    if (text == here.delimiter) {
      token.kind = PerlToken::string;
      token.interpolated = quote != '\'';
      token.text = text_.substr(body + 1, line - body - 1);
      here_.push_back(here);
      place_ = end;
      return true;
    }
    line = stop + 1;
  }
  return false;
}

}  // namespace rootlet::scripts
