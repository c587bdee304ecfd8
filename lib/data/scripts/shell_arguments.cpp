#include <algorithm>

#include "data/scripts/interpreter_call.hpp"
#include "data/scripts/shell_reader.hpp"

namespace rootlet::scripts {
namespace {

// Whether an option's value is the next argument: of a group of letters, the first that has a value takes what
// stands behind it.
bool takes_next(const ShellPrefix& prefix, const std::string& option) {
  if (option.starts_with("--")) return prefix.long_valued.find(" " + option + " ") != std::string_view::npos;
  const size_t letter = option.find_first_of(prefix.valued, 1);
  return letter != std::string::npos && letter + 1 == option.size();
}

// Where a program is that is looked for in PATH; its path is canonical.
std::string program_path(Root& root, const std::string& name) {
  for (const char* directory : {"/usr/local/sbin/", "/usr/local/bin/", "/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"}) {
    const std::string path = name.starts_with('/') ? name : directory + name;
    if (path.size() >= kMaxPath || path.find('\0') != std::string::npos) return {};
    if (const Walk walk = root.walk(path); walk.node != nullptr && walk.node->is_file()) return walk.node->path();
  }
  return {};
}

}  // namespace

// The arguments of a program, `full` as the script spells it.
void ShellReader::external(const std::string& full, Words words, int depth) {
  const std::string_view name = base_name(full);
  if (takes_script(name)) {
    script_argument(words);
  } else if (const auto language = script_language(name, ""); language && *language != ScriptLanguage::shell) {
    interpreted(full, *language, words);
  }
  if (name == "find") return after_option(words, {"-exec", "-execdir", "-ok", "-okdir"}, depth);
  if (name == "start-stop-daemon") return after_option(words, {"-x", "--exec", "-a", "--startas"}, depth);
  if (name == "flock") script_argument(words);
  if (name == "run-parts") run_parts(words);
  if (const ShellPrefix* prefix = shell_prefix(name)) prefixed(*prefix, words, depth);
}

// The command after a prefix's options.
void ShellReader::prefixed(const ShellPrefix& prefix, Words words, int depth) {
  unsigned skipped = 0;
  bool options = true;
  for (size_t i = 1; i < words.size(); ++i) {
    // What an option begins with is enough to know it: --max-chars=$max.
    const bool literal = !words[i].parts.empty() && words[i].parts.front().kind == ShellPart::literal;
    const std::string text = literal ? words[i].parts.front().text : std::string();
    if (options && text.starts_with('-') && (text.size() > 1 || words[i].parts.size() > 1)) {
      options = text != "--";
      if (words[i].parts.size() == 1 && takes_next(prefix, text)) ++i;
    } else if (prefix.assignments && text.find('=') != std::string::npos) {
      continue;
    } else if (skipped++ >= prefix.skipped) {
      return run(words.subspan(i), depth + 1, true);
    }
  }
}

// sh -c 'script', su user -c 'script', also as part of a group of letters: -ec.
void ShellReader::script_argument(Words words) {
  for (size_t i = 1; i + 1 < words.size(); ++i) {
    const std::string text = words[i].literal().value_or("");
    const bool letters = text.size() > 1 && text[0] == '-' && text[1] != '-' && text.find('c') != std::string::npos;
    if (letters || text == "--command") return scripts(words[i + 1]);
  }
  // sh <<E, sh -s arguments <<E
  const std::string first = words.size() > 1 ? words[1].literal().value_or("x") : "-";
  if (!input_.empty() && first.starts_with('-') && seen_.size() < kMaxTexts && seen_.insert(input_).second) {
    texts_.emplace_back(words.front().line, input_);
  }
}

void ShellReader::after_option(Words words, std::initializer_list<std::string_view> options, int depth) {
  for (size_t i = 1; i + 1 < words.size(); ++i) {
    if (one_of(words[i].literal().value_or(""), options)) run(words.subspan(i + 1), depth + 1, true);
  }
}

// A word whose text is a script.
void ShellReader::scripts(const ShellWord& word) {
  for (const std::string& text : values_.texts(word)) {
    if (text == "-" || text.empty() || seen_.size() >= kMaxTexts) continue;
    // What is not known may be an argument inside of it: an unknown variable in its place.
    std::string readable = replaced(text, std::string(1, kShellUnknown), "${_}");
    if (seen_.insert(readable).second) texts_.emplace_back(word.line, std::move(readable));
  }
}

void ShellReader::evaluate(Words words) {
  ShellWord joined;
  joined.line = words.front().line;
  for (const ShellWord& word : words.subspan(1)) {
    if (joined.parts.size() > ShellScript::kMaxPartsOfWord) break;
    joined.parts.insert(joined.parts.end(), word.parts.begin(), word.parts.end());
    joined.parts.push_back({ShellPart::literal, true, " ", {}});
  }
  for (const std::string& text : values_.texts(joined)) {
    if (!known(text.substr(0, text.find_first_of(" \t\n;=")))) needs_.unproved(joined.line, "runs what eval " + spelled(joined) + "comes to");
  }
  scripts(joined);
}

// run-parts DIRECTORY: every program in it.
void ShellReader::run_parts(Words words) {
  for (const ShellWord& word : words.subspan(1)) {
    for (const std::string& text : values_.texts(word)) {
      if (known(text) && text.starts_with('/')) programs_of(normal(text) + "/*");
    }
  }
}

// The one text of a word, as far as it is known.
std::optional<std::string> ShellReader::value(const ShellWord& word) {
  const std::vector<std::string> texts = values_.texts(word);
  if (texts.empty()) return std::nullopt;
  return texts.front();
}

// python3 -m module, perl -e 'code', node /srv/x.js: read as what it is.
void ShellReader::interpreted(const std::string& name, ScriptLanguage language, Words words) {
  if (needs_.inside() || ++interpreters_ > kMaxInterpreters) return;
  const std::string interpreter = program_path(needs_.root(), name);
  if (interpreter.empty()) return;
  std::vector<std::optional<std::string>> arguments;
  for (const ShellWord& word : words.subspan(1)) arguments.push_back(value(word));
  InterpreterCall call = interpreter_call(language, arguments);
  if (call.file.empty() && call.code.empty()) call.code = input_;  // python3 - <<E
  startup_needs_of(needs_, language, module_search(needs_.root(), language, interpreter, path_));
  if (!call.code.empty()) {
    const std::string code = replaced(call.code, std::string(1, kShellUnknown), "_");
    script_needs_of(needs_, language, module_search(needs_.root(), language, interpreter, {}), {}, code);
  }
  if (call.file.empty() || !known(call.file)) return;
  for (const std::string& file : call.file.starts_with('/') ? std::vector<std::string>{normal(call.file)} : places(call.file)) {
    const bool own = file == path_;  // exec python3 "$0"
    if (!seen_.insert(file).second) continue;
    const auto text = own ? std::optional(std::string(text_)) : read_text(needs_.root(), file);
    if (!text || (!own && !needs_.file(file, call.file))) continue;
    script_needs_of(needs_, language, module_search(needs_.root(), language, name.starts_with('/') ? name : interpreter, file), file, *text);
  }
}

}  // namespace rootlet::scripts
