// Python source as its tokenizer sees it: logical lines of tokens, without comments.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rootlet::scripts {

struct PythonToken {
  enum Kind : uint8_t {
    name,
    number,
    string,  // `text` is what stands between the quotes
    sign,    // one character
  } kind = name;
  bool raw = false;     // of a string: r"..."
  bool formed = false;  // of a string: f"..." or b"...", not a plain text
  uint32_t line = 0;
  std::string_view text;

  bool is(std::string_view word) const { return kind != string && text == word; }
};

using PythonTokens = std::span<const PythonToken>;

// One logical line: up to a newline outside of brackets.
struct PythonLine {
  unsigned indent = 0;     // the column of its first token, tabs going to multiples of 8
  bool continued = false;  // the rest of a very long line, cut where kMaxTokens was reached
  std::vector<PythonToken> tokens;

  static constexpr size_t kMaxTokens = 1 << 16;
};

class PythonLines {
 public:
  explicit PythonLines(std::string_view text);

  // The next line; false at the end.
  bool next(PythonLine& line);

 private:
  void skip_comment();
  bool string_prefix(PythonToken& token);
  void string(PythonToken& token);
  bool token(PythonToken& token);
  unsigned indent();
  bool at(char c) const { return place_ < text_.size() && text_[place_] == c; }

  std::string_view text_;
  size_t place_ = 0;
  uint32_t line_ = 1;
  unsigned depth_ = 0;  // of brackets
  bool cut_ = false;
};

// The value of a string token without prefixes other than r and u: common escapes are decoded, others make
// it unknown.
std::optional<std::string> python_string(const PythonToken& token);

// The end of the bracket that opens at tokens[open]: the index of the closing one, or where kMaxArguments or
// the tokens end.
inline constexpr size_t kMaxArguments = 512;
size_t python_closing(PythonTokens tokens, size_t open);

}  // namespace rootlet::scripts
