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

void find_default_dirs(std::string_view binary, LoaderFacts& facts) {
  for (size_t at = binary.find(std::string_view("\0/", 2)); at != std::string_view::npos;
       at = binary.find(std::string_view("\0/", 2), at + 1)) {
    auto run = run_at(binary, at + 1);
    if (run.size() < 2 || run.front().find("lib") == std::string::npos) continue;
    facts.default_dirs = std::move(run);
    facts.from_binary = true;
    facts.lib = facts.default_dirs.front().substr(1, facts.default_dirs.front().size() - 2);
    return;
  }
}

void find_version(std::string_view binary, LoaderFacts& facts) {
  constexpr std::string_view kWords = "release version 2.";
  size_t at = binary.find(kWords);
  if (at == std::string_view::npos) return;
  unsigned minor = 0;
  for (size_t i = at + kWords.size(); i < binary.size() && binary[i] >= '0' && binary[i] <= '9' && minor < 1000; ++i) {
    minor = minor * 10 + static_cast<unsigned>(binary[i] - '0');
  }
  facts.version = 200 + minor;
}

void find_cache_path(std::string_view binary, LoaderFacts& facts) {
  constexpr std::string_view kName = "/ld.so.cache";
  size_t at = binary.find(std::string(kName) + '\0');
  if (at == std::string_view::npos) return;
  size_t start = binary.rfind('\0', at);
  if (start == std::string_view::npos || binary[start + 1] != '/') return;
  facts.cache_path = binary.substr(start + 1, at + kName.size() - start - 1);
}

}  // namespace

LoaderFacts read_loader_facts(std::string_view binary) {
  LoaderFacts facts;
  find_default_dirs(binary, facts);
  find_version(binary, facts);
  find_cache_path(binary, facts);
  return facts;
}

}  // namespace rootlet
