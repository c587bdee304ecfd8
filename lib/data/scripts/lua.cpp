#include "data/scripts/lua.hpp"

#include <algorithm>
#include <utility>

#include "data/scripts/commands.hpp"

namespace rootlet::scripts {
namespace {

constexpr size_t kMaxTemplates = 256;
constexpr size_t kMaxName = 255;
constexpr size_t kMaxPrograms = 4096;  // that one script starts

struct Token {
  enum Kind : uint8_t { end, word, string, sign } kind = end;
  uint32_t line = 0;
  std::string_view text;
  bool is(std::string_view wanted) const { return (kind == word || kind == sign) && text == wanted; }
};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {
    if (text_.starts_with("#")) place_ = std::min(text_.find('\n'), text_.size());  // as luaL_loadfile skips it
  }

  Token next() {
    skip_space();
    Token token{Token::end, line_, {}};
    if (place_ >= text_.size()) return token;
    const char c = text_[place_];
    const size_t start = place_;
    if (c == '"' || c == '\'') {
      quoted(token);
    } else if (const size_t level = long_bracket(); level != kNone) {
      token.kind = Token::string;
      token.text = long_text(level);
    } else if (is_word(c)) {
      token.kind = Token::word;
      while (place_ < text_.size() && is_word(text_[place_])) ++place_;
      token.text = text_.substr(start, place_ - start);
    } else {
      token.kind = Token::sign;
      token.text = text_.substr(place_++, 1);
    }
    return token;
  }

 private:
  static constexpr size_t kNone = static_cast<size_t>(-1);

  void skip_space() {
    while (place_ < text_.size()) {
      if (text_[place_] == '-' && place_ + 1 < text_.size() && text_[place_ + 1] == '-') {
        place_ += 2;
        const size_t level = long_bracket();
        if (level != kNone) long_text(level);
        else place_ = std::min(text_.find('\n', place_), text_.size());
      } else if (is_space(text_[place_])) {
        if (text_[place_++] == '\n') ++line_;
      } else {
        return;
      }
    }
  }

  // How many "=" are in the "[==[" at the place, or kNone.
  size_t long_bracket() const {
    if (place_ >= text_.size() || text_[place_] != '[') return kNone;
    size_t end = place_ + 1;
    while (end < text_.size() && text_[end] == '=') ++end;
    return end < text_.size() && text_[end] == '[' ? end - place_ - 1 : kNone;
  }

  std::string_view long_text(size_t level) {
    const size_t start = place_ + level + 2;
    const std::string close = "]" + std::string(level, '=') + "]";
    const size_t end = std::min(text_.find(close, start), text_.size());
    line_ += static_cast<uint32_t>(std::count(text_.begin() + place_, text_.begin() + end, '\n'));
    place_ = std::min(end + close.size(), text_.size());
    return text_.substr(start, end - start);
  }

  void quoted(Token& token) {
    const char quote = text_[place_];
    const size_t start = ++place_;
    while (place_ < text_.size() && text_[place_] != quote && text_[place_] != '\n') {
      if (text_[place_] == '\\' && place_ + 1 < text_.size() && text_[place_ + 1] == '\n') ++line_;
      place_ += text_[place_] == '\\' ? 2 : 1;
    }
    place_ = std::min(place_, text_.size());
    token.kind = Token::string;
    token.text = text_.substr(start, place_ - start);
    if (place_ < text_.size() && text_[place_] == quote) ++place_;
  }

  std::string_view text_;
  size_t place_ = 0;
  uint32_t line_ = 1;
};

class LuaScript {
 public:
  LuaScript(Needs& needs, const ModuleSearch& search, std::string_view path)
      : needs_(needs), path_(path), directory_(parent_path(path)), templates_(search.directories), programs_(starts_programs(search, path)) {}

  void read(std::string_view text) {
    search_paths(text);
    Lexer lexer(text);
    Token holder, before, token = lexer.next();  // `holder.before` and then the token
    while (token.kind != Token::end) {
      const Token here = token;
      token = lexer.next();
      const bool member = (before.is(".") && !holder.is("_G")) || before.is(":");
      if (here.is("require") && !member) token = require(lexer, token);
      else if (before.is(".") && (here.is("execute") || here.is("popen")) && programs_) token = program(lexer, token);
      else if (here.is("dofile") || here.is("loadfile")) token = file(lexer, token);
      holder = std::exchange(before, here);
    }
  }

 private:
  // package.path = "/x/?.lua;" .. package.path counts for all of the file.
  void search_paths(std::string_view text) {
    Lexer lexer(text);
    Token before[3];
    uint32_t line = 0;  // on which an assignment that goes on began, or 0
    for (Token token = lexer.next(); token.kind != Token::end; token = lexer.next()) {
      const bool path = before[2].is("package") && before[1].is(".") && (before[0].is("path") || before[0].is("cpath"));
      const bool goes_on = token.kind == Token::string || one_of(token.text, {".", "(", ")", "package", "path", "cpath", "arg"});
      if (path && token.is("=")) line = token.line;
      else if (!goes_on && token.line > line) line = 0;
      if (line != 0 && token.kind == Token::string) templates(token.text);
      before[2] = std::exchange(before[1], std::exchange(before[0], token));
    }
  }

