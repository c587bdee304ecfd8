#include "data/scripts/python_imports.hpp"

#include <algorithm>

#include "data/scripts/needs.hpp"
#include "data/scripts/python_calls.hpp"

namespace rootlet::scripts {
namespace {

constexpr std::string_view kHeaders[] = {"if",    "elif", "else", "try", "except", "finally", "for",
                                         "while", "with", "def",  "class", "async"};

bool is_header(PythonTokens tokens) {
  if (tokens.front().kind != PythonToken::name) return false;
  const std::string_view word = tokens.front().text;
  if (word == "match" || word == "case") return tokens.back().is(":");
  return listed(word, kHeaders);
}

// The colon that ends a header, or tokens.size().
size_t header_end(PythonTokens tokens) {
  size_t depth = 0, lambdas = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    const PythonToken& token = tokens[i];
    if (token.kind == PythonToken::name && token.text == "lambda" && depth == 0) ++lambdas;
    if (token.kind != PythonToken::sign) continue;
    const char c = token.text.front();
    if (c == '(' || c == '[' || c == '{') ++depth;
    if ((c == ')' || c == ']' || c == '}') && depth > 0) --depth;
    if (c != ':' || depth != 0 || (i + 1 < tokens.size() && tokens[i + 1].is("="))) continue;
    if (lambdas == 0) return i;
    --lambdas;
  }
  return tokens.size();
}

// What a header opened. Blocks close where a line stands no deeper than their header; what holds for a
// block holds for the blocks in it.
struct Block {
  unsigned indent = 0;
  bool live = true;              // may run on this system
  bool function = false;
  size_t attempt = kNoTry;       // the `try` whose body it is in
  size_t fallback = kNoTry;      // the `try` whose handler of ImportError it is in
  bool chain = false;            // it is an if, elif or else
  Truth taken = Truth::unknown;  // one branch of the chain so far certainly runs
  size_t owner = kNoTry;         // of a try, an except: which
};

class Reader {
 public:
  Reader(const PythonReading& reading, PythonFacts& facts) : reading_(reading), facts_(facts), calls_(reading, facts) {}

  void read(std::string_view text) {
    PythonLines lines(text);
    PythonLine line;
    while (lines.next(line)) {
      if (!line.tokens.empty()) logical(line);
    }
  }

 private:
  static constexpr size_t kMaxBlocks = 200;  // Python itself allows 100 levels

  void logical(const PythonLine& line) {
    const PythonTokens tokens = line.tokens;
    std::optional<Block> before;
    if (!line.continued) {
      while (!blocks_.empty() && blocks_.back().indent >= line.indent) {
        if (blocks_.back().indent == line.indent) before = blocks_.back();
        blocks_.pop_back();
      }
    }
    Block block = blocks_.empty() ? Block() : blocks_.back();
    const bool header = !line.continued && is_header(tokens);
    const size_t end = header ? header_end(tokens) : 0;
    if (!header || end == tokens.size() || blocks_.size() >= kMaxBlocks) return suite(tokens, block);
    if (block.live) expression(tokens.first(end), block);
    block.indent = line.indent;
    open(block, tokens.first(end), before);
    blocks_.push_back(block);
    suite(tokens.subspan(end + 1), block);
  }

  void open(Block& block, PythonTokens header, const std::optional<Block>& before) {
    const std::string_view word = header.front().text;
    const bool chained = before && before->chain && (word == "elif" || word == "else");
    block.chain = word == "if" || chained;
    block.owner = kNoTry;
    if (block.chain) {
      const Truth condition = word == "else" ? Truth::yes : python_condition(header.subspan(1), reading_.context);
      const bool passed_over = chained && before->taken == Truth::yes;
      block.live = block.live && condition != Truth::no && !passed_over;
      block.taken = passed_over ? Truth::yes : condition;
    } else if (word == "try" && facts_.tries.size() < kMaxPythonImports) {
      block.attempt = block.owner = facts_.tries.size();
      facts_.tries.push_back({block.fallback});
    } else if (word == "except" && before) {
      block.owner = before->owner;
      const bool import_error = std::any_of(header.begin(), header.end(), [](const PythonToken& token) {
        return token.is("ImportError") || token.is("ModuleNotFoundError");
      });
      if (import_error) block.fallback = block.owner;
    } else if (word == "def" || word == "async") {
      function(block, header);
    }
  }

