#include "closure/script.hpp"

#include <algorithm>

namespace rootlet {
namespace {

constexpr std::string_view kBlank = " \t";

// One word of `env -S` in the making after the other.
class Words {
 public:
  void add(std::string_view text) {
    if (!in_word_) words_.emplace_back();
    in_word_ = true;
    words_.back() += text;
  }
  void separate() { in_word_ = false; }
  bool in_word() const { return in_word_; }
  std::vector<std::string> take() { return std::move(words_); }

 private:
  std::vector<std::string> words_;
  bool in_word_ = false;
};

// What a letter stands for behind a backslash outside of single quotes, or nothing if it may not stand there. `\c` and
// `\_` are left to the caller.
std::optional<char> escaped(char letter) {
  constexpr std::string_view kLetters = "fnrtv\"#$'\\", kMeant = "\f\n\r\t\v\"#$'\\";
  const size_t place = kLetters.find(letter);
  return place == std::string_view::npos ? std::nullopt : std::optional(kMeant[place]);
}

// The length of a variable "${NAME}" at the start of `text`, or 0.
size_t variable_length(std::string_view text) {
  if (!text.starts_with("${")) return 0;
  size_t end = 2;
  auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  while (end < text.size() && (is_letter(text[end]) || (end > 2 && text[end] >= '0' && text[end] <= '9'))) ++end;
  return end > 2 && end < text.size() && text[end] == '}' ? end + 1 : 0;
}

// The words of `env -S` (build_argv in coreutils' env.c), or nothing where env refuses them. Values of variables are not
// known here: ${NAME} stays as it is.
std::optional<std::vector<std::string>> split_string(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  Words words;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if ((c == '"' || c == '\'') && (quote == 0 || quote == c)) {
      quote = quote != 0 ? '\0' : c;
      words.add("");
    } else if (quote == 0 && kSpace.find(c) != std::string_view::npos) {
      words.separate();
    } else if (c == '#' && !words.in_word()) {
      return words.take();
    } else if (c == '\\' && (quote != '\'' || next == '\\' || next == '\'')) {
      ++i;
      if (next == 'c') return quote == '"' ? std::nullopt : std::optional(words.take());
      if (next == '_' && quote == 0) {
        words.separate();
      } else if (const auto meant = next == '_' ? std::optional(' ') : escaped(next)) {
        words.add({&*meant, 1});
      } else {
        return std::nullopt;
      }
    } else if (c == '$' && quote != '\'') {
      const size_t length = variable_length(text.substr(i));
      if (length == 0) return std::nullopt;
      words.add(text.substr(i, length));
      i += length - 1;
    } else {
      words.add({&c, 1});
    }
  }
  if (quote != 0) return std::nullopt;
  return words.take();
}

// The options of env, as getopt_long takes them, up to the first word that is none.
class EnvOptions {
 public:
  explicit EnvOptions(std::string_view argument) : words_{std::string(argument)} {}

  // The words behind the options, or nothing where env runs no command.
  std::optional<std::vector<std::string>> rest() {
    while (at_ < words_.size() && words_[at_].size() > 1 && words_[at_].front() == '-') {
      const std::string word = words_[at_++];
      if (word == "--") break;
      if (!(word[1] == '-' ? long_option(std::string_view(word).substr(2)) : short_options(word))) return std::nullopt;
    }
    if (lists_variables_) return std::nullopt;
    return std::vector<std::string>(words_.begin() + static_cast<ptrdiff_t>(at_), words_.end());
  }

 private:
  enum class Value { none, maybe, needed };
  struct Option {
    std::string_view name;
    Value value;
  };
  static constexpr Option kOptions[] = {{"ignore-environment", Value::none}, {"null", Value::none}, {"debug", Value::none},
                                        {"list-signal-handling", Value::none}, {"block-signal", Value::maybe},
                                        {"default-signal", Value::maybe}, {"ignore-signal", Value::maybe},
                                        {"unset", Value::needed}, {"chdir", Value::needed}, {"split-string", Value::needed},
                                        // These end it.
                                        {"help", Value::none}, {"version", Value::none}};

