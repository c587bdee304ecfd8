// Paths that a Python file builds from literals and __file__.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "data/scripts/python_lines.hpp"

namespace rootlet::scripts {

class PythonValues {
 public:
  // `path` is the file itself: the value of __file__.
  explicit PythonValues(std::string path) : path_(std::move(path)) {}

  // Takes note of `name = expression`; an expression that cannot be told makes the name unknown.
  void assign(std::string_view name, PythonTokens expression);

  // The text that an expression comes to: strings, names assigned before, `+`, os.path.join, dirname,
  // abspath, realpath, normpath, pathlib's Path, `/`, .parent, .resolve() and the like.
  std::optional<std::string> evaluate(PythonTokens expression) const;

 private:
  struct Cursor {
    PythonTokens tokens;
    size_t place = 0;
    int depth = 0;
    bool at(std::string_view word) const { return place < tokens.size() && tokens[place].is(word); }
    bool take(std::string_view word) { return at(word) && ++place; }
  };
  std::optional<std::string> expression(Cursor& cursor) const;
  std::optional<std::string> term(Cursor& cursor) const;
  std::optional<std::string> primary(Cursor& cursor) const;
  std::optional<std::string> name(Cursor& cursor) const;
  std::optional<std::string> call(std::string_view function, Cursor& cursor) const;
  bool trailers(std::string& value, Cursor& cursor) const;

  std::string path_;
  std::map<std::string, std::string, std::less<>> names_;

  static constexpr size_t kMaxNames = 4096;
  static constexpr size_t kMaxTokens = 256;
  static constexpr int kMaxDepth = 24;
};

}  // namespace rootlet::scripts
