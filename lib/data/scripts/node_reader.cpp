#include "data/scripts/node_reader.hpp"

#include <algorithm>
#include <array>

#include "data/scripts/needs.hpp"

namespace rootlet::scripts {
namespace {

// Looks at the stream of tokens through a window: what stood before and what comes next.
class Window {
 public:
  static constexpr size_t kBehind = 8, kAhead = 24;

  explicit Window(std::string_view text) : lexer_(text) {
    for (size_t i = 0; i < kAhead; ++i) push(lexer_.next());
  }
  const NodeToken& at(size_t ahead) const { return ring_[(head_ + ahead) % ring_.size()]; }
  const NodeToken& behind(size_t back) const { return ring_[(head_ + ring_.size() - back) % ring_.size()]; }
  void advance() {
    push(lexer_.next());
    head_ = (head_ + 1) % ring_.size();
  }

 private:
  void push(const NodeToken& token) {
    ring_[tail_] = token;
    tail_ = (tail_ + 1) % ring_.size();
  }
  NodeLexer lexer_;
  std::array<NodeToken, kBehind + kAhead + 1> ring_;
  size_t head_ = 0, tail_ = 0;
};

class Reader {
 public:
  Reader(std::string_view text, std::string_view path, NodeFacts& facts) : window_(text), directory_(parent_path(path)), facts_(facts) {}

  void read() {
    for (; window_.at(0).kind != NodeToken::end; window_.advance()) {
      const NodeToken& token = window_.at(0);
      if (token.kind == NodeToken::part && token.text.empty()) own_template();
      if (token.kind != NodeToken::word) continue;
      const bool member = window_.behind(1).is(".") && !window_.behind(2).is(".");
      if (token.text == "require" && !member) require();
      if (token.text == "import" && !member) import();
      if (token.text == "export" && !member) clause();
      if (token.text == "__dirname" && !member) own_directory();
      if (token.text == "URL" && window_.behind(1).is("new")) url();
      if (token.text == "createRequire") created();
      if (window_.at(1).is("(") && window_.at(2).kind == NodeToken::string) started(token.text, member);
    }
  }

 private:
  void load(const NodeToken& token, bool import) {
    const auto specifier = node_string(token);
    if (!specifier || specifier->empty() || specifier->size() > 1024 || facts_.loads.size() >= kMaxNodeLoads) return;
    if (*specifier == "bindings" || *specifier == "node-gyp-build" || *specifier == "pkg-prebuilds" || *specifier == "node-pre-gyp" ||
        *specifier == "@mapbox/node-pre-gyp") {
      facts_.addon = true;
    }
    facts_.loads.push_back({std::move(*specifier), import});
  }

  void unknown(std::string_view what) {
    if (facts_.unknown.size() < kMaxNodeLoads) facts_.unknown.push_back({window_.at(0).line, std::string(what) + " of a name that is built at run time"});
  }

  // require("x"), require.resolve("x"); the window is at `require`.
  void require() {
    size_t open = 1;
    if (window_.at(1).is(".") && window_.at(2).is("resolve")) open = 3;
    if (!window_.at(open).is("(")) return;
    const NodeToken& argument = window_.at(open + 1);
    const NodeToken& after = window_.at(open + 2);
    if (argument.kind == NodeToken::string && (after.is(")") || after.is(","))) return load(argument, false);
    if (argument.is(")")) return;
    // What starts from __dirname is found by own_directory.
    for (size_t i = open + 1; i < open + 8; ++i) {
      if (window_.at(i).is("__dirname")) return;
    }
    if (window_.behind(1).is("function")) return;
    built(open + 1);
    unknown("require()");
  }

  // A name that is built from a directory and something: what lies there may all be meant. The argument's
  // first token is `first` ahead.
  void built(size_t first) {
    const NodeToken& front = window_.at(first);
    const bool sum = front.kind == NodeToken::string && window_.at(first + 1).is("+");
    if (!sum && front.kind != NodeToken::part) return;
    if (!front.text.starts_with("./") && !front.text.starts_with("../")) return;
    std::string_view back;
    for (size_t i = first + 1; i < Window::kAhead && !window_.at(i).is(")"); ++i) {
      if (window_.at(i).kind == (sum ? NodeToken::string : NodeToken::part)) back = window_.at(i).text;
    }
    const std::string pattern = std::string(front.text) + "*" + std::string(back);
    if (front.text.find_first_of("*?[\\") == std::string_view::npos && facts_.patterns.size() < kMaxPatterns) facts_.patterns.push_back(pattern);
  }

