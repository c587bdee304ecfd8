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

bool print(const std::string& text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
}

ProgressLine::ProgressLine(bool enabled)
    : enabled_(enabled && ::isatty(STDERR_FILENO) == 1), next_(Clock::now() + std::chrono::milliseconds(500)) {}

ProgressLine::~ProgressLine() {
  if (drawn_) std::fputs("\r\033[K", stderr);
}

void ProgressLine::show(const Progress& progress) {
  if (!enabled_ || Clock::now() < next_) return;
  next_ = Clock::now() + std::chrono::milliseconds(100);
  drawn_ = true;
  const double percent = progress.bytes_total == 0 ? 100 : 100.0 * static_cast<double>(progress.bytes_done) / static_cast<double>(progress.bytes_total);
  std::fprintf(stderr, "\r\033[K%3.0f %%  %llu of %llu entries, %llu MiB", percent, static_cast<unsigned long long>(progress.files_done),
               static_cast<unsigned long long>(progress.files_total), static_cast<unsigned long long>(progress.bytes_done >> 20));
  std::fflush(stderr);
}

}  // namespace rootlet::cli
