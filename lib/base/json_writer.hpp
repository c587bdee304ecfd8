// Writes JSON, indented by one blank a level. In one go: a document in memory (nlohmann's) takes memory to be freed, and ends the
// process where there is none.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/json.hpp"

namespace rootlet {

// The bytes in lower-case hexadecimal.
std::string to_hex(std::string_view bytes);

class JsonWriter {
 public:
  // Lines for people and other programs, or one line for a script element: nothing in it ends the element or begins a comment, and
  // what an editor or an older browser may act on is an escape.
  enum class Style : bool { lines, script };
  explicit JsonWriter(Style style = Style::lines) : style_(style) {}

  void begin_object() { begin('{'); }
  void end_object() { end('}'); }
  void begin_array() { begin('['); }
  void end_array() { end(']'); }

  // Of the member that comes next.
  void key(std::string_view name);
  // What is not UTF-8 becomes U+FFFD; control characters, those that only terminals take for such included, are escaped.
  void string(std::string_view value);
  void number(uint64_t value);
  void boolean(bool value);
  // What parse_json() read, its numbers as they are spelled there.
  void value(const JsonValue& value);

  // A member with the path as text, and with its bytes where they are not UTF-8.
  void path(std::string_view name, std::string_view path);
  void member(std::string_view name, std::string_view value) { key(name), string(value); }

  // Lines end in a line break.
  std::string take() { return std::move(style_ == Style::lines ? text_ += '\n' : text_); }

 private:
  void begin(char bracket);
  void end(char bracket);
  void next();
  void word(std::string_view word);
  void break_line();
  void quote(std::string_view text);

  Style style_;
  std::string text_;
  size_t depth_ = 0;
  bool first_ = true;   // nothing is in the innermost object or array yet
  bool keyed_ = false;  // a key stands in front of what comes next
};

}  // namespace rootlet
