// How commands end, and what they show meanwhile.
#pragma once

#include <string>
#include <string_view>

#include "handles.hpp"
#include "options.hpp"
#include "terminal.hpp"

namespace rootlet::cli {

inline constexpr int kComplete = 0, kMissing = 1, kDiffers = 1, kUnusable = 2;

// Says why on standard error; returns kUnusable.
int unusable(std::string_view message);
int unusable(const Handle<rootlet_error>& error);

// Writes the text to standard output; returns `status`, if it can be written.
int output(std::string_view text, int status);

// The whole of a file of this machine, which may be a pipe. Returns kComplete, or unusable() if it cannot be read or has more than
// 256 MiB, as much as the library takes of any document.
int read_file(const std::string& path, std::string& content);

// Shows progress as long as it lives.
class Shown {
 public:
  explicit Shown(const Options& options);
  ~Shown();
  Shown(const Shown&) = delete;
  Shown& operator=(const Shown&) = delete;

 private:
  rootlet_options* options_;
  ProgressLine line_;
};

}  // namespace rootlet::cli
