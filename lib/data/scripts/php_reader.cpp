#include "data/scripts/php_reader.hpp"

#include <algorithm>
#include <map>

#include "data/scripts/needs.hpp"

namespace rootlet::scripts {
namespace {

struct Token {
  enum Kind : uint8_t { end, name, variable, string, open_string, number, sign } kind = end;  // open_string has variables in it
  uint32_t line = 0;
  std::string_view text;
  bool is(std::string_view wanted) const { return (kind == name || kind == sign) && text == wanted; }
  bool called(std::string_view wanted) const {
    return kind == name && text.size() == wanted.size() && std::equal(text.begin(), text.end(), wanted.begin(), [](char a, char b) { return lower(a) == b; });
  }
};

// Names hold together with their backslashes: `Foo\Bar`.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) { outside(); }

  Token next() {
    skip_space();
    Token token{Token::end, line_, {}};
    if (place_ >= text_.size()) return token;
    const size_t start = place_;
    const char c = text_[place_];
    if (text_.substr(place_).starts_with("?>")) {
      place_ += 2;
      outside();
      token.kind = Token::sign;
      token.text = ";";
      return token;
    }
    if (c == '\'' || c == '"' || c == '`') {
      quoted(token);
    } else if (text_.substr(place_).starts_with("<<<") && here_document(token)) {
    } else if (is_word_start(c) || (c == '\\' && place_ + 1 < text_.size() && is_word_start(text_[place_ + 1])) || c == '$') {
      token.kind = c == '$' ? Token::variable : Token::name;
      ++place_;
      while (place_ < text_.size() && (is_word(text_[place_]) || (text_[place_] == '\\' && c != '$'))) ++place_;
      token.text = text_.substr(start, place_ - start);
    } else {
      token.kind = is_digit(c) ? Token::number : Token::sign;
      token.text = text_.substr(place_++, 1);
    }
    return token;
  }

 private:
  // Goes behind the next "<?php" or "<?=".
  void outside() {
    size_t open = place_;
    do {
      open = text_.find("<?", open);
      if (open == std::string_view::npos) break;
      open += 2;
    } while (!text_.substr(open).starts_with("php") && !text_.substr(open).starts_with("=") && !text_.substr(open).starts_with("PHP"));
    const size_t stop = std::min(open, text_.size());
    line_ += static_cast<uint32_t>(std::count(text_.begin() + place_, text_.begin() + stop, '\n'));
    place_ = stop;
    if (text_.substr(place_).starts_with("php") || text_.substr(place_).starts_with("PHP")) place_ += 3;
  }

  void skip_space() {
    while (place_ < text_.size()) {
      const std::string_view rest = text_.substr(place_, 2);
      if (rest == "/*") {
        const size_t end = text_.find("*/", place_ + 2);
        const size_t stop = end == std::string_view::npos ? text_.size() : end + 2;
        line_ += static_cast<uint32_t>(std::count(text_.begin() + place_, text_.begin() + stop, '\n'));
        place_ = stop;
      } else if (rest == "//" || (rest.front() == '#' && rest != "#[")) {
        // Up to the end of the line or of the code.
        do {
          place_ = std::min(text_.find_first_of("\n?", place_ + 1), text_.size());
        } while (place_ < text_.size() && text_[place_] == '?' && !text_.substr(place_).starts_with("?>"));
      } else if (is_space(rest.front())) {
        if (rest.front() == '\n') ++line_;
        ++place_;
      } else {
        return;
      }
    }
  }

  void quoted(Token& token) {
    const char quote = text_[place_];
    const size_t start = ++place_;
    bool variable = false;
    while (place_ < text_.size() && text_[place_] != quote) {
      if (text_[place_] == '\n') ++line_;
      variable = variable || (text_[place_] == '$' && quote != '\'');
      if (text_[place_] == '\\' && place_ + 1 < text_.size() && text_[place_ + 1] == '\n') ++line_;
      place_ += text_[place_] == '\\' ? 2 : 1;
    }
    place_ = std::min(place_, text_.size());
    token.kind = variable || quote == '`' ? Token::open_string : Token::string;
    token.text = text_.substr(start, place_ - start);
    if (place_ < text_.size()) ++place_;
  }

