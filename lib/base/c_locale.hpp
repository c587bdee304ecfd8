// The C locale, for this thread and as long as the object lives: what a program has set does not change an answer.
#pragma once

#include <locale.h>

#include <new>

namespace rootlet {

class CLocale {
 public:
  CLocale() : before_(::uselocale(c())) {}
  ~CLocale() { ::uselocale(before_); }
  CLocale(const CLocale&) = delete;
  CLocale& operator=(const CLocale&) = delete;

 private:
  static locale_t c() {
    static const locale_t locale = [] {
      const locale_t made = ::newlocale(LC_ALL_MASK, "C", nullptr);
      return made != nullptr ? made : throw std::bad_alloc();
    }();
    return locale;
  }
  locale_t before_;
};

}  // namespace rootlet
