// What the benches resolve.
#pragma once

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace rootlet::bench {

inline bool is_elf(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<char, 4> magic{};
  file.read(magic.data(), magic.size());
  return std::string_view(magic.data(), 4) == "\177ELF";
}

// The ELF files in /usr/bin, sorted.
inline const std::vector<std::string>& programs() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> found;
    std::error_code ignored;
    for (const auto& item : std::filesystem::directory_iterator("/usr/bin")) {
      if (item.is_regular_file(ignored) && is_elf(item.path())) found.push_back(item.path());
    }
    std::sort(found.begin(), found.end());
    return found;
  }();
  return all;
}

}  // namespace rootlet::bench