  void templates(std::string_view text) {
    each_part(text, ";", [&](std::string_view part) {
      if (part.find('?') != std::string_view::npos && templates_.size() < kMaxTemplates) templates_.push_back(normal(join(directory_, part)));
    });
  }

  // `next` follows `require`: a string, or an argument in parentheses, or ", name" of pcall(require, name).
  Token require(Lexer& lexer, Token next) {
    Token argument = next;
    const bool bracket = next.is("(") || next.is(",");
    if (bracket) argument = lexer.next();
    if (argument.kind != Token::string) {
      if (next.is("(") && !argument.is(")")) needs_.unproved(argument.line, "require() of a name that is built at run time");
      return argument;
    }
    const Token after = lexer.next();
    if (!after.is(".")) return module(argument.text), after;
    // `..` joins texts; one dot takes something out of the module.
    const Token last = lexer.next();
    if (last.is(".")) needs_.unproved(argument.line, "require() of a name that is built at run time");
    else module(argument.text);
    return last;
  }

  // os.execute("..."), io.popen "..."
  Token program(Lexer& lexer, Token next) {
    const Token argument = next.is("(") ? lexer.next() : next;
    if (argument.kind != Token::string) return argument;
    const Token after = lexer.next();
    if (++count_ <= kMaxPrograms) add_started(needs_, path_, {std::string(argument.text), true});
    return after;
  }

  Token file(Lexer& lexer, Token next) {
    const Token argument = next.is("(") ? lexer.next() : next;
    if (argument.kind == Token::string) needs_.file(normal(join(directory_, argument.text)), argument.text);
    return argument.kind == Token::string ? lexer.next() : argument;
  }

  void module(std::string_view name) {
    if (name.empty() || name.size() > kMaxName) return;
    const std::string place = replaced(name, ".", "/");
    for (const std::string& each : templates_) {
      if (needs_.file(replaced(each, "?", place), name)) return;
    }
    // A library of several modules: luaopen_a_b in a.so (searcher_Croot).
    const std::string root(name.substr(0, name.find('.')));
    for (const std::string& each : templates_) {
      if (root != name && each.ends_with(".so") && needs_.file(replaced(each, "?", root), name)) return;
    }
  }

  Needs& needs_;
  std::string path_, directory_;
  std::vector<std::string> templates_;
  bool programs_;
  size_t count_ = 0;
};

// "5.4" of "lua5.4"; LuaJIT is 5.1; else the newest that the root has modules of.
std::string version_of(Root& root, std::string_view interpreter) {
  if (interpreter.starts_with("luajit")) return "5.1";
  std::vector<int> version = version_in(interpreter);
  if (version.size() < 2) {
    version = {5, 4};
    for (const std::string& directory : existing_directories(root, {"/usr/share/lua/5.*", "/usr/lib/lua/5.*", "/usr/lib/*/lua/5.*"})) {
      version = version_in(base_name(directory));
    }
  }
  return version.size() < 2 ? "5.4" : std::to_string(version[0]) + "." + std::to_string(version[1]);
}

}  // namespace

ModuleSearch lua_search(Root& root, std::string_view interpreter, std::string_view script) {
  ModuleSearch search;
  search.interpreter = base_name(interpreter);
  search.script = script;
  const std::string v = version_of(root, search.interpreter);
  // LUA_PATH_DEFAULT and LUA_CPATH_DEFAULT of luaconf.h, with Debian's and Fedora's library directories.
  for (const std::string& top : {"/usr/local/share/lua/" + v, "/usr/local/lib/lua/" + v, "/usr/share/lua/" + v, "/usr/lib64/lua/" + v, "/usr/lib/lua/" + v}) {
    if (is_directory(root, top)) search.directories.insert(search.directories.end(), {top + "/?.lua", top + "/?/init.lua"});
  }
  if (search.interpreter.starts_with("luajit")) {
    for (const std::string& top : existing_directories(root, {"/usr/share/luajit-*"})) search.directories.push_back(top + "/?.lua");
  }
  for (const std::string& top : existing_directories(root, {"/usr/local/lib/lua/" + v, "/usr/lib/*/lua/" + v, "/usr/lib64/lua/" + v, "/usr/lib/lua/" + v})) {
    search.directories.push_back(top + "/?.so");
  }
  const std::string own(parent_path(script));
  if (!own.empty()) search.directories.insert(search.directories.end(), {join(own, "?.lua"), join(own, "?/init.lua"), join(own, "?.so")});
  return search;
}

void lua_needs(Needs& needs, const ModuleSearch& search, std::string_view path, std::string_view text) {
  if (text.starts_with("\x1bLua") || text.starts_with("\x1bLJ")) return needs.unproved(1, "compiled Lua: what it requires was not read");
  LuaScript(needs, search, path).read(text);
}

}  // namespace rootlet::scripts
