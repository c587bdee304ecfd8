// Names of strangers as text that is safe to show: control characters (C0, DEL, C1) and what is not UTF-8 as \xHH.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rootlet {

enum class Plain : uint8_t {
  text,  // blanks stay
  word,  // so that it is one word: blanks are escaped as well, and the mark of an escape, so that different names stay different
};
std::string escaped(std::string_view text, Plain plain = Plain::text);

}  // namespace rootlet
