// A tree to write: copies of this machine's programs and libraries, in the order of their names, as many as give the size wanted.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

namespace rootlet::bench {

// A directory under $TMPDIR or /tmp that goes away with the process.
class Workplace {
 public:
  Workplace() {
    const char* temporary = std::getenv("TMPDIR");
    path_ = std::string(temporary == nullptr ? "/tmp" : temporary) + "/rootlet-bench-XXXXXX";
    if (::mkdtemp(path_.data()) == nullptr) path_.clear();
  }
  ~Workplace() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// Half of it programs, half of it libraries; returns how many bytes it has.
inline uint64_t make_tree(const std::string& top, uint64_t size) {
  uint64_t done = 0;
  std::error_code ignored;
  for (const char* from : {"/usr/bin", "/usr/lib/x86_64-linux-gnu"}) {
    const uint64_t share = from == std::string("/usr/bin") ? size / 2 : size;
    const std::filesystem::path to = top + from;
    std::filesystem::create_directories(to);
    std::vector<std::filesystem::path> names;
    for (const auto& item : std::filesystem::directory_iterator(from, ignored)) {
      if (!item.is_symlink(ignored) && item.is_regular_file(ignored)) names.push_back(item.path());
    }
    std::sort(names.begin(), names.end());
    for (const auto& name : names) {
      const uint64_t bytes = std::filesystem::file_size(name, ignored);
      if (bytes > share / 10 || done + bytes > share || !std::filesystem::copy_file(name, to / name.filename(), ignored)) continue;
      done += bytes;
    }
  }
  return done;
}

}  // namespace rootlet::bench
