#include "data/scripts/perl_reader.hpp"

#include <algorithm>
#include <utility>

#include "data/scripts/needs.hpp"
#include "data/scripts/perl_tables.hpp"

namespace rootlet::scripts {
namespace {

constexpr int kMaxDepth = 4;             // of eval "..." inside of each other
constexpr size_t kMaxDirectory = 256;    // characters of a string that may be a directory of modules
constexpr size_t kMaxDirectories = 64;
constexpr size_t kMaxStatement = 1024;   // tokens of one statement that are looked at

// Words after `use` whose arguments name modules.
constexpr std::string_view kListing[] = {"base", "parent", "if", "autouse", "aliased", "maybe", "fields", "mixin", "superclass", "threads::shared"};

class Reader {
 public:
  Reader(std::string_view path, PerlFacts& facts) : path_(path), facts_(facts) {}

  void read(std::string_view text, int depth) {
    PerlLexer lexer(text);
    std::vector<PerlToken> statement;
    while (true) {
      const PerlToken token = lexer.next();
      const bool ends = token.kind == PerlToken::end || (token.kind == PerlToken::sign && (token.is(";") || token.is("{") || token.is("}")));
      if (token.kind != PerlToken::end && statement.size() < kMaxStatement) statement.push_back(token);
      // A bracket after a sigil, an arrow or a name of a variable is no block, but may be read as one.
      if (!ends) continue;
      if (!statement.empty()) this->statement(statement, depth);
      statement.clear();
      if (token.kind == PerlToken::end) return;
    }
  }

 private:
  using Tokens = std::vector<PerlToken>;

  static const PerlToken& at(const Tokens& tokens, size_t place) {
    static const PerlToken none;
    return place < tokens.size() ? tokens[place] : none;
  }

  void statement(const Tokens& tokens, int depth) {
    // A label may stand in front.
    const size_t start = tokens.size() > 2 && tokens[0].kind == PerlToken::word && tokens[1].is(":") && !tokens[2].is(":") ? 2 : 0;
    const PerlToken& first = at(tokens, start);
    if (first.kind == PerlToken::word) {
      if (first.is("use") || first.is("no")) use(tokens, start + 1);
      if (first.is("package") && at(tokens, start + 1).kind == PerlToken::word) insert(facts_.packages, at(tokens, start + 1).text);
    }
    for (size_t i = start; i < tokens.size(); ++i) {
      switch (tokens[i].kind) {
        case PerlToken::word: word(tokens, i, depth); break;
        case PerlToken::variable: variable(tokens, i); break;
        case PerlToken::command: started(tokens[i], true); [[fallthrough]];
        case PerlToken::string: case PerlToken::pattern: case PerlToken::words: text(tokens[i]); break;
        case PerlToken::glob: insert(facts_.modules, "File::Glob"); break;
        default: break;
      }
    }
  }

  static void insert(std::set<std::string>& to, std::string_view text) {
    if (to.size() < kMaxPerlNames) to.emplace(text);
  }

  void module(std::string_view name) {
    if (is_perl_module_name(name)) insert(facts_.modules, name);
  }

  void unknown(const PerlToken& token, std::string what) {
    if (facts_.unknown.size() < kMaxPerlNames) facts_.unknown.push_back({lines_ + token.line, std::move(what)});
  }

  // use Module ...; tokens[place] is what follows `use`.
  void use(const Tokens& tokens, size_t place) {
    const PerlToken& name = at(tokens, place);
    if (name.kind != PerlToken::word || name.is("v5") || (name.text.front() == 'v' && name.text.size() > 1 && is_digit(name.text[1]))) return;
    module(name.text);
    if (name.is("lib")) return directories(tokens, place + 1);
    if (!listed(name.text, kListing)) return;
    for (size_t i = place + 1; i < tokens.size(); ++i) {
      names_in(tokens[i]);
      // use if CONDITION, Module => ARGUMENTS
      if (tokens[i].kind == PerlToken::word && at(tokens, i + 1).is("=") && at(tokens, i + 2).is(">")) module(tokens[i].text);
    }
  }

  // Strings and words of a list that are modules.
  void names_in(const PerlToken& token) {
    if (token.kind == PerlToken::string && !token.interpolated) module(token.text);
    if (token.kind == PerlToken::string && token.interpolated && token.text.find_first_of("$@") == std::string_view::npos) module(token.text);
    if (token.kind == PerlToken::words) each_part(token.text, " \t\n\r", [&](std::string_view word) { module(word); });
  }

