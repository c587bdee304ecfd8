#include "data/scripts/python_lines.hpp"

#include <algorithm>

#include "data/scripts/needs.hpp"

namespace rootlet::scripts {

PythonLines::PythonLines(std::string_view text) : text_(text) {
  if (text_.starts_with("\xef\xbb\xbf")) place_ = 3;
}

void PythonLines::skip_comment() { place_ = std::min(text_.find('\n', place_), text_.size()); }

// Goes to the first token of a line that has one, and says in which column it stands.
unsigned PythonLines::indent() {
  unsigned column = 0;
  while (place_ < text_.size()) {
    const char c = text_[place_];
    if (c == '#') {
      skip_comment();
      continue;
    }
    if (c == ' ') {
      ++column;
    } else if (c == '\t') {
      column = (column / 8 + 1) * 8;
    } else if (c == '\n') {
      ++line_;
      column = 0;
    } else if (c == '\f') {
      column = 0;
    } else if (c != '\r') {
      break;
    }
    ++place_;
  }
  return column;
}

// Letters that may stand before a quote: r, u, b, f, t and their pairs. Goes to the quote.
bool PythonLines::string_prefix(PythonToken& token) {
  size_t end = place_;
  while (end < text_.size() && end - place_ < 3 && is_alpha(text_[end])) ++end;
  if (end >= text_.size() || (text_[end] != '"' && text_[end] != '\'')) return false;
  bool raw = false, formed = false;
  for (size_t i = place_; i < end; ++i) {
    switch (lower(text_[i])) {
      case 'r': raw = true; break;
      case 'b': case 'f': case 't': formed = true; break;
      case 'u': break;
      default: return false;
    }
  }
  token.raw = raw;
  token.formed = formed;
  place_ = end;
  return true;
}

void PythonLines::string(PythonToken& token) {
  const char quote = text_[place_];
  const auto three = [&] { return place_ + 2 < text_.size() && text_[place_ + 1] == quote && text_[place_ + 2] == quote; };
  const bool triple = three();
  place_ += triple ? 3 : 1;
  const size_t start = place_;
  size_t end = text_.size();
  for (; place_ < text_.size(); ++place_) {
    const char c = text_[place_];
    if (c == '\\') {
      ++place_;
      if (at('\r') && place_ + 1 < text_.size() && text_[place_ + 1] == '\n') ++place_;
      if (at('\n')) ++line_;
    } else if (c == '\n') {
      if (!triple) {  // an error in Python: the line ends the string
        end = place_;
        break;
      }
      ++line_;
    } else if (c == quote && (!triple || three())) {
      end = place_;
      place_ += triple ? 3 : 1;
      break;
    }
  }
  place_ = std::min(place_, text_.size());
  token.kind = PythonToken::string;
  token.text = text_.substr(start, std::min(end, text_.size()) - start);
}

// One token; false at the end of the logical line, which is passed over.
bool PythonLines::token(PythonToken& token) {
  while (place_ < text_.size()) {
    const char c = text_[place_];
    if (c == '#') {
      skip_comment();
      continue;
    }
    if (c == '\n') {
      ++line_;
      if (depth_ == 0) return ++place_, false;
    } else if (c == '\\') {
      if (place_ + 1 < text_.size() && text_[place_ + 1] == '\r') ++place_;
      if (place_ + 1 < text_.size() && text_[place_ + 1] == '\n') ++place_, ++line_;
    } else if (!is_space(c)) {
      break;
    }
    ++place_;
  }
  if (place_ >= text_.size()) return false;
  token = {};
  token.line = line_;
  const char c = text_[place_];
  if (c == '"' || c == '\'' || string_prefix(token)) return string(token), true;
  const size_t start = place_;
  if (is_word_start(c) || is_digit(c)) {
    token.kind = is_digit(c) ? PythonToken::number : PythonToken::name;
    while (place_ < text_.size() && is_word(text_[place_])) ++place_;
  } else {
    token.kind = PythonToken::sign;
    ++place_;
    if (c == '(' || c == '[' || c == '{') ++depth_;
    if ((c == ')' || c == ']' || c == '}') && depth_ > 0) --depth_;
  }
  token.text = text_.substr(start, place_ - start);
  return true;
}

bool PythonLines::next(PythonLine& line) {
  line.tokens.clear();
  line.continued = cut_;
  if (!cut_) {
    depth_ = 0;
    line.indent = indent();
  }
  cut_ = false;
  PythonToken next;
  while (token(next)) {
    line.tokens.push_back(next);
    if (line.tokens.size() == PythonLine::kMaxTokens) {
      cut_ = true;
      break;
    }
  }
  return !line.tokens.empty() || place_ < text_.size();
}

std::optional<std::string> python_string(const PythonToken& token) {
  if (token.kind != PythonToken::string || token.formed) return std::nullopt;
  if (token.raw || token.text.find('\\') == std::string_view::npos) return std::string(token.text);
  std::string value;
  for (size_t i = 0; i < token.text.size(); ++i) {
    char c = token.text[i];
    if (c == '\\') {
      if (++i == token.text.size()) return std::nullopt;
      c = token.text[i];
      if (c == '\n') continue;
      if (c == 'n') c = '\n';
      else if (c == 't') c = '\t';
      else if (c != '\\' && c != '\'' && c != '"') return std::nullopt;
    }
    value += c;
  }
  return value;
}

size_t python_closing(PythonTokens tokens, size_t open) {
  tokens = tokens.first(std::min(tokens.size(), open + kMaxArguments));
  size_t depth = 0;
  for (size_t i = open; i < tokens.size(); ++i) {
    if (tokens[i].kind != PythonToken::sign) continue;
    const char c = tokens[i].text.front();
    if (c == '(' || c == '[' || c == '{') ++depth;
    if ((c == ')' || c == ']' || c == '}') && --depth == 0) return i;
  }
  return tokens.size();
}

}  // namespace rootlet::scripts
