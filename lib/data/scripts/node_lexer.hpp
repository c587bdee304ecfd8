// JavaScript as a stream of tokens: enough of it to tell code from strings, comments, templates and patterns.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rootlet::scripts {

struct NodeToken {
  enum Kind : uint8_t {
    end,
    word,     // a name or a keyword
    number,
    string,   // '...', "..." and `...` without substitutions: `text` is what stands between the quotes
    part,     // a piece of a template that has substitutions; its expressions follow as tokens
    pattern,  // /.../
    sign,     // one character
  } kind = end;
  uint32_t line = 0;
  std::string_view text;

  bool is(std::string_view wanted) const { return (kind == word || kind == sign) && text == wanted; }
};

class NodeLexer {
 public:
  explicit NodeLexer(std::string_view text);

  NodeToken next();

 private:
  char peek(size_t ahead = 0) const { return place_ + ahead < text_.size() ? text_[place_ + ahead] : '\0'; }
  void skip_space();
  bool operand_before() const;
  void quoted(NodeToken& token);
  void piece(NodeToken& token, bool first);
  bool pattern(NodeToken& token);

  std::string_view text_;
  size_t place_ = 0;
  uint32_t line_ = 1;
  NodeToken before_;
  bool closed_ = false;            // the last piece of a template was its end
  std::vector<size_t> templates_;  // for each template that is open: how many braces are in its substitution
  size_t budget_;                  // how far ahead may still be looked for the end of patterns

  static constexpr size_t kMaxTemplates = 256;  // inside of each other
};

// The value of a string token: simple escapes are decoded, others make it unknown.
std::optional<std::string> node_string(const NodeToken& token);

}  // namespace rootlet::scripts
