#include "data/scripts/shell_values.hpp"

#include <algorithm>

#include "data/scripts/needs.hpp"

namespace rootlet::scripts {
namespace {

const std::string kUnknown(1, kShellUnknown);

void add(std::vector<std::string>& to, std::string text) {
  if (to.size() < ShellValues::kMaxTexts && std::find(to.begin(), to.end(), text) == to.end()) to.push_back(std::move(text));
}

bool has_pattern(std::string_view text) { return text.find_first_of("*?[\\$`'\"") != std::string_view::npos; }

// ${name%pattern}, ${name##pattern} for the patterns that take paths and endings apart.
std::string cut(std::string_view text, std::string_view operation) {
  const bool whole = operation.size() > 1 && operation[0] == operation[1];
  const std::string_view pattern = operation.substr(whole ? 2 : 1);
  if (operation.front() == '%') {
    if (!whole && pattern == "/*") return std::string(text.substr(0, text.rfind('/')));
    if (!whole && pattern == ".*") return std::string(text.substr(0, text.rfind('.')));
    if (has_pattern(pattern)) return kUnknown;
    return std::string(text.substr(0, text.size() - (text.ends_with(pattern) ? pattern.size() : 0)));
  }
  if (whole && pattern == "*/") return std::string(base_name(text));
  if (has_pattern(pattern)) return kUnknown;
  return std::string(text.substr(text.starts_with(pattern) ? pattern.size() : 0));
}

std::string directory_of(std::string_view text) {
  if (text.find('/') != std::string_view::npos) return std::string(parent_path(text));
  return text.find(kShellUnknown) == std::string_view::npos ? "." : kUnknown;
}

}  // namespace

ShellValues::Texts ShellValues::word_texts(const ShellWord& word, int depth) {
  Texts texts = {""};
  if (depth > kMaxDepth) return {kUnknown};
  for (const ShellPart& part : word.parts) {
    if (++steps_ > kMaxSteps) return {kUnknown};
    const Texts ends = part_texts(part, depth);
    Texts joined;
    for (const std::string& start : texts) {
      for (const std::string& end : ends) {
        if (start.size() + end.size() <= kMaxLength) add(joined, start + end);
      }
    }
    if (joined.empty()) return {kUnknown};
    texts = std::move(joined);
  }
  return texts;
}

ShellValues::Texts ShellValues::part_texts(const ShellPart& part, int depth) {
  switch (part.kind) {
    case ShellPart::literal: return {part.text};
    case ShellPart::variable: return variable(part, depth);
    case ShellPart::substitution: return substitution(part.text, depth);
    case ShellPart::unknown: break;
  }
  return {kUnknown};
}

// A value that is made of what is being looked at leads nowhere: x="$x more".
bool ShellValues::circular(const ShellWord& word) const {
  return std::any_of(word.parts.begin(), word.parts.end(), [&](const ShellPart& part) {
    return part.kind == ShellPart::variable && std::find(active_.begin(), active_.end(), part.text) != active_.end();
  });
}

ShellValues::Texts ShellValues::named(std::string_view name, int depth) {
  if (name == "0" || name == "BASH_SOURCE") return {path_};
  Texts texts;
  const auto values = script_.assigned.find(name);
  if (values == script_.assigned.end()) return texts;
  const bool again = std::find(active_.begin(), active_.end(), name) != active_.end();
  if (!again) active_.push_back(values->first);
  for (const ShellWord& value : values->second) {
    if (again && circular(value)) continue;
    for (std::string& text : word_texts(value, depth + 1)) {
      if (value.fields) each_part(text, " \t\n", [&](std::string_view field) { add(texts, std::string(field)); });
      else add(texts, std::move(text));
    }
  }
  if (!again) active_.pop_back();
  return texts;
}

ShellValues::Texts ShellValues::variable(const ShellPart& part, int depth) {
  Texts texts = named(part.text, depth);
  std::string_view operation = part.operation;
  if (operation.starts_with('[')) operation.remove_prefix(std::min(operation.find(']'), operation.size() - 1) + 1);
  const bool colon = operation.size() > 1 && operation[0] == ':' && std::string_view("-=+?").find(operation[1]) != std::string_view::npos;
  if (colon) operation.remove_prefix(1);
  const char kind = operation.empty() ? '\0' : operation.front();
  if (kind == '-' || kind == '=' || kind == '+') {
    if (kind == '+') texts = {""};
    for (std::string& text : word_texts(parse_shell_word(operation.substr(1), shell_), depth + 1)) add(texts, std::move(text));
  } else if (kind == '%' || kind == '#') {
    Texts shorter;
    for (const std::string& text : texts) add(shorter, cut(text, operation));
    texts = std::move(shorter);
  } else if (kind != '\0' && kind != '?') {
    return {kUnknown};
  }
  return texts.empty() ? Texts{kUnknown} : texts;
}

ShellValues::Texts ShellValues::first_argument(const ShellCommand& command, int depth) {
  for (size_t i = 1; i < command.words.size(); ++i) {
    Texts texts = word_texts(command.words[i], depth + 1);
    const bool option = texts.size() == 1 && texts.front().size() > 1 && texts.front().starts_with('-');
    if (!option) return texts;
  }
  return {kUnknown};
}

// Commands whose output can be told: dirname, basename, readlink -f, realpath, command -v, which, echo, and
// `cd X && pwd`.
ShellValues::Texts ShellValues::substitution(const std::string& text, int depth) {
  if (depth >= kMaxDepth || (steps_ += 10) > kMaxSteps) return {kUnknown};
  ShellScript inner;
  parse_shell(text, shell_, 1, inner);
  if (inner.commands.empty()) return {kUnknown};
  const ShellCommand& last = inner.commands.back();
  const std::string name = last.words.front().literal().value_or("");
  Texts texts;
  if (name == "pwd") {
    for (auto command = inner.commands.rbegin(); command != inner.commands.rend(); ++command) {
      if (command->words.front().literal() != "cd") continue;
      for (const std::string& each : first_argument(*command, depth)) add(texts, normal(each));
      return texts;
    }
    return {kUnknown};
  }
  if (last.words.size() < 2) return {kUnknown};
  const bool same = one_of(name, {"echo", "which", "type", "readlink", "realpath"});
  if (same || (name == "command" && last.words.size() == 3)) {
    texts = first_argument(last, depth);
    // command -v a || command -v b
    for (const ShellCommand& command : inner.commands) {
      const auto asks = command.words.front().literal();
      if (&command == &last || (asks != "command" && asks != "which" && asks != "type")) continue;
      for (std::string& each : first_argument(command, depth)) add(texts, std::move(each));
    }
    return texts;
  }
  if (name != "dirname" && name != "basename") return {kUnknown};
  for (const std::string& each : first_argument(last, depth)) {
    add(texts, name == "dirname" ? directory_of(each) : std::string(base_name(each)));
  }
  return texts;
}

}  // namespace rootlet::scripts
