// Perl source as a stream of tokens. Perl cannot be tokenised without running it; this goes by what stands in
// front, as editors do, and finds its way back after a wrong turn at the end of a quote.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rootlet::scripts {

struct PerlToken {
  enum Kind : uint8_t {
    end,
    word,      // a bareword, "Foo::Bar"
    variable,  // with its sigil: "$x", "@INC", "$!"
    number,
    string,    // '...', "...", q, qq, a here-document: `text` is what stands between the quotes
    words,     // qw
    pattern,   // m, s, tr, y, qr, /.../
    command,   // qx, backquotes
    glob,      // <*.c>
    sign,      // one character, or `//`
  } kind = end;
  bool interpolated = false;  // of a string
  uint32_t line = 0;
  std::string_view text;

  bool is(std::string_view wanted) const { return (kind == word || kind == sign || kind == variable) && text == wanted; }
};

class PerlLexer {
 public:
  explicit PerlLexer(std::string_view text) : text_(text), budget_(8 * text.size() + 4096) {}

  // The next token; of kind `end` at the end of the file, __END__ or __DATA__.
  PerlToken next();

 private:
  struct Here {
    std::string_view delimiter;
    bool indented = false;
  };
  char peek(size_t ahead = 0) const { return place_ + ahead < text_.size() ? text_[place_ + ahead] : '\0'; }
  void skip_space();
  void newline();
  bool variable(PerlToken& token);
  void word(PerlToken& token);
  bool quote_like(PerlToken& token, std::string_view name);
  std::string_view delimited(char open);
  bool glob(PerlToken& token);
  bool here_document(PerlToken& token);
  bool operand_before() const;

  std::string_view text_;
  size_t place_ = 0;
  uint32_t line_ = 1;
  PerlToken before_;
  bool member_ = false;       // after `->`, `sub` or the dash of a file test: a name, not a quote
  std::vector<Here> here_;    // begun on this line
  size_t budget_;             // how far ahead may still be looked for the end of here-documents
  bool over_ = false;

  static constexpr size_t kMaxGlob = 256;
};

}  // namespace rootlet::scripts