  // use lib LIST, unshift @INC, LIST, push @INC, LIST.
  void directories(const Tokens& tokens, size_t place) {
    const auto entry = [&](std::string_view text) {
      if (text.starts_with('/') && facts_.path_entries.size() < kMaxPerlNames) facts_.path_entries.push_back(normal(text));
    };
    for (size_t i = place; i < tokens.size(); ++i) {
      if (tokens[i].kind == PerlToken::words) each_part(tokens[i].text, " \t\n\r", entry);
      // dirname(__FILE__) . "/lib"
      const bool own = tokens[i].is("__FILE__") || tokens[i].is("$0") || tokens[i].is("$FindBin::Bin") || tokens[i].is("$FindBin::RealBin") ||
                       tokens[i].is("$Bin") || tokens[i].is("$RealBin");
      if (own) {
        size_t next = i + 1;
        while (at(tokens, next).is(")")) ++next;
        const bool joined = (at(tokens, next).is(".") || at(tokens, next).is(",")) && at(tokens, next + 1).kind == PerlToken::string;
        entry(std::string(parent_path(path_)) + "/" + (joined ? std::string(at(tokens, next + 1).text) : std::string()));
        i = joined ? next + 1 : i;
      } else if (tokens[i].kind == PerlToken::string) {
        if (const auto text = value(tokens[i])) entry(*text);
      }
    }
  }

  // The text of a string, with FindBin's variables in it put in.
  std::optional<std::string> value(const PerlToken& token) const {
    std::string text(token.text);
    if (!token.interpolated || text.find_first_of("$@") == std::string::npos) return text;
    const std::string own(parent_path(path_));
    for (const char* name : {"$FindBin::RealBin", "$FindBin::Bin", "${FindBin::RealBin}", "${FindBin::Bin}", "$RealBin", "$Bin"}) text = replaced(text, name, own);
    return text.find_first_of("$@") == std::string::npos ? std::optional(std::move(text)) : std::nullopt;
  }

  void word(const Tokens& tokens, size_t i, int depth) {
    const std::string_view name = tokens[i].text;
    const PerlToken& next = at(tokens, i + 1);
    const bool member = i > 0 && tokens[i - 1].is(">");
    if (next.is("=") && at(tokens, i + 2).is(">")) return;  // a key
    if (member) {
      for (const PerlTrigger& each : perl_methods()) {
        if (each.text == name && i > 2 && tokens[i - 2].is("-")) method(tokens[i - 3], each.module);
      }
    }
    if (name == "require" && !member) return require(tokens, i + 1);
    if (name == "do" && !member) return do_file(tokens, i + 1);
    if (name == "eval" && next.kind == PerlToken::string && depth < kMaxDepth) return evaluate(next, depth);
    if (name == "XSLoader" || name == "DynaLoader" || name == "bootstrap" || name.starts_with("XSLoader::")) facts_.native = true;
    if (name == "AutoLoader" || name == "SelfLoader") facts_.autoload = true;
    if (name == "glob") insert(facts_.modules, "File::Glob");
    if (name == "open") open(tokens, i);
    if ((name == "system" || name == "exec") && !member) {
      const size_t first = i + (next.is("(") ? 2 : 1);
      if (at(tokens, first).kind == PerlToken::string) started(at(tokens, first), !at(tokens, first + 1).is(","));
      if (at(tokens, first).kind == PerlToken::words) started(at(tokens, first), true);
    }
    if (name == "my" || name == "our" || name == "state") attributes(tokens, i);
    if ((name == "unshift" || name == "push") && (next.is("@INC") || at(tokens, i + 2).is("@INC"))) directories(tokens, i + 2);
    if (loads_modules(name)) {
      for (size_t k = i + 1; k < tokens.size() && !tokens[k].is(")"); ++k) names_in(tokens[k]);
    }
  }

  void started(const PerlToken& token, bool line) {
    if (facts_.started.size() < kMaxPerlNames) facts_.started.push_back({std::string(token.text), line});
  }

  // A method of file handles, called on what is one: STDOUT->autoflush, $fh->autoflush.
  void method(const PerlToken& object, std::string_view module) {
    const bool handle = object.kind == PerlToken::variable || object.is("STDOUT") || object.is("STDERR") || object.is("STDIN") || object.is("}");
    if (handle) insert(facts_.modules, module);
  }

  void require(const Tokens& tokens, size_t place) {
    const PerlToken& first = at(tokens, place);
    const PerlToken& name = first.is("(") ? at(tokens, place + 1) : first;
    if (name.kind == PerlToken::word && !name.is("__PACKAGE__")) {
      if (!(name.text.front() == 'v' && name.text.size() > 1 && is_digit(name.text[1]))) module(name.text);
      if (at(tokens, place + (first.is("(") ? 2 : 1)).is("-")) unknown(name, "require of a file whose name is built at run time");
    } else if (name.kind == PerlToken::string) {
      const auto text = value(name);
      const bool joined = at(tokens, place + (first.is("(") ? 2 : 1)).is(".");
      if (text && !joined) insert(facts_.files, *text);
      else unknown(name, "require of a file whose name is built at run time");
    } else if (name.kind == PerlToken::variable) {
      unknown(name, "require of what " + std::string(name.text) + " names");
    }
  }

  void do_file(const Tokens& tokens, size_t place) {
    const PerlToken& first = at(tokens, place);
    const PerlToken& name = first.is("(") ? at(tokens, place + 1) : first;
    if (name.kind != PerlToken::string) return;
    if (const auto text = value(name)) insert(facts_.files, *text);
    else unknown(name, "do of a file whose name is built at run time");
  }

