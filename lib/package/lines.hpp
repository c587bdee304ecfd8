// The small steps that the text formats share. Every view is a part of the text that was given.
#pragma once

#include <algorithm>
#include <string_view>

namespace rootlet::package {

inline constexpr std::string_view kSpace = " \t\r\n";

// Takes the first line off `text`; its newline is in neither.
inline std::string_view take_line(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

inline std::string_view trim(std::string_view text) {
  const size_t start = text.find_first_not_of(kSpace);
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(kSpace) - start + 1);
}

// Takes the first item off a list whose items end at any character of `separators`; empty items are passed over.
inline std::string_view take_item(std::string_view& list, std::string_view separators) {
  list.remove_prefix(std::min(list.find_first_not_of(separators), list.size()));
  const std::string_view item = list.substr(0, list.find_first_of(separators));
  list.remove_prefix(item.size());
  return item;
}

// What stands before the first character of `ends`.
inline std::string_view before(std::string_view text, std::string_view ends) {
  return text.substr(0, text.find_first_of(ends));
}

// Whether a name can be that of a package or an architecture: it becomes a part of paths, of messages and of NAME:ARCH.
inline bool is_plain_name(std::string_view name) {
  if (name.empty() || name.size() > 255 || name == "." || name == "..") return false;
  for (char c : name) {
    if (static_cast<unsigned char>(c) <= ' ' || c == '\x7f' || c == '/' || c == ':') return false;
  }
  return true;
}

}  // namespace rootlet::package
