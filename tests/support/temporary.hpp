// A directory that goes away with its test, and commands run to their end.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rootlet::test {

// A new empty directory of mode 0700 under $TMPDIR or /tmp, removed with everything in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  // Absolute, without a trailing slash and without links.
  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

// `status` is what the command exited with, 128 + N after signal N, and 127 if it could not be run.
struct CommandResult {
  int status = 0;
  std::string out;
  std::string err;
};

// Runs argv[0], looked up in PATH, with `stdin_text` as its input, and waits for it.
CommandResult run_command(const std::vector<std::string>& argv, const std::string& stdin_text = {});

// The whole of a file, or an empty string after a failed expectation.
std::string read_file(const std::string& path);
void write_file(const std::string& path, std::string_view content, unsigned mode = 0644);

}  // namespace rootlet::test
