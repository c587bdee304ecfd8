#include "base/time_text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace rootlet {

std::string time_text(int64_t seconds) {
  constexpr int64_t kFirst = -62167219200, kLast = 253402300799;
  const auto time = static_cast<std::time_t>(std::clamp(seconds, kFirst, kLast));
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02dZ", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
  return text.data();
}

}  // namespace rootlet
