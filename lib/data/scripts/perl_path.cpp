// @INC, as distributions build it into their perl.
#include "data/scripts/perl.hpp"

namespace rootlet::scripts {
namespace {

// "5.36" of "perl5.36-x86_64-linux-gnu" or "perl5.36.0"; else the newest that the root has a library of.
std::string version_of(Root& root, const std::string& prefix, std::string_view interpreter) {
  std::vector<int> version = version_in(interpreter);
  if (version.size() < 2) {
    version.clear();
    for (const std::string& library : existing_directories(root, {prefix + "/share/perl/5.*", prefix + "/lib/*/perl/5.*", prefix + "/lib/perl5/5.*",
                                                                  prefix + "/share/perl5/5.*"})) {
      const std::vector<int> found = version_in(base_name(library));
      if (found.size() == 2 && found > version) version = found;
    }
  }
  return version.size() < 2 ? "5.*" : std::to_string(version[0]) + "." + std::to_string(version[1]);
}

}  // namespace

ModuleSearch perl_search(Root& root, std::string_view interpreter, std::string_view script) {
  ModuleSearch search;
  search.interpreter = base_name(interpreter);
  search.script = script;
  std::string prefix(parent_path(parent_path(interpreter)));
  if (prefix.empty() || prefix == "/") prefix = "/usr";
  const std::string v = version_of(root, prefix, search.interpreter);
  search.directories = existing_directories(
      root, {// Debian (debian/config.debian)
             "/etc/perl", "/usr/local/lib/*/perl/" + v + ".*", "/usr/local/share/perl/" + v + ".*", "/usr/lib/*/perl5/" + v,
             "/usr/share/perl5", "/usr/lib/*/perl-base", "/usr/lib/*/perl/" + v, "/usr/share/perl/" + v, "/usr/local/lib/site_perl",
             // Fedora
             "/usr/local/lib64/perl5/" + v, "/usr/local/share/perl5/" + v, "/usr/lib64/perl5/vendor_perl", "/usr/share/perl5/vendor_perl",
             "/usr/lib64/perl5",
             // Alpine
             "/usr/local/lib/perl5/site_perl", "/usr/local/share/perl5/site_perl", "/usr/lib/perl5/vendor_perl", "/usr/lib/perl5/core_perl",
             "/usr/share/perl5/core_perl",
             // Arch
             "/usr/lib/perl5/" + v + "/site_perl", "/usr/share/perl5/site_perl", "/usr/lib/perl5/" + v + "/vendor_perl",
             "/usr/lib/perl5/" + v + "/core_perl",
             // SUSE, and perl as its own Makefile installs it
             prefix + "/lib/perl5/site_perl/" + v + ".*/*-linux*", prefix + "/lib/perl5/site_perl/" + v + ".*",
             prefix + "/lib/perl5/vendor_perl/" + v + ".*/*-linux*", prefix + "/lib/perl5/vendor_perl/" + v + ".*",
             prefix + "/lib/perl5/" + v + ".*/*-linux*", prefix + "/lib/perl5/" + v + ".*"});
  return search;
}

}  // namespace rootlet::scripts
