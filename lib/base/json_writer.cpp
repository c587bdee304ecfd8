#include "base/json_writer.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/utf8.hpp"

namespace rootlet {
namespace {

// How many bytes at the start, where no character is, count as one: as far as they could have become one (the Unicode Standard, 3.9,
// "maximal subpart").
size_t broken_length(std::string_view text) {
  const auto at = [text](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const unsigned lead = at(0), second = at(1);
  if (lead < 0xe0 || lead > 0xf4) return 1;
  const unsigned low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80, high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 1;
  return lead >= 0xf0 && (at(2) & 0xc0) == 0x80 ? 3 : 2;
}

// The letter of a short escape, or 0.
char short_escape(char c) {
  switch (c) {
    case '\b': return 'b';
    case '\t': return 't';
    case '\n': return 'n';
    case '\f': return 'f';
    case '\r': return 'r';
    case '"':
    case '\\': return c;
    default: return 0;
  }
}

constexpr unsigned kPlain = ~0u;

// The code of a character that is written as one, or kPlain. DEL, and the C1 controls in two bytes: a terminal may act on them.
unsigned to_escape(std::string_view character, bool script) {
  const auto at = [character](size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) {
    const bool mark = script && (at(0) == '<' || at(0) == '>' || at(0) == '&');
    return at(0) < 0x20 || at(0) == 0x7f || mark ? at(0) : kPlain;
  }
  if (character.size() == 2 && at(0) == 0xc2 && at(1) < 0xa0) return at(1);
  if (script && character.size() == 3 && at(0) == 0xe2 && at(1) == 0x80 && (at(2) & 0xfe) == 0xa8) return 0x2000 + (at(2) & 0x3f);
  return kPlain;
}

}  // namespace

std::string to_hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

void JsonWriter::next() {
  if (!std::exchange(keyed_, false) && depth_ > 0) {
    if (!first_) text_ += ',';
    break_line();
  }
  first_ = false;
}

void JsonWriter::break_line() {
  if (style_ == Style::script) return;
  text_ += '\n';
  text_.append(depth_, ' ');
}

void JsonWriter::begin(char bracket) {
  next();
  text_ += bracket;
  ++depth_;
  first_ = true;
}

void JsonWriter::end(char bracket) {
  --depth_;
  if (!std::exchange(first_, false)) {
    break_line();
  }
  text_ += bracket;
}

void JsonWriter::key(std::string_view name) {
  next();
  quote(name);
  text_ += style_ == Style::lines ? ": " : ":";
  keyed_ = true;
}

void JsonWriter::string(std::string_view value) {
  next();
  quote(value);
}

void JsonWriter::number(uint64_t value) { word(std::to_string(value)); }
void JsonWriter::boolean(bool value) { word(value ? "true" : "false"); }

void JsonWriter::word(std::string_view word) {
  next();
  text_ += word;
}

void JsonWriter::value(const JsonValue& value) {
  switch (value.type) {
    case JsonValue::string: return string(value.text);
    case JsonValue::null: return word("null");
    case JsonValue::boolean:
    case JsonValue::number: return word(value.text);
    case JsonValue::array:
      begin_array();
      for (const JsonValue& item : value.items) this->value(item);
      return end_array();
    case JsonValue::object:
      begin_object();
      for (const auto& [name, member] : value.members) {
        key(name);
        this->value(member);
      }
      return end_object();
  }
}

void JsonWriter::path(std::string_view name, std::string_view path) {
  member(name, path);
  if (!is_utf8(path)) member(std::string(name) + "_hex", to_hex(path));
}

void JsonWriter::quote(std::string_view text) {
  text_ += '"';
  while (!text.empty()) {
    const size_t length = character_length(text);
    const unsigned control = to_escape(text.substr(0, length), style_ == Style::script);
    if (length == 0) {
      text_ += "\xef\xbf\xbd";
    } else if (const char letter = short_escape(text[0]); letter != 0) {
      text_ += {'\\', letter};
    } else if (control != kPlain) {
      std::array<char, 16> escape;
      std::snprintf(escape.data(), escape.size(), "\\u%04x", control);
      text_ += escape.data();
    } else {
      text_ += text.substr(0, length);
    }
    text.remove_prefix(length != 0 ? length : std::min(broken_length(text), text.size()));
  }
  text_ += '"';
}

}  // namespace rootlet
