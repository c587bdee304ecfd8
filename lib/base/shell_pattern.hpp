#pragma once

#include <string>

namespace rootlet {

// fnmatch(3) on bytes: in a locale of several bytes a character it would take `?` for one, and a lack of memory for a difference.
bool shell_match(const char* pattern, const char* text, int flags = 0);
inline bool shell_match(const std::string& pattern, const std::string& text, int flags = 0) {
  return shell_match(pattern.c_str(), text.c_str(), flags);
}

}  // namespace rootlet
