#include "loader/facts.hpp"

#include <algorithm>

namespace rootlet {
namespace {

bool is_directory_text(std::string_view text) {
  return text.size() >= 4 && text.size() < 1024 && text.front() == '/' && text.back() == '/' &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 127 && c != '%' && c != ':'; });
}

// The run of directories that starts at `at`, each followed by one NUL.
std::vector<std::string> run_at(std::string_view binary, size_t at) {
  std::vector<std::string> run;
  while (at < binary.size() && binary[at] == '/' && run.size() < 64) {
    size_t end = binary.find('\0', at);
    if (end == std::string_view::npos || !is_directory_text(binary.substr(at, end - at))) break;
    run.emplace_back(binary.substr(at, end - at));
    at = end + 1;
  }
  return run;
}

void find_version(std::string_view binary, LoaderRelease& release) {
  constexpr std::string_view kWords = "release version 2.";
  size_t at = binary.find(kWords);
  if (at == std::string_view::npos) return;
  unsigned minor = 0;
  for (size_t i = at + kWords.size(); i < binary.size() && binary[i] >= '0' && binary[i] <= '9' && minor < 1000; ++i) {
    minor = minor * 10 + static_cast<unsigned>(binary[i] - '0');
  }
  release.version = 200 + minor;
}

// "1.2.3" or "1.2.4-git-7-g…" between two NULs, for musl 1.2.3 or what follows 1.2.4; nothing if the text is another.
unsigned musl_version(std::string_view text) {
  unsigned numbers[3] = {};
  for (unsigned& number : numbers) {
    if (text.empty() || text.front() < '0' || text.front() > '9') return 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9' && number < 100) {
      number = number * 10 + static_cast<unsigned>(text.front() - '0');
      text.remove_prefix(1);
    }
    if (&number != &numbers[2] && (text.empty() || text.front() != '.')) return 0;
    if (&number != &numbers[2]) text.remove_prefix(1);
  }
  if ((!text.empty() && !text.starts_with("-git")) || numbers[1] >= 100 || numbers[2] >= 100) return 0;
  return numbers[0] * 10'000 + numbers[1] * 100 + numbers[2];
}

// __libc_version (src/internal/version.c), which loader_usage prints. Where two look like it, it is neither.
void find_musl_version(std::string_view binary, LoaderRelease& release) {
  if (release.version != 0 || binary.find("musl libc (") == std::string_view::npos) return;
  for (size_t at = binary.find(std::string_view("\0001.", 3)); at != std::string_view::npos; at = binary.find(std::string_view("\0001.", 3), at + 1)) {
    const std::string_view rest = binary.substr(at + 1, 64);
    const size_t end = rest.find('\0');
    const unsigned version = end == std::string_view::npos ? 0 : musl_version(rest.substr(0, end));
    if (version == 0) continue;
    if (release.musl != 0 && release.musl != version) {
      release.musl = 0;
      return;
    }
    release.musl = version;
  }
}

void find_cache_path(std::string_view binary, LoaderRelease& release) {
  constexpr std::string_view kName = "/ld.so.cache";
  size_t at = binary.find(std::string(kName) + '\0');
  if (at == std::string_view::npos) return;
  size_t start = binary.rfind('\0', at);
  if (start == std::string_view::npos || binary[start + 1] != '/') return;
  release.cache_path = binary.substr(start + 1, at + kName.size() - start - 1);
}

}  // namespace

LoaderDirs read_loader_dirs(std::string_view binary) {
  LoaderDirs dirs;
  for (size_t at = binary.find('/'); at != std::string_view::npos; at = binary.find('/', at + 1)) {
    if (at == 0 || binary[at - 1] != '\0') continue;
    auto run = run_at(binary, at);
    if (run.size() < 2 || run.front().find("lib") == std::string::npos) continue;
    dirs.default_dirs = std::move(run);
    dirs.lib = dirs.default_dirs.front().substr(1, dirs.default_dirs.front().size() - 2);
    break;
  }
  return dirs;
}

LoaderRelease read_loader_release(std::string_view binary) {
  LoaderRelease release;
  find_version(binary, release);
  find_musl_version(binary, release);
  find_cache_path(binary, release);
  return release;
}

}  // namespace rootlet
