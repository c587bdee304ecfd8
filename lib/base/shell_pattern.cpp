#include "base/shell_pattern.hpp"

#include <fnmatch.h>

#include <new>

#include "base/c_locale.hpp"

namespace rootlet {

bool shell_match(const char* pattern, const char* text, int flags) {
  const CLocale c_locale;
  const int difference = ::fnmatch(pattern, text, flags);
  if (difference != 0 && difference != FNM_NOMATCH) throw std::bad_alloc();
  return difference == 0;
}

}  // namespace rootlet
