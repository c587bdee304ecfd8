#include "base/escape.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/utf8.hpp"

namespace rootlet {

std::string escaped(std::string_view text, Plain plain) {
  const auto stays = [plain](char c) { return plain == Plain::text ? c >= ' ' && c < 0x7f : c > ' ' && c < 0x7f && c != '\\'; };
  if (std::all_of(text.begin(), text.end(), stays)) return std::string(text);
  std::string out;
  while (!text.empty()) {
    const size_t length = character_length(text);
    const bool c1 = length == 2 && text[0] == '\xc2' && static_cast<unsigned char>(text[1]) < 0xa0;
    const bool as_it_is = length > 1 ? !c1 : length == 1 && stays(text[0]);
    const size_t taken = std::max<size_t>(length, 1);
    for (const char c : text.substr(0, taken)) {
      if (as_it_is) {
        out += c;
        continue;
      }
      std::array<char, 5> escape;
      std::snprintf(escape.data(), escape.size(), "\\x%02x", static_cast<unsigned char>(c));
      out += escape.data();
    }
    text.remove_prefix(taken);
  }
  return out;
}

}  // namespace rootlet
