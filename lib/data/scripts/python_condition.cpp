#include "data/scripts/python_condition.hpp"

#include <algorithm>
#include <charconv>

namespace rootlet::scripts {
namespace {

constexpr int kMaxDepth = 32;
constexpr size_t kMaxTokens = 256;  // a longer condition is not looked at

// A string, a tuple of numbers or a truth value; nothing if it is not known.
struct Value {
  std::optional<std::string> text;
  std::optional<std::vector<int>> numbers;
  bool open = false;  // more numbers follow, which are not known: sys.version_info is (3, 11, ...)
  Truth truth = Truth::unknown;
};

Truth truth(bool value) { return value ? Truth::yes : Truth::no; }
Truth negated(Truth value) { return value == Truth::unknown ? value : truth(value == Truth::no); }

bool spelled(PythonTokens tokens, std::initializer_list<std::string_view> words) {
  if (tokens.size() != words.size()) return false;
  return std::equal(words.begin(), words.end(), tokens.begin(),
                    [](std::string_view word, const PythonToken& token) { return token.is(word); });
}

std::optional<int> number(const PythonToken& token) {
  if (token.kind != PythonToken::number) return std::nullopt;
  int value = 0;
  const auto [end, error] = std::from_chars(token.text.data(), token.text.data() + token.text.size(), value);
  if (error != std::errc() || end != token.text.data() + token.text.size()) return std::nullopt;
  return value;
}

class Condition {
 public:
  explicit Condition(const PythonContext& context) : context_(context) {}

  Truth evaluate(PythonTokens tokens, int depth) const {
    if (depth > kMaxDepth || tokens.empty()) return Truth::unknown;
    if (const size_t place = find(tokens, "or"); place != tokens.size()) return join(tokens, place, Truth::yes, depth);
    if (const size_t place = find(tokens, "and"); place != tokens.size()) return join(tokens, place, Truth::no, depth);
    if (tokens.front().is("not")) return negated(evaluate(tokens.subspan(1), depth + 1));
    if (tokens.front().is("(") && python_closing(tokens, 0) == tokens.size() - 1) {
      return evaluate(tokens.subspan(1, tokens.size() - 2), depth + 1);
    }
    return comparison(tokens);
  }

 private:
  // The first `word` outside of brackets.
  static size_t find(PythonTokens tokens, std::string_view word) {
    size_t depth = 0;
    for (size_t i = 0; i < tokens.size(); ++i) {
      if (tokens[i].kind == PythonToken::name && depth == 0 && tokens[i].text == word) return i;
      if (tokens[i].is("(") || tokens[i].is("[")) ++depth;
      if ((tokens[i].is(")") || tokens[i].is("]")) && depth > 0) --depth;
    }
    return tokens.size();
  }

  // `decisive` on one side is the answer of `or` (yes) and `and` (no).
  Truth join(PythonTokens tokens, size_t place, Truth decisive, int depth) const {
    const Truth left = evaluate(tokens.first(place), depth + 1);
    if (left == decisive) return decisive;
    const Truth right = evaluate(tokens.subspan(place + 1), depth + 1);
    if (right == decisive) return decisive;
    return left == right ? left : Truth::unknown;
  }

  Truth comparison(PythonTokens tokens) const {
    if (const size_t in = find(tokens, "in"); in != tokens.size()) {
      const bool inverted = in > 0 && tokens[in - 1].is("not");
      const Truth found = contains(tokens.first(in - (inverted ? 1 : 0)), tokens.subspan(in + 1));
      return inverted ? negated(found) : found;
    }
    for (size_t i = 0; i < tokens.size(); ++i) {
      if (tokens[i].kind != PythonToken::sign || std::string_view("=!<>").find(tokens[i].text) == std::string_view::npos) continue;
      const bool equal = i + 1 < tokens.size() && tokens[i + 1].is("=");
      return compare(value(tokens.first(i)), tokens[i].text.front(), equal, value(tokens.subspan(i + (equal ? 2 : 1))));
    }
    return value(tokens).truth;
  }

  Truth contains(PythonTokens item, PythonTokens list) const {
    const Value wanted = value(item);
    if (!wanted.text) return Truth::unknown;
    // os.py looks at the names of the modules that the interpreter has inside.
    if (spelled(list, {"_names"}) || spelled(list, {"sys", ".", "builtin_module_names"})) {
      return *wanted.text == "posix" ? Truth::yes : *wanted.text == "nt" ? Truth::no : Truth::unknown;
    }
    if (list.size() < 2 || std::string_view("([{").find(list.front().text) == std::string_view::npos) return Truth::unknown;
    for (const PythonToken& token : list.subspan(1, list.size() - 2)) {
      if (token.is(",")) continue;
      const auto text = python_string(token);
      if (!text) return Truth::unknown;
      if (*text == *wanted.text) return Truth::yes;
    }
    return Truth::no;
  }

