#include "data/rules.hpp"

#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#include <algorithm>
#include <functional>
#include <sstream>
#include <toml++/toml.h>

#include "data/builtin_rules.hpp"

namespace rootlet::data {
namespace {

class RuleReader {
 public:
  explicit RuleReader(const std::string& file) : file_(file) {}

  Result<std::vector<Rule>> run(std::string_view text) {
    auto parsed = toml::parse(text, std::string_view(file_));
    if (!parsed) {
      std::ostringstream message;
      message << parsed.error().description();
      return fail(ErrorCode::malformed, place(parsed.error().source()) + message.str(), file_);
    }
    const toml::table table = std::move(parsed).table();
    std::vector<Rule> rules;
    for (const auto& [key, node] : table) {
      if (key.str() != "rule" || !node.is_array_of_tables()) {
        return wrong(node, "\"" + std::string(key.str()) + "\" is not known here; a file of rules holds [[rule]] tables");
      }
      for (const toml::node& item : *node.as_array()) {
        auto rule = this->rule(*item.as_table());
        if (!rule) return Unexpected(std::move(rule).error());
        rules.push_back(std::move(*rule));
      }
    }
    return rules;
  }

 private:
  struct Key {
    std::string_view name;
    std::vector<std::string>* list;
  };

  std::string place(const toml::source_region& source) const {
    return file_ + ":" + std::to_string(source.begin.line) + ": ";
  }
  Unexpected wrong(const toml::node& node, const std::string& message) const {
    return fail(ErrorCode::malformed, place(node.source()) + message, file_);
  }

  Result<Rule> rule(const toml::table& table) {
    Rule rule;
    for (const auto& [key, node] : table) {
      std::string* text = key.str() == "name" ? &rule.name : key.str() == "because" ? &rule.because : key.str() == "source" ? &rule.source : nullptr;
      if (text != nullptr && node.is_string()) {
        *text = node.as_string()->get();
      } else if (key.str() == "when" && node.is_table()) {
        if (auto done = when(*node.as_table(), rule); !done) return Unexpected(std::move(done).error());
      } else if (key.str() == "then" && node.is_table()) {
        if (auto done = then(*node.as_table(), rule); !done) return Unexpected(std::move(done).error());
      } else {
        return wrong(node, "\"" + std::string(key.str()) + "\" is not known in a rule, or not of that type; a rule has name, because, source (texts), when and then (tables)");
      }
    }
    if (rule.name.empty() || rule.because.empty() || rule.source.empty()) return wrong(table, "a rule has a name, and says because of what and from which source");
    if (rule.soname.empty() && rule.path.empty() && rule.import.empty() && rule.string.empty() && rule.language.empty() && rule.package.empty()) {
      return wrong(table, "rule " + rule.name + " would hold for every file: `when` needs one of soname, path, import, string, language, package");
    }
    return rule;
  }

  Result<void> lists(const toml::table& table, const std::vector<Key>& keys, const std::function<Result<bool>(std::string_view, const toml::node&)>& other) {
    for (const auto& [key, node] : table) {
      const std::string_view word = key.str();
      auto known = std::find_if(keys.begin(), keys.end(), [word](const Key& candidate) { return candidate.name == word; });
      if (known == keys.end()) {
        auto taken = other(word, node);
        if (!taken) return Unexpected(std::move(taken).error());
        if (*taken) continue;
        std::string names;
        for (const Key& candidate : keys) names += (names.empty() ? "" : ", ") + std::string(candidate.name);
        return wrong(node, "\"" + std::string(key.str()) + "\" is not known here; known are " + names);
      }
      const toml::array* array = node.as_array();
      if (array == nullptr || array->empty()) return wrong(node, "\"" + std::string(key.str()) + "\" is a list of texts that is not empty");
      for (const toml::node& item : *array) {
        if (!item.is_string()) return wrong(item, "an item of \"" + std::string(key.str()) + "\" is a text");
        known->list->push_back(item.as_string()->get());
      }
    }
    return {};
  }

