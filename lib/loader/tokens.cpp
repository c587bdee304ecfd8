#include "loader/state.hpp"

namespace rootlet {
namespace {

// The length of the token `name` at the start of `text`, which follows a '$', or 0 (is_dst).
size_t token_length(std::string_view text, std::string_view name) {
  const bool curly = text.starts_with('{');
  if (curly) text.remove_prefix(1);
  if (!text.starts_with(name)) return 0;
  const char next = text.size() > name.size() ? text[name.size()] : '\0';
  if (curly && next != '}') return 0;
  if ((next >= 'A' && next <= 'Z') || (next >= 'a' && next <= 'z') || (next >= '0' && next <= '9') || next == '_') return 0;
  return name.size() + (curly ? 2 : 0);
}

}  // namespace

std::optional<std::string> expand_tokens(std::string_view text, const TokenValues& values, bool* used_platform) {
  std::string out;
  while (!text.empty()) {
    size_t dollar = std::min(text.find('$'), text.size());
    out += text.substr(0, dollar);
    if (dollar == text.size()) break;
    text.remove_prefix(dollar + 1);
    size_t length = 0;
    std::string_view value;
    if ((length = token_length(text, "ORIGIN")) != 0) {
      value = values.origin;
    } else if ((length = token_length(text, "PLATFORM")) != 0) {
      value = values.platform;
      if (used_platform != nullptr) *used_platform = true;
    } else if ((length = token_length(text, "LIB")) != 0) {
      value = values.lib;
    } else {
      out += '$';
      continue;
    }
    if (value.empty()) return std::nullopt;
    out += value;
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace rootlet
