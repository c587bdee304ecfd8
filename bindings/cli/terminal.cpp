#include "terminal.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace rootlet::cli {

bool wants_color(const std::string& when) {
  if (when != "auto") return when == "always";
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  if (no_color != nullptr && *no_color != '\0') return false;
  if (term == nullptr || std::string_view(term) == "dumb") return false;
  return ::isatty(STDOUT_FILENO) == 1;
}

bool print(std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
}

ProgressLine::ProgressLine(bool enabled, const char* things)
    : enabled_(enabled && ::isatty(STDERR_FILENO) == 1), things_(things), next_(Clock::now() + std::chrono::milliseconds(500)) {}

ProgressLine::~ProgressLine() {
  if (drawn_) std::fputs("\r\033[K", stderr);
}

void ProgressLine::show(uint64_t done, uint64_t total, uint64_t bytes_done, uint64_t bytes_total) {
  if (!enabled_ || Clock::now() < next_) return;
  next_ = Clock::now() + std::chrono::milliseconds(100);
  drawn_ = true;
  if (total == 0) {
    std::fprintf(stderr, "\r\033[K%llu files found", static_cast<unsigned long long>(done));
  } else if (bytes_total == 0) {
    std::fprintf(stderr, "\r\033[K%llu of %llu %s", static_cast<unsigned long long>(done), static_cast<unsigned long long>(total), things_);
  } else {
    const double percent = 100.0 * static_cast<double>(bytes_done) / static_cast<double>(bytes_total);
    std::fprintf(stderr, "\r\033[K%3.0f %%  %llu of %llu %s, %llu MiB", percent, static_cast<unsigned long long>(done),
                 static_cast<unsigned long long>(total), things_, static_cast<unsigned long long>(bytes_done >> 20));
  }
  std::fflush(stderr);
}

}  // namespace rootlet::cli
