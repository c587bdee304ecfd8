#include "closure/script.hpp"

#include <algorithm>

namespace rootlet {
namespace {

constexpr std::string_view kBlank = " \t";

// The words of `env -S`: blanks separate, quotes hold together, a backslash takes the next character.
// Variables (${NAME}) are not known here and stay as they are.
std::vector<std::string> split_string(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size() && quote != '\'') {
      const char next = text[++i];
      if (next == 'c' && quote == 0) break;
      if (next == '_' && quote == 0) {
        if (in_word) words.push_back(std::exchange(word, {}));
        in_word = false;
        continue;
      }
      in_word = true;
      word += next == 't' ? '\t' : next == 'n' ? '\n' : next == '_' ? ' ' : next;
    } else if (quote != 0 ? c == quote : c == '"' || c == '\'') {
      quote = quote != 0 ? '\0' : c;
      in_word = true;
    } else if (quote == 0 && (kBlank.find(c) != std::string_view::npos || c == '\n' || c == '\v' || c == '\f' || c == '\r')) {
      if (in_word) words.push_back(std::exchange(word, {}));
      in_word = false;
    } else if (quote == 0 && c == '#' && !in_word) {
      break;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (in_word) words.push_back(std::move(word));
  return words;
}

}  // namespace

Result<std::optional<Shebang>> parse_shebang(Bytes start) {
  std::string_view text = start.text().substr(0, kShebangBytes);
  if (!text.starts_with("#!")) return std::optional<Shebang>();
  const bool whole_buffer = text.size() == kShebangBytes;
  text.remove_prefix(2);
  const size_t end = text.find('\n');
  const bool cut = end == std::string_view::npos && whole_buffer;
  std::string_view line = text.substr(0, end);
  const size_t name = line.find_first_not_of(kBlank);
  if (name == std::string_view::npos || line[name] == '\0') {
    return fail(ErrorCode::malformed, "the first line is \"#!\" without an interpreter");
  }
  size_t name_end = std::min(line.find_first_of(std::string_view(" \t\0", 3), name), line.size());
  if (cut && name_end == line.size()) {
    return fail(ErrorCode::malformed, "the interpreter in the first line is longer than the " +
                                          std::to_string(kShebangBytes) + " bytes that the kernel reads");
  }
  Shebang shebang;
  shebang.interpreter = line.substr(name, name_end - name);
  if (name_end < line.size() && line[name_end] == '\0') return std::optional<Shebang>(std::move(shebang));
  std::string_view rest = line.substr(name_end);
  rest = rest.substr(0, rest.find('\0'));
  const size_t first = rest.find_first_not_of(kBlank);
  if (first != std::string_view::npos) {
    shebang.argument = std::string(rest.substr(first, rest.find_last_not_of(kBlank) - first + 1));
  }
  return std::optional<Shebang>(std::move(shebang));
}

std::optional<std::string> env_command(std::string_view argument) {
  // The kernel passes the rest of the line as one word; only -S takes it apart.
  std::vector<std::string> words;
  const size_t option = argument.starts_with("-S")               ? 2
                        : argument.starts_with("-vS")            ? 3
                        : argument.starts_with("--split-string=") ? 15
                        : argument.starts_with("--split-string ") ? 15
                                                                  : 0;
  if (option != 0) {
    words = split_string(argument.substr(option));
  } else {
    words = {std::string(argument)};
  }
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "-u" || word == "--unset" || word == "-C" || word == "--chdir") {
      ++i;
    } else if (word == "--") {
      return i + 1 < words.size() ? std::optional(words[i + 1]) : std::nullopt;
    } else if (!word.starts_with("-") && word.find('=') == std::string::npos && !word.empty()) {
      return word;
    }
  }
  return std::nullopt;
}

}  // namespace rootlet
