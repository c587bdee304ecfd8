#include "data/scripts/shell.hpp"

#include <algorithm>

#include "data/scripts/shell_reader.hpp"

namespace rootlet::scripts {
namespace {

Shell shell_of(std::string_view name) {
  if (name == "bash" || name == "rbash") return Shell::bash;
  if (name == "ash" || name == "busybox") return Shell::ash;
  if (name == "zsh") return Shell::zsh;
  return name.ends_with("ksh") || name.starts_with("ksh") ? Shell::ksh : Shell::dash;
}

// The interpreter's name in a first line, for a script that nobody knows the interpreter of.
std::string_view shebang_name(std::string_view text) {
  if (!text.starts_with("#!")) return {};
  std::string_view name;
  each_part(text.substr(2, std::min(text.find('\n'), size_t{256}) - 2), " \t\r", [&](std::string_view word) {
    if (name.empty() && base_name(word) != "env" && !word.starts_with('-')) name = base_name(word);
  });
  return name;
}

bool is_argument(const ShellPart& part) {
  return part.kind == ShellPart::variable && (part.text == "@" || part.text == "*" || (part.text.size() == 1 && is_digit(part.text[0]) && part.text != "0"));
}

// A value that is taken apart at its blanks.
std::vector<ShellWord> fields(std::string_view text, uint32_t line) {
  std::vector<ShellWord> words;
  each_part(text, " \t\n", [&](std::string_view word) {
    if (words.size() >= 64) return;
    words.push_back({{{known(word) ? ShellPart::literal : ShellPart::unknown, true, std::string(word), {}}}, line, false});
  });
  return words;
}

}  // namespace

std::string spelled(const ShellWord& word) {
  std::string text;
  for (const ShellPart& part : word.parts) {
    if (part.kind == ShellPart::variable) text += "${" + part.text + part.operation + "}";
    else if (part.kind == ShellPart::substitution) text += "$(" + part.text + ")";
    else text += part.kind == ShellPart::unknown ? std::string("...") : part.text;
  }
  return text;
}

void ShellReader::read(std::string_view text) {
  text_ = text;
  parse_shell(text, shell_, 1, script_);
  prepare();
  // Commands may add scripts of their own, whose commands then follow.
  for (size_t i = 0; i < script_.commands.size() && !needs_.full(); ++i) {
    const ShellCommand command = script_.commands[i];
    input_ = command.input;
    run(command.words, 0, false);
    if (i + 1 == script_.commands.size()) pending();
  }
  for (const std::string& name : commands_) {
    if (!script_.functions.contains(name)) needs_.command(name, reads_unknown_);
  }
  if (script_.cut) needs_.unproved(1, "the script is too long: not all of its commands were looked at");
}

void ShellReader::pending() {
  for (const auto& [line, text] : std::exchange(texts_, {})) parse_shell(text, shell_, line, script_);
}

// What counts for all of the script, wherever it stands: files that are read in, functions that run their
// arguments (`run() { "$@"; }`, and the place of the command among them), `set -- program`, `cd`.
void ShellReader::prepare() {
  for (size_t i = 0; i < script_.commands.size(); ++i) {
    const Words words = script_.commands[i].words;
    const auto name = words.front().literal();
    if (name == "." || name == "source") source(words, false);
    if (name == "set") set_arguments(words);
  }
  std::map<std::string, unsigned> shifts;
  for (const ShellCommand& command : script_.commands) {
    const auto name = command.words.front().literal();
    if (name == "cd" || name == "pushd" || name == "chdir") directory(command.words);
    if (command.function.empty()) continue;
    if (name == "shift") ++shifts[command.function];
    for (size_t i = 0; i < std::min<size_t>(command.words.size(), 8); ++i) {
      const ShellWord& word = command.words[i];
      if (word.parts.empty() || !is_argument(word.parts.back())) continue;
      if (i > 0 && shell_prefix(command.words[i - 1].literal().value_or("")) == nullptr) continue;
      const std::string& argument = word.parts.back().text;
      const unsigned place = is_digit(argument[0]) ? static_cast<unsigned>(argument[0] - '0') : 1;
      wrappers_[command.function].insert(place + std::min(shifts[command.function], 64U));
    }
  }
}

// set -- program "$@": the first argument is what "$@" may run.
void ShellReader::set_arguments(Words words) {
  for (size_t i = 1; i + 1 < words.size(); ++i) {
    if (words[i].literal() != "--") continue;
    const ShellWord& first = words[i + 1];
    if (first.parts.empty() || is_argument(first.parts.front())) return;
    for (const char* name : {"@", "*", "1"}) {
      auto& values = script_.assigned[name];
      if (values.size() < ShellScript::kMaxValues) values.push_back(first);
    }
    return;
  }
}

void ShellReader::directory(Words words) {
  if (words.size() < 2) return;
  for (const std::string& text : values_.texts(words.back())) {
    if (!known(text) || text.empty() || directories_.size() >= kMaxDirectories) continue;
    directories_.push_back(normal(join(parent_path(path_), text)));
  }
}

// One command. `started`: by another program, for which builtins and functions do not exist.
void ShellReader::run(Words words, int depth, bool started) {
  if (words.empty() || depth > kMaxDepth) return;
  const ShellWord& first = words.front();
  const bool quoted = first.quoted() && !(first.parts.size() == 1 && is_argument(first.parts.front()));
  for (const std::string& text : values_.texts(first)) {
    // Unquoted, blanks in a value separate words.
    const size_t start = quoted ? 0 : std::min(text.find_first_not_of(" \t\n"), text.size());
    const size_t end = quoted ? text.size() : std::min(text.find_first_of(" \t\n", start), text.size());
    const std::string name = text.substr(start, end - start);
    if (!known(name)) {
      unknown(first);
    } else if (name.empty()) {
      // An empty value in front: the next word is the command, unless it may be an option of what could
      // stand here.
      const bool variable = words.size() > 1 && !words[1].parts.empty() && words[1].parts.front().kind != ShellPart::literal;
      if (!quoted && !variable) run(words.subspan(1), depth + 1, started);
    } else if (end != text.size()) {
      std::vector<ShellWord> split = fields(text.substr(start), first.line);
      split.insert(split.end(), words.begin() + 1, words.end());
      named(name, split, depth, started);
    } else {
      named(name, words, depth, started);
    }
  }
}

void ShellReader::unknown(const ShellWord& word) {
  // The arguments of a wrapper are looked at where it is called.
  const ShellPart& last = word.parts.back();
  if (last.text == "_" || (is_argument(last) && !wrappers_.empty())) return;
  needs_.unproved(word.line, "runs " + spelled(word));
}

// words[0] is called `name`.
void ShellReader::named(const std::string& name, Words words, int depth, bool started) {
  if (depth > kMaxDepth || name.starts_with('-')) return;
  if (!started && script_.functions.contains(name)) return wrapped(name, words, depth);
  // There is no such program: a script for any shell calls this where it knows that it runs in one that has it.
  const bool builtin_name = name == "builtin" || is_shell_builtin(shell_, name);
  if (name.find('/') != std::string::npos) {
    program(name, words.front().line);
  } else if (builtin_name && !started) {
    return builtin(name, words, depth);
  } else if (builtin_name) {
    needs_.command(name);
  } else if (name.find_first_of(" \t\n*?[]{}()<>|;&\"'`=$\\~") == std::string::npos) {
    commands_.insert(name);
  }
  external(name, words, depth);
}

void ShellReader::program(const std::string& name, uint32_t line) {
  if (name.find('\n') != std::string::npos) return;
  if (name.find_first_of("*?[") != std::string::npos) {
    return programs_of(name);
  }
  if (name.starts_with('/')) return needs_.command(normal(name));
  const std::vector<std::string> found = places(name);
  for (const std::string& path : found) needs_.command(path);
  if (found.empty()) needs_.unproved(line, "runs " + name + ", which depends on the working directory");
}

// Every file that a pattern matches.
void ShellReader::programs_of(const std::string& pattern) {
  if (!pattern.starts_with('/') || patterns_.size() >= kMaxPatterns || !patterns_.insert(pattern).second) return;
  for (const std::string& path : needs_.root().glob(pattern, kMaxMatches)) {
    if (is_file(needs_.root(), path)) needs_.command(normal(path));
  }
}

// Files that a relative path may mean: it starts from the working directory, which is often the script's own
// or one that it goes to.
std::vector<std::string> ShellReader::places(const std::string& name) const {
  std::vector<std::string> found;
  const auto add = [&](std::string_view directory) {
    std::string path = normal(join(directory, name));
    if (is_file(needs_.root(), path) && std::find(found.begin(), found.end(), path) == found.end()) found.push_back(std::move(path));
  };
  add(parent_path(path_));
  for (const std::string& directory : directories_) add(directory);
  return found;
}

void ShellReader::wrapped(const std::string& name, Words words, int depth) {
  const auto wrapper = wrappers_.find(name);
  if (wrapper == wrappers_.end()) return;
  size_t count = 0;
  for (unsigned place : wrapper->second) {
    if (place < words.size() && ++count <= kMaxWrappers) run(words.subspan(place), depth + 1, false);
  }
}

void ShellReader::builtin(const std::string& name, Words words, int depth) {
  if (name == "." || name == "source") return source(words, true);
  if (name == "eval") return evaluate(words);
  if (name == "exec") return prefixed(*shell_prefix(name), words, depth);
  if (name == "trap" && words.size() > 2) return scripts(words[1]);
  if (name == "command" || name == "builtin" || name == "noglob") command(words, depth);
}

// command NAME: functions are passed over; command -v NAME only asks.
void ShellReader::command(Words words, int depth) {
  const std::string option = words.size() > 1 ? words[1].literal().value_or("") : "";
  if (option.starts_with('-') && option.find_first_of("vV") != std::string::npos) return;
  const size_t next = option.starts_with('-') ? 2 : 1;
  if (words.size() <= next || depth > kMaxDepth) return;
  const Words rest = words.subspan(next);
  for (const std::string& text : values_.texts(rest.front())) {
    if (!known(text)) {
      unknown(rest.front());
    } else if (is_shell_builtin(shell_, text)) {
      builtin(text, rest, depth + 1);
    } else if (text.find('/') != std::string::npos) {
      program(text, rest.front().line);
      external(text, rest, depth);
    } else {
      needs_.command(text);
      external(text, rest, depth);
    }
  }
}

// `own`: a command of this script itself, about which is said what is not known.
void ShellReader::source(Words words, bool own) {
  if (words.size() < 2) return;
  for (const std::string& text : values_.texts(words[1])) {
    if (known(text)) {
      source(text, words[1].line, own);
      continue;
    }
    reads_unknown_ = true;
    if (own) needs_.unproved(words[1].line, "reads in " + spelled(words[1]));
  }
}

void ShellReader::source(const std::string& text, uint32_t line, bool own) {
  std::vector<std::string> files;
  if (text.find('/') == std::string::npos) {
    // Looked up in PATH, and by bash in the working directory.
    for (const char* directory : {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"}) {
      if (files.empty() && is_file(needs_.root(), join(directory, text))) files.push_back(join(directory, text));
    }
  }
  if (files.empty()) files = places(text);
  reads_unknown_ = reads_unknown_ || files.empty();
  if (files.empty() && own) needs_.unproved(line, "reads in " + text + ", which is not there");
  for (const std::string& file : files) {
    needs_.file(file, text);
    if (sourced_.size() >= kMaxSourced || !sourced_.insert(file).second) continue;
    // Its functions are no commands here, and its variables are known.
    const auto content = read_text(needs_.root(), file);
    if (!content) continue;
    ShellScript other;
    parse_shell(*content, shell_, 1, other);
    script_.functions.insert(other.functions.begin(), other.functions.end());
    for (auto& [name, added] : other.assigned) {
      auto& values = script_.assigned[name];
      for (size_t i = 0; i < added.size() && values.size() < ShellScript::kMaxValues; ++i) values.push_back(std::move(added[i]));
    }
    for (const ShellCommand& command : other.commands) {
      const auto name = command.words.front().literal();
      if (name == "." || name == "source") source(command.words, false);
    }
  }
}

ModuleSearch shell_search(std::string_view interpreter, std::string_view script) {
  ModuleSearch search;
  search.interpreter = base_name(interpreter);
  search.script = script;
  return search;
}

void shell_needs(Needs& needs, const ModuleSearch& search, std::string_view path, std::string_view text) {
  const std::string_view name = search.interpreter.empty() ? shebang_name(text) : std::string_view(search.interpreter);
  ShellReader(needs, shell_of(name), path).read(text);
}

}  // namespace rootlet::scripts