  static Truth compare(const Value& left, char sign, bool equal, const Value& right) {
    if (left.text && right.text && equal && (sign == '=' || sign == '!')) {
      return truth((*left.text == *right.text) == (sign == '='));
    }
    const std::optional<int> order = ordered(left, right);
    if (!order) return Truth::unknown;
    switch (sign) {
      case '<': return truth(*order < 0 || (equal && *order == 0));
      case '>': return truth(*order > 0 || (equal && *order == 0));
      case '=': return equal ? truth(*order == 0) : Truth::unknown;
      case '!': return equal ? truth(*order != 0) : Truth::unknown;
      default: return Truth::unknown;
    }
  }

  // Below, equal to, or above 0 as the left tuple is to the right one.
  static std::optional<int> ordered(const Value& left, const Value& right) {
    if (!left.numbers || !right.numbers || (left.open && right.open)) return std::nullopt;
    const std::vector<int>&a = *left.numbers, &b = *right.numbers;
    for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
      if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
    }
    if (left.open) return a.size() >= b.size() ? std::optional(1) : std::nullopt;
    if (right.open) return b.size() >= a.size() ? std::optional(-1) : std::nullopt;
    return a.size() == b.size() ? 0 : a.size() < b.size() ? -1 : 1;
  }

  Value value(PythonTokens tokens) const {
    Value value;
    if (tokens.empty()) return value;
    if (tokens.size() == 1) return single(tokens.front());
    if (spelled(tokens, {"sys", ".", "platform"})) {
      value.text = "linux";
    } else if (spelled(tokens, {"os", ".", "name"})) {
      value.text = "posix";
    } else if (spelled(tokens, {"platform", ".", "system", "(", ")"})) {
      value.text = "Linux";
    } else if (spelled(tokens, {"typing", ".", "TYPE_CHECKING"}) || spelled(tokens, {"t", ".", "TYPE_CHECKING"})) {
      value.truth = Truth::no;
    } else if (tokens.size() > 3 && spelled(tokens.first(3), {"sys", ".", "version_info"})) {
      value.numbers = version(tokens.subspan(3));
    } else if (spelled(tokens, {"sys", ".", "version_info"})) {
      if (!context_.version.empty()) value.numbers = context_.version;
      value.open = true;
    } else if (tokens.size() == 8 && spelled(tokens.first(6), {"sys", ".", "platform", ".", "startswith", "("})) {
      if (auto prefix = python_string(tokens[6])) value.truth = truth(std::string_view("linux").starts_with(*prefix));
    } else if (tokens.front().is("(")) {
      value.numbers = tuple(tokens);
    }
    return value;
  }

  Value single(const PythonToken& token) const {
    Value value;
    if (token.kind == PythonToken::string) {
      value.text = python_string(token);
    } else if (auto known = number(token)) {
      value.numbers = {*known};
      value.truth = truth(*known != 0);
    } else if (token.is("__name__")) {
      value.text = context_.entry ? "__main__" : "a module's name";
    } else if (token.is("TYPE_CHECKING") || token.is("False") || token.is("None")) {
      value.truth = Truth::no;
    } else if (token.is("True")) {
      value.truth = Truth::yes;
    }
    return value;
  }

  // What follows sys.version_info: [0], [:2], .major.
  std::optional<std::vector<int>> version(PythonTokens tokens) const {
    const std::vector<int>& known = context_.version;
    if (known.size() < 2) return std::nullopt;
    if (spelled(tokens, {"[", "0", "]"}) || spelled(tokens, {".", "major"})) return std::vector<int>{known[0]};
    if (spelled(tokens, {"[", "1", "]"}) || spelled(tokens, {".", "minor"})) return std::vector<int>{known[1]};
    if (spelled(tokens, {"[", ":", "2", "]"})) return known;
    return std::nullopt;
  }

  static std::optional<std::vector<int>> tuple(PythonTokens tokens) {
    std::vector<int> numbers;
    for (const PythonToken& token : tokens.subspan(1, tokens.size() - 2)) {
      if (token.is(",")) continue;
      const auto value = number(token);
      if (!value) return std::nullopt;
      numbers.push_back(*value);
    }
    return tokens.back().is(")") && !numbers.empty() ? std::optional(std::move(numbers)) : std::nullopt;
  }

  const PythonContext& context_;
};

}  // namespace

Truth python_condition(PythonTokens tokens, const PythonContext& context) {
  return tokens.size() > kMaxTokens ? Truth::unknown : Condition(context).evaluate(tokens, 0);
}

}  // namespace rootlet::scripts