  void function(Block& block, PythonTokens header) {
    const size_t name = header.front().is("def") ? 1 : 2;
    block.function = true;
    block.attempt = kNoTry;
    if (header.size() <= name || !reading_.library || reading_.context.entry) return;
    const std::string_view text = header[name].text;
    if (text == "main" || text == "_main" || text == "test" || text.starts_with("_test")) block.live = false;
  }

  // Simple statements with semicolons between them.
  void suite(PythonTokens tokens, const Block& block) {
    if (!block.live) return;
    size_t start = 0;
    for (size_t i = 0; i <= tokens.size(); ++i) {
      if (i < tokens.size() && !tokens[i].is(";")) continue;
      if (i > start) statement(tokens.subspan(start, i - start), block);
      start = i + 1;
    }
  }

  void statement(PythonTokens tokens, const Block& block) {
    if (tokens.front().is("import")) return import(tokens.subspan(1), block);
    if (tokens.front().is("from") && tokens.size() > 2) return from(tokens.subspan(1), block);
    expression(tokens, block);
  }

  void expression(PythonTokens tokens, const Block& block) {
    const size_t first = facts_.imports.size();
    calls_.statement(tokens);
    for (size_t i = first; i < facts_.imports.size(); ++i) place(facts_.imports[i], block);
  }

  static void place(PythonImport& import, const Block& block) {
    import.deferred = block.function;
    import.attempt = block.attempt;
    import.fallback = block.fallback;
  }

  // a.b.c at tokens[place], which goes behind it.
  static std::string dotted(PythonTokens tokens, size_t& place) {
    std::string name;
    while (place < tokens.size() && tokens[place].kind == PythonToken::name && name.size() < kMaxPythonName) {
      name += tokens[place++].text;
      if (place + 1 >= tokens.size() || !tokens[place].is(".") || tokens[place + 1].kind != PythonToken::name) break;
      name += '.';
      ++place;
    }
    return name;
  }

  void import(PythonTokens tokens, const Block& block) {
    for (size_t at = 0; at < tokens.size(); ++at) {
      std::string name = dotted(tokens, at);
      if (name.empty()) return;
      calls_.mention(tokens[at - 1]);
      PythonImport* added = calls_.add(tokens[at - 1]);
      if (added == nullptr) return;
      place(*added, block);
      added->module = std::move(name);
      while (at < tokens.size() && !tokens[at].is(",")) ++at;
    }
  }

  void from(PythonTokens tokens, const Block& block) {
    size_t at = 0;
    while (at < tokens.size() && tokens[at].is(".")) ++at;
    const unsigned level = static_cast<unsigned>(at);
    const bool bare = at < tokens.size() && tokens[at].is("import");
    std::string module = bare ? std::string() : dotted(tokens, at);
    if (at >= tokens.size() || !tokens[at].is("import") || (module.empty() && level == 0)) return;
    PythonImport* added = calls_.add(tokens[at]);
    if (added == nullptr) return;
    place(*added, block);
    added->level = level;
    added->module = std::move(module);
    bool name = true;  // and not what follows `as`
    for (++at; at < tokens.size() && added->names.size() < kMaxPythonImports; ++at) {
      if (tokens[at].is(",") || tokens[at].is("(")) name = true;
      if (!name || (tokens[at].kind != PythonToken::name && !tokens[at].is("*"))) continue;
      calls_.mention(tokens[at]);
      added->names.emplace_back(tokens[at].text);
      name = false;
    }
  }

  const PythonReading& reading_;
  PythonFacts& facts_;
  PythonCalls calls_;
  std::vector<Block> blocks_;
};

}  // namespace

bool is_python_module_name(std::string_view text) {
  if (text.empty() || text.size() > kMaxPythonName) return false;
  bool start = true;
  for (char c : text) {
    if (start ? !is_word_start(c) : !is_word(c) && c != '.') return false;
    start = c == '.';
  }
  return !start;
}

PythonFacts read_python(std::string_view text, const PythonReading& reading) {
  PythonFacts facts;
  Reader(reading, facts).read(text);
  for (size_t i = 0; i < facts.code.size(); ++i) {  // which may have further code in it
    const auto [line, code] = facts.code[i];
    size_t known = facts.unknown.size();
    Reader(reading, facts).read(code);
    for (; known < facts.unknown.size(); ++known) facts.unknown[known].line = line;
  }
  return facts;
}

}  // namespace rootlet::scripts