  bool here_document(Token& token) {
    size_t at = place_ + 3;
    while (at < text_.size() && is_blank(text_[at])) ++at;
    const bool quote = at < text_.size() && (text_[at] == '\'' || text_[at] == '"');
    const size_t start = at + (quote ? 1 : 0);
    size_t end = start;
    while (end < text_.size() && is_word(text_[end])) ++end;
    if (end == start) return false;
    const std::string_view name = text_.substr(start, end - start);
    for (size_t line = text_.find('\n', end); line != std::string_view::npos; line = text_.find('\n', line + 1)) {
      ++line_;
      size_t word = line + 1;
      while (word < text_.size() && is_blank(text_[word])) ++word;
      const size_t after = word + name.size();
      if (!text_.substr(word).starts_with(name) || (after < text_.size() && is_word(text_[after]))) continue;
      place_ = after;
      token.kind = Token::open_string;
      return true;
    }
    place_ = text_.size();
    token.kind = Token::open_string;
    return true;
  }

  std::string_view text_;
  size_t place_ = 0;
  uint32_t line_ = 1;
};

class Reader {
 public:
  Reader(std::string_view path, PhpFacts& facts) : path_(path), directory_(parent_path(path)), facts_(facts) {}

  void read(std::string_view text) {
    Lexer lexer(text);
    std::vector<Token> statement;
    while (true) {
      const Token token = lexer.next();
      const bool ends = token.kind == Token::end || token.is(";") || token.is("{") || token.is("}");
      if (!ends && statement.size() < kMaxStatement) statement.push_back(token);
      if (!ends) continue;
      if (!statement.empty()) this->statement(statement, token.is("{"));
      statement.clear();
      if (token.kind == Token::end) return;
    }
  }

 private:
  using Tokens = std::vector<Token>;
  static constexpr size_t kMaxStatement = 8192;

  void statement(const Tokens& tokens, bool group) {
    if (tokens[0].called("namespace") && tokens.size() > 1) {
      namespace_ = std::string(tokens[1].text) + "\\";
      facts_.space = tokens[1].text;
    }
    if (tokens[0].called("use")) {
      if (group && tokens.size() > 1) group_ = tokens[1].text;
      return uses(tokens, 1, {});
    }
    if (!group_.empty()) {  // use Foo\{A, B}
      uses(tokens, 0, group_);
      group_.clear();
      return;
    }
    for (size_t i = 0; i < tokens.size(); ++i) {
      const Token& token = tokens[i];
      if (token.kind != Token::name) continue;
      if (token.called("include") || token.called("include_once") || token.called("require") || token.called("require_once")) {
        include(tokens, i);
      } else if (token.is("__DIR__") || token.called("dirname")) {
        size_t next = i;
        if (const auto path = value(tokens, next); path && path->size() > directory_.size()) add(facts_.files, normal(*path));
        if (token.is("__DIR__")) i = std::max(i, next - 1);
      } else {
        started(tokens, i);
        named(token.text);
      }
    }
  }

  // exec("..."), shell_exec('...'), ...; backquotes are another kind of string.
  void started(const Tokens& tokens, size_t place) {
    if (place + 2 >= tokens.size() || !tokens[place + 1].is("(") || tokens[place + 2].kind != Token::string || facts_.started.size() >= kMaxPhpNames) return;
    for (const char* function : {"exec", "shell_exec", "system", "passthru", "popen", "proc_open"}) {
      if (tokens[place].called(function)) facts_.started.push_back({std::string(tokens[place + 2].text), true});
    }
  }

  static void add(std::vector<std::string>& to, std::string text) {
    if (to.size() < kMaxPhpNames) to.push_back(std::move(text));
  }

