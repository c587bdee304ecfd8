// What every language reader uses: the list that it fills, paths, and files of the root.
#pragma once

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "data/scripts.hpp"

namespace rootlet::scripts {

// The needs of one script: sorted, each once, and bounded however long the script is.
class Needs {
 public:
  // `inside`: of a text in another language inside of a script, from which no further language is gone into.
  explicit Needs(Root& root, bool inside = false) : root_(root), inside_(inside) {}

  Root& root() { return root_; }
  bool inside() const { return inside_; }
  // Adds `path` if it is a file of the root, links followed; says whether it is.
  bool file(std::string_view path, std::string_view name);
  // The same for a directory that only has to exist.
  bool directory(std::string_view path, std::string_view name);
  void command(std::string_view name, bool perhaps = false);
  void unproved(unsigned line, std::string_view what);
  // No more fits: what follows would be dropped.
  bool full() const { return needs_.size() >= kMaxNeeds; }
  std::vector<ScriptNeed> take();

  static constexpr size_t kMaxNeeds = 20000;
  static constexpr size_t kMaxWhat = 200;  // characters of an explanation

 private:
  void add(ScriptNeed::Kind kind, std::string path, std::string name);

  Root& root_;
  bool inside_;
  std::set<std::tuple<uint8_t, std::string, std::string>> needs_;
  std::set<std::string, std::less<>> perhaps_;  // names of commands
};

// script_needs and startup_needs of any language, into a list that may hold more.
void script_needs_of(Needs& needs, ScriptLanguage language, const ModuleSearch& search, std::string_view path, std::string_view text);
void startup_needs_of(Needs& needs, ScriptLanguage language, const ModuleSearch& search);

bool is_file(Root& root, std::string_view path);
bool is_directory(Root& root, std::string_view path);
// The content of a small text file, or nothing.
std::optional<std::string> read_text(Root& root, std::string_view path);

// "/a/b" and "c" make "/a/b/c"; an absolute second part replaces the first.
std::string join(std::string_view directory, std::string_view name);
// "/a/b/c" is in "/a/b"; "/a" and "/" are in "/".
std::string_view parent_path(std::string_view path);
std::string_view base_name(std::string_view path);
// Without ".", "..", and doubled or trailing slashes, by the letters alone. Relative paths stay relative.
std::string normal(std::string_view path);
// What is left of `path` below `directory`, or nothing if it lies elsewhere.
std::optional<std::string_view> below(std::string_view path, std::string_view directory);

// Paths that match the patterns, pattern by pattern, that are directories.
std::vector<std::string> existing_directories(Root& root, const std::vector<std::string>& patterns);

// "a::b" with "::" and "/" becomes "a/b".
std::string replaced(std::string_view text, std::string_view from, std::string_view to);
// The first number or pair of numbers in a name: {3, 11} of "python3.11"; empty if it has none.
std::vector<int> version_in(std::string_view name);

// Calls each(part) for every part between separators that is not empty.
template <typename Each>
void each_part(std::string_view text, std::string_view separators, Each each) {
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of(separators), text.size());
    if (end > 0) each(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

// Whether `text` is one of `words`: those of a table, or those in braces.
template <size_t N>
constexpr bool listed(std::string_view text, const std::string_view (&words)[N]) {
  return std::find(std::begin(words), std::end(words), text) != std::end(words);
}
inline bool one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

// As in the "C" locale, for any char.
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
// Bytes above 127 count as letters: identifiers may be UTF-8.
constexpr bool is_word_start(char c) { return is_alpha(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80; }
constexpr bool is_word(char c) { return is_word_start(c) || is_digit(c); }
constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
constexpr bool is_space(char c) { return is_blank(c) || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }
std::string_view trimmed(std::string_view text);

}  // namespace rootlet::scripts
