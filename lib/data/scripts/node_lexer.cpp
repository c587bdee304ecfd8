#include "data/scripts/node_lexer.hpp"

#include <algorithm>

#include "data/scripts/needs.hpp"

namespace rootlet::scripts {
namespace {

// Words after which an operand comes, so that a slash starts a pattern.
constexpr std::string_view kOperators[] = {"await",  "case", "delete", "do",   "else",  "extends", "in",    "instanceof", "new",
                                           "of",     "return", "throw", "typeof", "void", "yield",  "default"};

bool is_name(char c) { return is_word(c) || c == '$'; }

}  // namespace

NodeLexer::NodeLexer(std::string_view text) : text_(text), budget_(8 * text.size() + 4096) {
  if (text_.starts_with("\xef\xbb\xbf")) place_ = 3;
  if (text_.substr(place_).starts_with("#!")) place_ = std::min(text_.find('\n'), text_.size());
}

void NodeLexer::skip_space() {
  while (place_ < text_.size()) {
    const char c = text_[place_];
    if (c == '/' && peek(1) == '/') {
      place_ = std::min(text_.find('\n', place_), text_.size());
    } else if (c == '/' && peek(1) == '*') {
      const size_t end = text_.find("*/", place_ + 2);
      const size_t stop = end == std::string_view::npos ? text_.size() : end + 2;
      line_ += static_cast<uint32_t>(std::count(text_.begin() + place_, text_.begin() + stop, '\n'));
      place_ = stop;
    } else if (is_space(c)) {
      if (c == '\n') ++line_;
      ++place_;
    } else {
      return;
    }
  }
}

bool NodeLexer::operand_before() const {
  switch (before_.kind) {
    case NodeToken::number: case NodeToken::string: case NodeToken::pattern: return true;
    case NodeToken::part: return closed_;
    case NodeToken::word: return !listed(before_.text, kOperators);
    case NodeToken::sign: return before_.text == ")" || before_.text == "]" || before_.text == "}";
    case NodeToken::end: return false;
  }
  return false;
}

NodeToken NodeLexer::next() {
  skip_space();
  NodeToken token;
  token.line = line_;
  if (place_ >= text_.size()) return token;
  const char c = text_[place_];
  const size_t start = place_;
  if (c == '"' || c == '\'') {
    quoted(token);
  } else if (c == '`') {
    ++place_;
    piece(token, true);
  } else if (c == '}' && !templates_.empty() && templates_.back() == 0) {
    templates_.pop_back();
    ++place_;
    piece(token, false);
  } else if (is_name(c)) {
    token.kind = is_digit(c) ? NodeToken::number : NodeToken::word;
    while (place_ < text_.size() && is_name(text_[place_])) ++place_;
    token.text = text_.substr(start, place_ - start);
  } else if (c != '/' || operand_before() || !pattern(token)) {
    if (!templates_.empty() && c == '{') ++templates_.back();
    if (!templates_.empty() && c == '}') --templates_.back();
    token.kind = NodeToken::sign;
    token.text = text_.substr(place_++, 1);
  }
  before_ = token;
  return token;
}

void NodeLexer::quoted(NodeToken& token) {
  const char quote = text_[place_];
  const size_t start = ++place_;
  while (place_ < text_.size() && text_[place_] != quote && text_[place_] != '\n') {
    if (text_[place_] == '\\' && peek(1) == '\n') ++line_;
    place_ += text_[place_] == '\\' ? 2 : 1;
  }
  place_ = std::min(place_, text_.size());
  token.kind = NodeToken::string;
  token.text = text_.substr(start, place_ - start);
  if (peek() == quote) ++place_;
}

// A template's text up to its end or the next substitution. `first`: from its beginning.
void NodeLexer::piece(NodeToken& token, bool first) {
  const size_t start = place_;
  while (place_ < text_.size()) {
    const char c = text_[place_];
    if (c == '\n') ++line_;
    if (c == '\\') {
      if (peek(1) == '\n') ++line_;
      place_ += 2;
      continue;
    }
    const bool substitution = c == '$' && peek(1) == '{' && templates_.size() < kMaxTemplates;
    if (c == '`' || substitution) {
      token.kind = first && !substitution ? NodeToken::string : NodeToken::part;
      token.text = text_.substr(start, place_ - start);
      if (substitution) templates_.push_back(0);
      closed_ = !substitution;
      place_ += substitution ? 2 : 1;
      return;
    }
    ++place_;
  }
  place_ = text_.size();
  token.kind = NodeToken::part;
  token.text = text_.substr(std::min(start, text_.size()));
}

// /.../flags on one line; false if it has no end there.
bool NodeLexer::pattern(NodeToken& token) {
  bool set = false;  // in [...], a slash is one of its characters
  for (size_t i = place_ + 1; i < text_.size() && text_[i] != '\n' && budget_ > 0; ++i, --budget_) {
    const char c = text_[i];
    if (c == '\\') {
      ++i;
    } else if (c == '[') {
      set = true;
    } else if (c == ']') {
      set = false;
    } else if (c == '/' && !set) {
      token.kind = NodeToken::pattern;
      token.text = text_.substr(place_ + 1, i - place_ - 1);
      place_ = i + 1;
      while (place_ < text_.size() && is_name(text_[place_])) ++place_;
      return true;
    }
  }
  return false;
}

std::optional<std::string> node_string(const NodeToken& token) {
  if (token.kind != NodeToken::string) return std::nullopt;
  std::string value;
  for (size_t i = 0; i < token.text.size(); ++i) {
    char c = token.text[i];
    if (c == '\\') {
      if (++i == token.text.size()) return std::nullopt;
      c = token.text[i];
      if (c == '\n') continue;
      if (is_alpha(c) || is_digit(c)) return std::nullopt;
    }
    value += c;
  }
  return value;
}

}  // namespace rootlet::scripts
