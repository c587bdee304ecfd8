#include "data/scripts/python_calls.hpp"

#include <algorithm>

#include "data/scripts/needs.hpp"

namespace rootlet::scripts {
namespace {

constexpr size_t kMaxFileName = 255;
constexpr size_t kMaxEncodingName = 40;
constexpr size_t kMaxPythonCode = 16;

// Functions whose first argument is a program, or a list that starts with one.
constexpr std::string_view kStarting[] = {"run",    "call",    "check_call", "check_output", "Popen",   "create_subprocess_exec",
                                          "execv",  "execve",  "execvp",     "execvpe",      "execl",   "execlp", "execlpe"};

bool at(PythonTokens tokens, size_t place, std::string_view word) {
  return place < tokens.size() && tokens[place].is(word);
}

}  // namespace

void PythonCalls::statement(PythonTokens tokens) {
  if (tokens.size() > 2 && tokens.front().kind == PythonToken::name && tokens[1].is("=") && !tokens[2].is("=")) {
    values_.assign(tokens.front().text, tokens.subspan(2));
  }
  if (tokens.front().is("__all__")) all(tokens);
  for (size_t i = 0; i < tokens.size(); ++i) {
    const PythonToken& token = tokens[i];
    if (token.kind == PythonToken::string) text(token);
    if (token.kind != PythonToken::name) continue;
    mention(token);
    if (i + 1 >= tokens.size()) continue;
    const bool member = i > 0 && tokens[i - 1].is(".");
    if (tokens[i + 1].is("(")) call(tokens, i, member);
    if (token.text == "encoding" && tokens[i + 1].is("=") && i + 2 < tokens.size()) encoding(tokens[i + 2]);
    if (token.text == "path" && member && i > 1 && tokens[i - 2].is("sys")) search_path(tokens, i + 1);
  }
}

void PythonCalls::mention(const PythonToken& token) {
  if (token.kind != PythonToken::name) return;
  if (one_of(token.text, {"__file__", "resources", "get_data", "resource_filename", "resource_string", "resource_stream"})) {
    facts_.locates_itself = true;
  }
  if (reading_.watched == nullptr) return;
  if (auto found = reading_.watched->find(token.text); found != reading_.watched->end()) facts_.mentions.insert(*found);
}

PythonImport* PythonCalls::add(const PythonToken& at) {
  if (facts_.imports.size() >= kMaxPythonImports) {
    if (!full_) facts_.unknown.push_back({at.line, "more than " + std::to_string(kMaxPythonImports) + " imports"});
    full_ = true;
    return nullptr;
  }
  PythonImport& added = facts_.imports.emplace_back();
  added.line = at.line;
  return &added;
}

void PythonCalls::all(PythonTokens tokens) {
  for (const PythonToken& token : tokens) {
    if (token.kind != PythonToken::string || facts_.all.size() >= kMaxPythonStrings) continue;
    if (auto name = python_string(token); name && is_python_module_name(*name)) facts_.all.push_back(std::move(*name));
  }
}

void PythonCalls::text(const PythonToken& token) {
  if (facts_.strings.size() >= kMaxPythonStrings || token.text.size() > kMaxFileName) return;
  if (token.text.find('.') == std::string_view::npos || token.text.find_first_of(" \n\t") != std::string_view::npos) return;
  if (auto value = python_string(token)) facts_.strings.push_back(std::move(*value));
}

void PythonCalls::encoding(const PythonToken& token) {
  if (token.text.size() > kMaxEncodingName || facts_.encodings.size() >= kMaxPythonStrings) return;
  if (auto name = python_string(token); name && !name->empty()) facts_.encodings.insert(std::move(*name));
}

// tokens[place] is a name, and an opening parenthesis follows.
void PythonCalls::call(PythonTokens tokens, size_t place, bool member) {
  const std::string_view name = tokens[place].text;
  PythonTokens arguments = tokens.subspan(place + 2);
  arguments = arguments.first(std::min(arguments.size(), kMaxArguments));
  if (arguments.empty()) return;
  if (one_of(name, {"import_module", "__import__", "run_module"})) {
    dynamic_import(arguments, tokens[place]);
  } else if (member && one_of(name, {"encode", "decode", "lookup", "getreader", "getwriter", "getincrementaldecoder"})) {
    encoding(arguments.front());
  } else if (one_of(name, {"load_entry_point", "get_distribution", "distribution", "version", "metadata", "require"})) {
    auto value = python_string(arguments.front());
    if (value && facts_.distributions.size() < kMaxPythonStrings) facts_.distributions.push_back(std::move(*value));
  } else if (member && one_of(name, {"system", "popen", "getoutput", "getstatusoutput"})) {
    started(arguments, true);
  } else if (listed(name, kStarting)) {
    started(arguments, false);
  } else if (name == "exec" && !member && facts_.code.size() < kMaxPythonCode) {
    if (auto code = python_string(arguments.front())) facts_.code.emplace_back(tokens[place].line, std::move(*code));
  } else if (name == "addsitedir") {
    path_entries(arguments);
  }
}

// os.system("a | b"), subprocess.run("a | b", shell=True), subprocess.run(["a", x]), os.execvp("a", x).
void PythonCalls::started(PythonTokens arguments, bool line) {
  const bool list = arguments.front().is("[") || arguments.front().is("(");
  if (arguments.size() < (list ? 2 : 1) || facts_.started.size() >= kMaxPythonStrings) return;
  auto text = python_string(arguments[list ? 1 : 0]);
  if (!text || at(arguments, list ? 2 : 1, "+") || at(arguments, list ? 2 : 1, "%")) return;
  for (size_t i = 0; i + 2 < arguments.size() && !line; ++i) {
    line = arguments[i].is("shell") && arguments[i + 1].is("=") && arguments[i + 2].is("True");
  }
  facts_.started.push_back({std::move(*text), line});
}

void PythonCalls::dynamic_import(PythonTokens arguments, const PythonToken& place) {
  const PythonToken& first = arguments.front();
  if (first.is(")")) return;  // a definition or a call without arguments
  // __name__ + ".part" is relative to this package.
  const bool package = first.is("__package__") || (first.is("__name__") && base_name(reading_.path).starts_with("__init__."));
  const size_t text = package && at(arguments, 1, "+") ? 2 : 0;
  std::optional<std::string> name = text < arguments.size() ? python_string(arguments[text]) : std::nullopt;
  const bool whole = at(arguments, text + 1, ")") || at(arguments, text + 1, ",");
  if (name && at(arguments, text + 1, "+")) members(*name, place);
  if (!name || !whole || (text == 2 && !name->starts_with('.'))) {
    if (facts_.unknown.size() < kMaxPythonStrings) {
      facts_.unknown.push_back({place.line, std::string(place.text) + "() of a name that is built at run time"});
    }
    return;
  }
  unsigned level = 0;
  while (level < name->size() && (*name)[level] == '.') ++level;
  name->erase(0, level);
  if (!is_python_module_name(*name)) return;
  // import_module(".x", "package") names the package that the dots start from.
  if (level == 1 && text == 0 && at(arguments, 1, ",")) {
    const size_t from = at(arguments, 2, "package") && at(arguments, 3, "=") ? 4 : 2;
    const auto anchor = from < arguments.size() ? python_string(arguments[from]) : std::nullopt;
    if (anchor && is_python_module_name(*anchor)) {
      *name = *anchor + "." + *name;
      level = 0;
    }
  }
  PythonImport* added = add(place);
  if (added == nullptr) return;
  added->level = level;
  added->module = std::move(*name);
  if (place.text == "run_module") added->names.emplace_back("__main__");
}

// import_module("package." + name): any module of the package may be meant.
void PythonCalls::members(std::string_view prefix, const PythonToken& place) {
  if (!prefix.ends_with('.') || !is_python_module_name(prefix.substr(0, prefix.size() - 1))) return;
  PythonImport* added = add(place);
  if (added == nullptr) return;
  added->module = prefix.substr(0, prefix.size() - 1);
  added->names.emplace_back(kPythonAllMembers);
}

// sys.path.insert(0, x), .append(x), .extend([x]); sys.path = [x] + ..., += [x]; sys.path[0:0] = [x].
// tokens[place] is what follows `sys.path`.
void PythonCalls::search_path(PythonTokens tokens, size_t place) {
  if (at(tokens, place, ".") && at(tokens, place + 2, "(")) {
    size_t start = place + 3;
    if (at(tokens, place + 1, "insert")) {
      const size_t limit = std::min(tokens.size(), start + kMaxArguments);
      while (start < limit && !tokens[start].is(",")) ++start;
      ++start;
    } else if (!at(tokens, place + 1, "append") && !at(tokens, place + 1, "extend")) {
      return;
    }
    if (start < tokens.size()) path_entries(tokens.subspan(start));
    return;
  }
  if (at(tokens, place, "[")) place = python_closing(tokens, place) + 1;
  if (at(tokens, place, "+")) ++place;
  if (at(tokens, place, "=") && at(tokens, place + 1, "[")) path_entries(tokens.subspan(place + 1));
}

// The elements of a list, or of the arguments of a call up to its closing parenthesis.
void PythonCalls::path_entries(PythonTokens list) {
  if (at(list, 0, "[")) list = list.subspan(1);
  list = list.first(std::min(list.size(), kMaxArguments));
  size_t start = 0, depth = 0;
  for (size_t i = 0; i < list.size() && facts_.path_entries.size() < kMaxPythonStrings; ++i) {
    const bool closes = list[i].is(")") || list[i].is("]");
    if (list[i].is("(") || list[i].is("[")) ++depth;
    if (depth == 0 && (closes || list[i].is(","))) {
      const auto value = values_.evaluate(list.subspan(start, i - start));
      if (value && value->starts_with('/')) facts_.path_entries.push_back(normal(*value));
      start = i + 1;
      if (closes) return;
    }
    if (closes) --depth;
  }
}

}  // namespace rootlet::scripts
