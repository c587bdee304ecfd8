// What a person at a terminal sees: colour where it is welcome, progress where it takes long.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace rootlet::cli {

// Whether standard output takes colour: `when` is auto, always or never; NO_COLOR and TERM=dumb count.
bool wants_color(const std::string& when);

// Writes to standard output; false if that failed.
bool print(std::string_view text);

// A line on standard error that is drawn over, from half a second on, if it is a terminal.
class ProgressLine {
 public:
  // `things` is what is counted once their number is known.
  ProgressLine(bool enabled, const char* things);
  ~ProgressLine();
  // As rootlet_progress_function has it; `total` is 0 as long as nobody knows it.
  void show(uint64_t done, uint64_t total, uint64_t bytes_done, uint64_t bytes_total);

 private:
  using Clock = std::chrono::steady_clock;
  bool enabled_;
  const char* things_;
  bool drawn_ = false;
  Clock::time_point next_;
};

}  // namespace rootlet::cli