  // eval "require Foo; 1"; what a variable in it names cannot be told.
  void evaluate(const PerlToken& token, int depth) {
    const size_t variable = token.interpolated ? token.text.find('$') : std::string_view::npos;
    if (variable != std::string_view::npos) {
      const std::string_view before = trimmed(token.text.substr(0, variable));
      if (before.ends_with("use")) unknown(token, "eval of `" + std::string(before) + "` with a name that is built at run time");
    }
    const uint32_t outer = std::exchange(lines_, lines_ + token.line - 1);
    read(token.text, depth + 1);
    lines_ = outer;
  }

  // my $x :shared
  void attributes(const Tokens& tokens, size_t place) {
    for (size_t i = place + 1; i + 1 < tokens.size(); ++i) {
      if (tokens[i].is(":") && tokens[i + 1].kind == PerlToken::word) return insert(facts_.modules, "attributes");
      if (tokens[i].kind != PerlToken::variable && !tokens[i].is("(") && !tokens[i].is(")") && !tokens[i].is(",")) return;
    }
  }

  // A layer that is a module is loaded through PerlIO (PerlIO_load_layers).
  void layer(std::string_view module) {
    insert(facts_.modules, "PerlIO");
    insert(facts_.modules, module);
  }

  // open(FH, '<', \$text) reads from memory.
  // open(FH, "program |"), open(FH, '-|', 'program', ...) start one.
  void open(const Tokens& tokens, size_t place) {
    for (size_t i = place + 1; i < tokens.size(); ++i) {
      if (tokens[i].kind != PerlToken::string) continue;
      const std::string_view text = trimmed(tokens[i].text);
      if (text == "-|" || text == "|-") {
        if (at(tokens, i + 2).kind == PerlToken::string) started(at(tokens, i + 2), !at(tokens, i + 3).is(","));
      } else if (text.starts_with('|') || text.ends_with('|')) {
        PerlToken command = tokens[i];
        command.text = text.starts_with('|') ? text.substr(1) : text.substr(0, text.size() - 1);
        started(command, true);
      }
      break;
    }
    for (size_t i = place + 1; i + 1 < tokens.size(); ++i) {
      const PerlToken& next = tokens[i + 1];
      if (tokens[i].is("\\") && (next.kind == PerlToken::variable || next.kind == PerlToken::string || next.is("my"))) layer("PerlIO::scalar");
    }
  }

  void variable(const Tokens& tokens, size_t i) {
    const bool element = at(tokens, i + 1).is("{");
    for (const PerlTrigger& each : perl_variables()) {
      const bool part = each.text.ends_with('{');
      if (tokens[i].text == (part ? each.text.substr(0, each.text.size() - 1) : each.text) && (!part || element)) insert(facts_.modules, each.module);
    }
  }

  // Layers and encodings in strings, names of characters.
  void text(const PerlToken& token) {
    const std::string_view text = token.text;
    if (const size_t layer = text.find(":encoding("); layer != std::string_view::npos) {
      this->layer("PerlIO::encoding");
      insert(facts_.modules, "Encode");
      const std::string_view name = text.substr(layer + 10);
      module(perl_encoding_module(name.substr(0, name.find(')'))));
    }
    if (const size_t via = text.find(":via("); via != std::string_view::npos) {
      const std::string_view name = text.substr(via + 5);
      module(name.substr(0, name.find(')')));
      this->layer("PerlIO::via");
    }
    if (token.kind == PerlToken::string) {
      if (const std::string_view found = perl_encoding_module(text); !found.empty()) insert(facts_.encodings, found);
      if (text.starts_with('/') && text.size() < kMaxDirectory && facts_.directories.size() < kMaxDirectories) facts_.directories.emplace(text);
    }
    if (text.starts_with("dbi:") && text.find(':', 4) != std::string_view::npos) module("DBD::" + std::string(text.substr(4, text.find(':', 4) - 4)));
    const size_t named = token.kind == PerlToken::words ? std::string_view::npos : text.find("\\N{");
    if (named != std::string_view::npos && !text.substr(named).starts_with("\\N{U+")) insert(facts_.modules, "_charnames");
  }

  std::string_view path_;
  PerlFacts& facts_;
  uint32_t lines_ = 0;  // in front of the text that is read
};

}  // namespace

bool is_perl_module_name(std::string_view text) {
  if (text.empty() || text.size() > 255 || !is_word_start(text.front()) || text.ends_with(':')) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (is_word(text[i])) continue;
    if (text[i] != ':' || i + 2 >= text.size() || text[i + 1] != ':' || !is_word(text[i + 2])) return false;
    ++i;
  }
  return true;
}

PerlFacts read_perl(std::string_view text, std::string_view path) {
  PerlFacts facts;
  Reader(path, facts).read(text, 0);
  return facts;
}

}  // namespace rootlet::scripts
