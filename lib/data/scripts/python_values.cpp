#include "data/scripts/python_values.hpp"

#include <vector>

#include "data/scripts/needs.hpp"

namespace rootlet::scripts {
namespace {

std::string directory_of(std::string_view path) { return std::string(parent_path(path)); }

}  // namespace

void PythonValues::assign(std::string_view name, PythonTokens expression) {
  auto value = evaluate(expression);
  const auto known = names_.find(name);
  if (known != names_.end()) {
    if (value) known->second = std::move(*value);
    else names_.erase(known);
  } else if (value && names_.size() < kMaxNames) {
    names_.emplace(name, std::move(*value));
  }
}

std::optional<std::string> PythonValues::evaluate(PythonTokens tokens) const {
  if (tokens.empty() || tokens.size() > kMaxTokens) return std::nullopt;
  Cursor cursor{tokens};
  auto value = expression(cursor);
  if (!value || cursor.place != tokens.size() || value->size() >= kMaxPath) return std::nullopt;
  return value;
}

std::optional<std::string> PythonValues::expression(Cursor& cursor) const {
  if (++cursor.depth > kMaxDepth) return std::nullopt;
  auto value = term(cursor);
  while (value && (cursor.at("+") || cursor.at("/"))) {
    const bool path = cursor.at("/");
    ++cursor.place;
    const auto right = term(cursor);
    if (!right || right->size() + value->size() > 2 * kMaxPath) return std::nullopt;
    *value = path ? join(*value, *right) : *value + *right;
  }
  --cursor.depth;
  return value;
}

std::optional<std::string> PythonValues::term(Cursor& cursor) const {
  auto value = primary(cursor);
  if (!value || !trailers(*value, cursor)) return std::nullopt;
  return value;
}

std::optional<std::string> PythonValues::primary(Cursor& cursor) const {
  if (cursor.place >= cursor.tokens.size()) return std::nullopt;
  if (cursor.tokens[cursor.place].kind == PythonToken::string) {
    std::string text;
    while (cursor.place < cursor.tokens.size() && cursor.tokens[cursor.place].kind == PythonToken::string) {
      const auto part = python_string(cursor.tokens[cursor.place++]);
      if (!part) return std::nullopt;
      text += *part;
    }
    return text;
  }
  if (cursor.take("(")) {
    auto value = expression(cursor);
    if (!value || !cursor.take(")")) return std::nullopt;
    return value;
  }
  return cursor.tokens[cursor.place].kind == PythonToken::name ? name(cursor) : std::nullopt;
}

// A dotted name; what it is called by is its last part.
std::optional<std::string> PythonValues::name(Cursor& cursor) const {
  std::string_view last = cursor.tokens[cursor.place].text;
  std::string dotted(last);
  ++cursor.place;
  if (const auto known = names_.find(dotted); known != names_.end() && !cursor.at("(")) return known->second;
  if (dotted == "__file__") return path_;
  while (cursor.at(".") && cursor.place + 1 < cursor.tokens.size() && cursor.tokens[cursor.place + 1].kind == PythonToken::name) {
    last = cursor.tokens[cursor.place + 1].text;
    dotted.append(".").append(last);
    cursor.place += 2;
  }
  if (one_of(dotted, {"os.pardir", "os.path.pardir"})) return "..";
  if (one_of(dotted, {"os.curdir", "os.path.curdir"})) return ".";
  if (one_of(dotted, {"os.sep", "os.path.sep"})) return "/";
  if (one_of(dotted, {"sys.argv", "sys.path", "__path__"}) && cursor.take("[") && cursor.take("0") && cursor.take("]")) {
    return dotted == "sys.argv" ? path_ : directory_of(path_);
  }
  return cursor.take("(") ? call(last, cursor) : std::nullopt;
}

// The cursor is after the opening parenthesis; goes past the closing one.
std::optional<std::string> PythonValues::call(std::string_view function, Cursor& cursor) const {
  std::vector<std::string> arguments;
  while (!cursor.take(")")) {
    auto argument = expression(cursor);
    if (!argument) return std::nullopt;
    arguments.push_back(std::move(*argument));
    if (!cursor.at(")") && !cursor.take(",")) return std::nullopt;
  }
  if (arguments.empty()) return std::nullopt;
  if (one_of(function, {"join", "Path", "PurePath", "PosixPath"})) {
    std::string path = arguments.front();
    for (size_t i = 1; i < arguments.size(); ++i) path = join(path, arguments[i]);
    return path;
  }
  if (arguments.size() != 1) return std::nullopt;
  if (function == "dirname") return directory_of(arguments.front());
  if (function == "basename") return std::string(base_name(arguments.front()));
  if (one_of(function, {"abspath", "realpath", "normpath"})) return normal(arguments.front());
  if (one_of(function, {"str", "fspath", "expanduser"})) return arguments.front();
  return std::nullopt;
}

// .parent, .parents[1], .resolve(), … of a path.
bool PythonValues::trailers(std::string& value, Cursor& cursor) const {
  while (cursor.take(".")) {
    if (cursor.place >= cursor.tokens.size()) return false;
    const std::string_view name = cursor.tokens[cursor.place++].text;
    if (name == "parent") {
      value = directory_of(value);
    } else if (name == "parents" && cursor.take("[") && cursor.place < cursor.tokens.size()) {
      const std::string_view count = cursor.tokens[cursor.place++].text;
      if (count.size() != 1 || !is_digit(count[0]) || !cursor.take("]")) return false;
      for (char i = '0'; i <= count[0]; ++i) value = directory_of(value);
    } else if (one_of(name, {"resolve", "absolute", "as_posix", "expanduser"}) && cursor.take("(") && cursor.take(")")) {
      value = normal(value);
    } else if (name == "joinpath" && cursor.take("(")) {
      const auto rest = call("join", cursor);
      if (!rest) return false;
      value = join(value, *rest);
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace rootlet::scripts