  Result<void> when(const toml::table& table, Rule& rule) {
    std::vector<std::string> roles;
    auto done = lists(table, {{"soname", &rule.soname}, {"path", &rule.path}, {"import", &rule.import}, {"string", &rule.string},
                              {"language", &rule.language}, {"package", &rule.package}, {"exists", &rule.exists}, {"role", &roles}},
                      [&](std::string_view key, const toml::node& node) -> Result<bool> {
      if (key != "libc" || !node.is_string()) return false;
      const std::string& name = node.as_string()->get();
      if (name != "glibc" && name != "musl") return false;
      rule.libc = name == "glibc" ? CLibrary::glibc : CLibrary::musl;
      return true;
    });
    if (!done) return done;
    for (const std::string& role : roles) {
      const uint8_t bit = role == "entry" ? kEntry : role == "program" ? kProgram : role == "interpreter" ? kInterpreter : role == "library" ? kLibrary : 0;
      if (bit == 0) return wrong(table, "\"" + role + "\" is no role; the roles are entry, program, interpreter, library");
      rule.roles |= bit;
    }
    return {};
  }

  Result<void> then(const toml::table& table, Rule& rule) {
    auto other = [&](std::string_view key, const toml::node& node) -> Result<bool> {
      if (key == "required" && node.is_boolean()) return rule.required = node.as_boolean()->get(), true;
      if (key == "ignore" && node.is_string() && node.as_string()->get() == "strings") return rule.ignore_strings = true;
      return false;
    };
    return lists(table, {{"files", &rule.files}, {"trees", &rule.trees}, {"directories", &rule.directories}, {"objects", &rule.objects},
                         {"plugins", &rule.plugins}, {"programs", &rule.programs}, {"follow", &rule.follow}, {"base", &rule.base},
                         {"databases", &rule.databases}, {"provide", &rule.provide}, {"empty", &rule.empty}, {"exclude", &rule.exclude}},
                 other);
  }

  const std::string& file_;
};

// The line of the first byte beyond ASCII that stands neither in a text nor in a comment, or 0: toml++ 3.3 does not survive
// such characters (impl/unicode_autogenerated.h, is_non_ascii_horizontal_whitespace).
size_t line_of_stray_character(std::string_view text) {
  std::string_view end;  // what ends the text or comment at hand; empty outside of them
  size_t line = 1;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\n') ++line;
    if (c == '\n' && end.size() == 1) end = {};  // a comment, or a text that should have ended
    if (!end.empty()) {
      if (c == '\\' && end.front() == '"') ++at;
      else if (text.substr(at).starts_with(end)) at += end.size() - 1, end = {};
    } else if (c == '#') {
      end = "\n";
    } else if (c == '"' || c == '\'') {
      end = text.substr(at).starts_with(std::string(3, c)) ? (c == '"' ? "\"\"\"" : "\'\'\'") : (c == '"' ? "\"" : "\'");
      at += end.size() - 1;
    } else if (static_cast<unsigned char>(c) >= 0x80) {
      return line;
    }
  }
  return 0;
}

std::vector<Rule> read_builtin() {
  std::vector<Rule> all;
  for (const BuiltinFile& file : builtin_files()) {
    auto rules = parse_rules(file.text, std::string(file.name));
    assert(rules);
    for (Rule& rule : *rules) all.push_back(std::move(rule));
  }
  return all;
}

}  // namespace

Result<std::vector<Rule>> parse_rules(std::string_view text, const std::string& file) {
  if (text.size() > kMaxRulesBytes) return fail(ErrorCode::too_large, file + " is longer than the " + std::to_string(kMaxRulesBytes) + " bytes that are read", file);
  if (const size_t line = line_of_stray_character(text); line != 0) {
    return fail(ErrorCode::malformed, file + ":" + std::to_string(line) + ": a character beyond ASCII outside of quotes and comments (a byte order mark is one)", file);
  }
  return RuleReader(file).run(text);
}

const std::vector<Rule>& builtin_rules() {
  static const std::vector<Rule> rules = read_builtin();
  return rules;
}

}  // namespace rootlet::data