  // use A\B, C\D as E;
  void uses(const Tokens& tokens, size_t start, const std::string& prefix) {
    for (size_t i = start; i < tokens.size(); ++i) {
      if (tokens[i].kind != Token::name || tokens[i].called("function") || tokens[i].called("const")) continue;
      if (prefix.empty()) named(tokens[i].text);  // in a class, `use` takes a trait: its name is relative
      std::string full = prefix + std::string(tokens[i].text);
      if (full.starts_with('\\')) full.erase(0, 1);
      std::string_view alias = std::string_view(full).substr(full.rfind('\\') == std::string::npos ? 0 : full.rfind('\\') + 1);
      if (i + 2 < tokens.size() && tokens[i + 1].called("as")) alias = tokens[i + 2].text, i += 2;
      if (aliases_.size() < kMaxPhpNames) aliases_.emplace(alias, full);
      if (facts_.classes.size() < kMaxPhpNames) facts_.classes.insert(full);
      while (i + 1 < tokens.size() && !tokens[i + 1].is(",")) ++i;
    }
  }

  // Any name may be a class: what it would be called in full.
  void named(std::string_view name) {
    if (facts_.classes.size() >= kMaxPhpNames || name.size() > 255) return;
    if (name.starts_with('\\')) {
      facts_.classes.emplace(name.substr(1));
      return;
    }
    const std::string_view first = name.substr(0, name.find('\\'));
    const auto alias = aliases_.find(first);
    if (alias != aliases_.end()) facts_.classes.insert(alias->second + std::string(name.substr(first.size())));
    else facts_.classes.insert(namespace_ + std::string(name));
  }

  // include 'x'; require __DIR__ . '/x'; require_once(dirname(__FILE__) . '/x')
  void include(const Tokens& tokens, size_t place) {
    size_t next = place + 1;
    while (next < tokens.size() && tokens[next].is("(")) ++next;
    if (next >= tokens.size()) return;
    const auto path = value(tokens, next);
    const bool whole = next >= tokens.size() || tokens[next].is(")") || tokens[next].is(",") || tokens[next].kind == Token::name;
    if (path && whole) add(facts_.includes, path->starts_with('/') ? normal(*path) : *path);
    else if (facts_.unknown.size() < kMaxPhpNames) facts_.unknown.push_back({tokens[place].line, std::string(tokens[place].text) + " of a file whose name is built at run time"});
  }

  // Strings, __DIR__, __FILE__ and dirname(), joined by dots; goes behind them.
  std::optional<std::string> value(const Tokens& tokens, size_t& place) const {
    std::string text;
    for (bool more = true; more;) {
      if (place >= tokens.size()) return std::nullopt;
      const Token& token = tokens[place];
      if (token.kind == Token::string) text += token.text, ++place;
      else if (token.is("__DIR__")) text += directory_, ++place;
      else if (token.is("__FILE__")) text += path_, ++place;
      else if (token.is("DIRECTORY_SEPARATOR")) text += '/', ++place;
      else if (token.called("dirname")) {
        const auto part = directory(tokens, place);
        if (!part) return std::nullopt;
        text += *part;
      } else {
        return std::nullopt;
      }
      more = place < tokens.size() && tokens[place].is(".");
      if (more) ++place;
    }
    return text;
  }

  // dirname(dirname(__FILE__)), dirname(__DIR__, 2)
  std::optional<std::string> directory(const Tokens& tokens, size_t& place) const {
    size_t up = 0;
    while (place + 1 < tokens.size() && tokens[place].called("dirname") && tokens[place + 1].is("(") && up < 32) place += 2, ++up;
    if (place >= tokens.size() || up == 0) return std::nullopt;
    std::string path;
    if (tokens[place].is("__DIR__")) path = directory_;
    else if (tokens[place].is("__FILE__")) path = path_;
    else return std::nullopt;
    ++place;
    if (place + 1 < tokens.size() && tokens[place].is(",") && tokens[place + 1].kind == Token::number) {
      up += static_cast<size_t>(tokens[place + 1].text.front() - '0') - 1;
      place += 2;
    }
    for (size_t closing = up; closing > 0 && place < tokens.size() && tokens[place].is(")"); --closing) ++place;
    for (; up > 0; --up) path = parent_path(path);
    return path;
  }

  std::string path_, directory_, namespace_, group_;
  std::map<std::string, std::string, std::less<>> aliases_;
  PhpFacts& facts_;
};

}  // namespace

PhpFacts read_php(std::string_view text, std::string_view path) {
  PhpFacts facts;
  Reader(path, facts).read(text);
  return facts;
}

}  // namespace rootlet::scripts