  // import "x"; import a from "x"; import("x"); import.meta.
  void import() {
    const NodeToken& next = window_.at(1);
    if (next.kind == NodeToken::string) return load(next, true);
    if (next.is(".")) return;
    if (!next.is("(")) return clause();
    const NodeToken& after = window_.at(3);
    if (window_.at(2).kind == NodeToken::string && (after.is(")") || after.is(","))) return load(window_.at(2), true);
    built(2);
    unknown("import()");
  }

  // import {a, b, c} from "x", export * from "x": may be longer than the window, so reads on to its `from`.
  void clause() {
    size_t depth = 0;
    for (size_t count = 0; count < kMaxClause; ++count) {
      const NodeToken& next = window_.at(1);
      const bool name = next.kind == NodeToken::word || next.kind == NodeToken::string || one_of(next.text, {"{", "}", ",", "*"});
      if (!name) return;
      if (next.is("{")) ++depth;
      if (next.is("}") && depth > 0) --depth;
      if (depth == 0 && next.is("from") && window_.at(2).kind == NodeToken::string) return load(window_.at(2), true);
      // What belongs to a declaration is no clause: `export default require("x")`, `export const a = …`.
      if (depth == 0 && one_of(next.text, {"default", "const", "let", "var", "function", "class", "async"}) && next.kind == NodeToken::word) return;
      window_.advance();
    }
  }

  // execSync("a | b"), cp.spawn("a", ...).
  void started(std::string_view name, bool member) {
    const bool line = name == "exec" || name == "execSync";
    if (!line && !one_of(name, {"spawn", "spawnSync", "execFile", "execFileSync"})) return;
    // A pattern has an exec() too.
    if (name == "exec" && member && !one_of(window_.behind(2).text, {"child_process", "childProcess", "cp", "child", "proc", ")"})) return;
    auto text = node_string(window_.at(2));
    if (text && !window_.at(3).is("+") && facts_.started.size() < kMaxNodeLoads) facts_.started.push_back({std::move(*text), line});
  }

  void created() {
    // createRequire(import.meta.url)("x")
    for (size_t i = 1; i + 2 < Window::kAhead; ++i) {
      if (window_.at(i).is(")") && window_.at(i + 1).is("(")) return load(window_.at(i + 2), false);
    }
  }

  void path(const std::string& relative, bool required) {
    if (relative.size() > kMaxPath || facts_.files.size() >= kMaxNodeLoads) return;
    const std::string file = normal(directory_ + "/" + relative);
    if (required) facts_.loads.push_back({file, false});
    else facts_.files.push_back(file);
  }

  // __dirname + "/x"; path.join(__dirname, "a", "b"); the window is at __dirname.
  void own_directory() {
    std::string relative;
    size_t next = 1;
    while ((window_.at(next).is("+") || window_.at(next).is(",")) && next + 2 < Window::kAhead) {
      const auto text = node_string(window_.at(next + 1));
      if (!text) return;
      relative += "/" + *text;
      next += 2;
    }
    if (relative.empty()) return;
    // require(__dirname + "/x"), require(path.join(__dirname, "x"))
    bool required = false;
    for (size_t back = 1; back <= Window::kBehind; ++back) required = required || window_.behind(back).is("require");
    path(relative, required);
  }

  // `${__dirname}/x`; the window is at the empty piece in front.
  void own_template() {
    if (!window_.at(1).is("__dirname") || window_.at(2).kind != NodeToken::part) return;
    path(std::string(window_.at(2).text), window_.behind(2).is("require"));
  }

  // new URL("./x", import.meta.url)
  void url() {
    const auto text = node_string(window_.at(2));
    if (window_.at(1).is("(") && text && window_.at(4).is("import") && text->find(':') == std::string::npos) path(*text, false);
  }

  static constexpr size_t kMaxClause = 4096;
  static constexpr size_t kMaxPatterns = 64;

  Window window_;
  std::string directory_;
  NodeFacts& facts_;
};

}  // namespace

NodeFacts read_node(std::string_view text, std::string_view path) {
  NodeFacts facts;
  Reader(text, path, facts).read();
  return facts;
}

}  // namespace rootlet::scripts