  bool long_option(std::string_view text) {
    const size_t equals = text.find('=');
    const std::string_view name = text.substr(0, equals);
    const Option* found = nullptr;
    for (const Option& option : kOptions) {
      if (!option.name.starts_with(name)) continue;
      if (found != nullptr) return false;  // which of the two?
      found = &option;
    }
    if (found == nullptr || found->name == "help" || found->name == "version") return false;
    if (found->name == "null") lists_variables_ = true;
    if (found->value == Value::none) return equals == std::string_view::npos;
    if (found->value == Value::maybe) return true;
    const auto value = equals == std::string_view::npos ? next_word() : std::optional(std::string(text.substr(equals + 1)));
    return value && take(found->name.front(), *value);
  }

  bool short_options(std::string_view word) {
    for (size_t i = 1; i < word.size(); ++i) {
      const char letter = word[i];
      if (letter == '0') lists_variables_ = true;
      if (letter == '0' || letter == 'i' || letter == 'v') continue;
      if (letter != 'u' && letter != 'C' && letter != 'S') return false;
      const auto value = i + 1 < word.size() ? std::optional(std::string(word.substr(i + 1))) : next_word();
      return value && take(letter, *value);
    }
    return true;
  }

  // Nothing where the script would be the value.
  std::optional<std::string> next_word() { return at_ < words_.size() ? std::optional(words_[at_++]) : std::nullopt; }

  // Of --split-string, puts its words in front of those that are left.
  bool take(char option, std::string_view value) {
    if (option == 'u') return !value.empty() && value.find('=') == std::string_view::npos;  // unsetenv(3)
    if (option != 'S' && option != 's') return true;
    const auto words = split_string(value);
    if (!words) return false;
    words_.insert(words_.begin() + static_cast<ptrdiff_t>(at_), words->begin(), words->end());
    return true;
  }

  std::vector<std::string> words_;
  size_t at_ = 0;
  bool lists_variables_ = false;
};

}  // namespace

Result<std::optional<Shebang>> parse_shebang(Bytes start) {
  if (!start.text().starts_with("#!")) return std::optional<Shebang>();
  // The kernel's buffer: what is behind the end of a shorter file are zeros, which end a word but not a line.
  std::string buffer(start.text().substr(0, kShebangBytes));
  buffer.resize(kShebangBytes, '\0');
  constexpr std::string_view kTerminators(" \t\0", 3);
  std::string_view line = std::string_view(buffer).substr(2);
  size_t end = line.find('\n');
  if (end == std::string_view::npos) {
    const size_t name = line.find_first_not_of(kBlank);
    if (name != std::string_view::npos && line.find_first_of(kTerminators, name) == std::string_view::npos) {
      return fail(ErrorCode::malformed, "the interpreter in the first line is longer than the " +
                                            std::to_string(kShebangBytes) + " bytes that the kernel reads");
    }
    end = line.size() - 1;  // its last byte makes room for a NUL
  }
  while (end > 0 && kBlank.find(line[end - 1]) != std::string_view::npos) --end;
  line = line.substr(0, end);
  const size_t name = std::min(line.find_first_not_of(kBlank), line.size());
  if (name == line.size() || line[name] == '\0') {
    return fail(ErrorCode::malformed, "the first line is \"#!\" without an interpreter");
  }
  const size_t name_end = std::min(line.find_first_of(kTerminators, name), line.size());
  Shebang shebang;
  shebang.interpreter = line.substr(name, name_end - name);
  if (name_end == line.size() || line[name_end] == '\0') return std::optional<Shebang>(std::move(shebang));
  // Blanks before a NUL are followed by an argument that is empty.
  const std::string_view rest = line.substr(line.find_first_not_of(kBlank, name_end));
  shebang.argument = std::string(rest.substr(0, rest.find('\0')));
  return std::optional<Shebang>(std::move(shebang));
}

std::optional<std::string> env_command(std::string_view argument) {
  const auto words = EnvOptions(argument).rest();
  if (!words) return std::nullopt;
  size_t at = !words->empty() && words->front() == "-" ? 1 : 0;
  while (at < words->size() && (*words)[at].find('=') != std::string::npos) ++at;
  if (at == words->size() || (*words)[at].empty()) return std::nullopt;
  return (*words)[at];
}

}  // namespace rootlet
