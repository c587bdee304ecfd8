// Which of a package's files can matter while a program runs.
#include <cstddef>

#include "rootlet/package.hpp"

namespace rootlet {
namespace {

struct Rule {
  std::string_view pattern;  // "*" stands for any characters, slashes among them
  bool runtime;
};

// The first rule that fits decides; a path that none fits is run-time.
constexpr Rule kRules[] = {
    // Read at run time although they look like files for building: what ImageMagick and others load modules by
    // (lt_dlopenext), and CMake's own modules.
    {"*/ImageMagick*.la", true},
    {"*/*modules*/*.la", true},
    {"/usr/share/cmake/Modules/*", true},
    {"/usr/share/cmake/Templates/*", true},

    // Documentation.
    {"/usr/share/doc/*", false},
    {"/usr/share/doc-base/*", false},
    {"/usr/share/man/*", false},
    {"/usr/man/*", false},
    {"/usr/share/info/*", false},
    {"/usr/share/gtk-doc/*", false},
    {"/usr/share/devhelp/*", false},
    {"/usr/share/help/*", false},
    {"/usr/share/gnome/help/*", false},
    {"/usr/share/licenses/*", false},

    // Message catalogs: without them a program speaks English.
    {"/usr/share/locale/*/LC_MESSAGES/*", false},
    {"/usr/share/locale-langpack/*", false},

    // For building other programs.
    {"/usr/include/*", false},
    {"/usr/src/*", false},
    {"*.a", false},
    {"*.la", false},
    {"*/pkgconfig/*.pc", false},
    {"/usr/lib/cmake/*", false},
    {"/usr/lib64/cmake/*", false},
    {"/usr/lib/*-linux-*/cmake/*", false},
    {"/usr/share/cmake/*", false},
    {"/usr/share/aclocal/*", false},
    {"/usr/share/aclocal-*", false},
    {"/usr/share/gir-1.0/*", false},
    {"/usr/share/vala/*", false},

    // For debuggers: separate symbols, and scripts that belong to a library.
    {"/usr/lib/debug/*", false},
    {"/usr/lib/.build-id/*", false},
    {"/usr/share/gdb/auto-load/*", false},

    // For the tools of a distribution, an init system and others that start, watch and offer programs.
    {"/usr/share/bug/*", false},
    {"/usr/share/lintian/*", false},
    {"/usr/share/menu/*", false},
    {"/usr/share/apport/*", false},
    {"*/lib/systemd/system/*", false},
    {"*/lib/systemd/user/*", false},
    {"*/lib/systemd/system-preset/*", false},
    {"*/lib/systemd/user-preset/*", false},
    {"/etc/init.d/*", false},
    {"/etc/rc*.d/*", false},
    {"/etc/init/*", false},
    {"/etc/cron.*", false},
    {"/etc/logrotate.d/*", false},
    {"/usr/share/bash-completion/completions/*", false},
    {"/etc/bash_completion.d/*", false},
    {"/usr/share/zsh/vendor-completions/*", false},
    {"/usr/share/zsh/site-functions/*", false},
    {"/usr/share/fish/vendor_completions.d/*", false},

    // What is made again from something else that is there.
    {"/var/cache/*", false},
    {"*/__pycache__/*", false},
};

// After a mismatch only the last "*" need take more: what was matched before it cannot fit better.
bool matches(std::string_view pattern, std::string_view path) {
  size_t at = 0, in = 0, star = std::string_view::npos, resume = 0;
  while (at < path.size()) {
    if (in < pattern.size() && pattern[in] == '*') {
      star = in++;
      resume = at;
    } else if (in < pattern.size() && pattern[in] == path[at]) {
      ++in;
      ++at;
    } else if (star != std::string_view::npos) {
      in = star + 1;
      at = ++resume;
    } else {
      return false;
    }
  }
  while (in < pattern.size() && pattern[in] == '*') ++in;
  return in == pattern.size();
}

}  // namespace

bool is_runtime_path(std::string_view path) {
  for (const Rule& rule : kRules) {
    if (matches(rule.pattern, path)) return rule.runtime;
  }
  return true;
}

}  // namespace rootlet
