#include "status.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <memory>

namespace rootlet::cli {
namespace {

int show_progress(void* line, uint64_t done, uint64_t total, uint64_t bytes_done, uint64_t bytes_total, const char*) {
  static_cast<ProgressLine*>(line)->show(done, total, bytes_done, bytes_total);
  return 0;
}

}  // namespace

int unusable(std::string_view message) {
  std::cerr << "rootlet: " << printable(message) << "\n";
  return kUnusable;
}

int unusable(const Handle<rootlet_error>& error) { return unusable(rootlet_error_message(error.get())); }

int output(std::string_view text, int status) {
  if (print(text)) return status;
  return unusable("cannot write to standard output: " + std::string(std::strerror(errno)));
}

int read_file(const std::string& path, std::string& content) {
  constexpr size_t kMostBytes = 256 << 20;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"), std::fclose);
  content.clear();
  char piece[64 << 10];
  for (size_t length = 1; file && length > 0 && content.size() <= kMostBytes; content.append(piece, length)) {
    length = std::fread(piece, 1, sizeof piece, file.get());
  }
  if (!file || std::ferror(file.get()) != 0) return unusable("cannot read " + path + ": " + std::strerror(errno));
  if (content.size() > kMostBytes) return unusable(path + " has more than the 256 MiB that are read");
  return kComplete;
}

Shown::Shown(const Options& options) : options_(options.library.get()), line_(!options.quiet, options.command == Options::Command::audit ? "programs" : "entries") {
  rootlet_options_set_progress(options_, show_progress, &line_);
}

Shown::~Shown() { rootlet_options_set_progress(options_, nullptr, nullptr); }

}  // namespace rootlet::cli
