#include <algorithm>

#include "data/scripts/ruby.hpp"

namespace rootlet::scripts {
namespace {

constexpr size_t kMaxGems = 1000;
constexpr size_t kMaxDependencies = 256;

// Gem.path: Debian's, Fedora's, that of Ruby's own Makefile, that of the official image.
std::vector<std::string> gem_roots(Root& root) {
  return existing_directories(root, {"/usr/share/rubygems-integration/*", "/usr/lib/*/rubygems-integration/*", "/usr/lib/ruby/gems/*",
                                     "/var/lib/gems/*", "/usr/share/gems", "/usr/lib64/gems/ruby", "/usr/local/lib/ruby/gems/*",
                                     "/usr/local/bundle"});
}

bool is_gem_name(std::string_view name) {
  return !name.empty() && name.size() < 128 && std::all_of(name.begin(), name.end(), [](char c) { return is_word(c) || c == '-' || c == '.'; });
}

// "rake-13.0.6" is a version of "rake", "rake-compiler-1.2" is none.
bool is_version_of(std::string_view file, std::string_view name) {
  return file.starts_with(name) && file.size() > name.size() + 1 && is_digit(file[name.size() + 1]);
}

}  // namespace

void ruby_gem(Needs& needs, std::string_view name, std::string_view executable) {
  if (!is_gem_name(name)) return;
  for (const std::string& top : gem_roots(needs.root())) {
    for (const char* place : {"/specifications/", "/specifications/default/"}) {
      for (const std::string& file : needs.root().glob(top + place + std::string(name) + "-*.gemspec", kMaxGems)) {
        if (is_version_of(base_name(file), name)) needs.file(file, name);
      }
    }
    if (!is_gem_name(executable)) continue;
    for (const char* place : {"/exe/", "/bin/", "/libexec/"}) {
      const std::string pattern = top + "/gems/" + std::string(name) + "-*" + place + std::string(executable);
      for (const std::string& file : needs.root().glob(pattern, kMaxGems)) needs.file(file, executable);
    }
  }
}

void ruby_gem_specification(Needs& needs, std::string_view text) {
  size_t count = 0;
  // s.add_runtime_dependency(%q<name>.freeze, [">= 1"]), spec.add_dependency "name"
  for (size_t place = text.find("dependency"); place != std::string_view::npos && ++count <= kMaxDependencies; place = text.find("dependency", place + 1)) {
    if (text.substr(0, place).ends_with("development_")) continue;
    const std::string_view rest = text.substr(place + 10, 200);
    const size_t start = rest.find_first_of("<\"'\n");
    if (start == std::string_view::npos || rest[start] == '\n') continue;
    const std::string_view name = rest.substr(start + 1);
    ruby_gem(needs, name.substr(0, name.find_first_of(">\"'\n")), {});
  }
}

}  // namespace rootlet::scripts
