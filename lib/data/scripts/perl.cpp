#include "data/scripts/perl.hpp"

#include <algorithm>

#include "data/scripts/perl_reader.hpp"
#include "data/scripts/perl_tables.hpp"

namespace rootlet::scripts {
namespace {

constexpr size_t kMaxGlob = 4096;

class PerlScript {
 public:
  PerlScript(Needs& needs, const ModuleSearch& search, std::string_view path, std::string_view text)
      : needs_(needs), search_(search), path_(path), facts_(read_perl(text, path)) {
    directories_ = facts_.path_entries;
    if (std::none_of(search.directories.begin(), search.directories.end(), [&](const std::string& each) { return below(path, each).has_value(); })) {
      add_own_directory();
    }
    directories_.insert(directories_.end(), search.directories.begin(), search.directories.end());
  }

  void read() {
    for (const std::string& module : facts_.modules) load(module);
    for (const std::string& file : facts_.files) load_file(file);
    const std::string own = own_name();
    const bool encodes = std::any_of(facts_.modules.begin(), facts_.modules.end(), [](const std::string& module) {
      return module == "Encode" || module == "encoding" || module == "open" || module == "PerlIO::encoding";
    });
    if (encodes && !own.starts_with("Encode")) {
      for (const std::string& module : facts_.encodings) load(module);
    }
    for (const PerlHidden& each : perl_hidden()) {
      if (each.module == own) each_part(each.needs, " ", [&](std::string_view need) { hidden(need); });
    }
    if (facts_.native) natives();
    if (facts_.autoload) autoloaded();
    if (starts_programs(search_, path_)) {
      for (const StartedProgram& program : facts_.started) add_started(needs_, path_, program);
    }
    const bool core = is_core();
    for (const PerlUnknown& each : facts_.unknown) {
      if (!core) needs_.unproved(each.line, each.what);
    }
  }

 private:
  // A module that lies outside of @INC was found by a `use lib`: its top is what goes in front of its name.
  void add_own_directory() {
    for (const std::string& package : facts_.packages) {
      const std::string ending = "/" + replaced(package, "::", "/") + ".pm";
      if (path_.ends_with(ending)) return directories_.emplace_back(path_.substr(0, path_.size() - ending.size())), void();
    }
  }

  // "Foo::Bar" of ".../Foo/Bar.pm".
  std::string own_name() const {
    std::string_view rest;
    for (const std::string& directory : directories_) {
      if (auto relative = below(path_, directory); relative && (rest.empty() || relative->size() < rest.size())) rest = *relative;
    }
    if (!rest.ends_with(".pm")) return {};
    return replaced(rest.substr(0, rest.size() - 3), "/", "::");
  }

  // Whether the file belongs to perl itself: it lies where strict.pm or its documentation's tools do.
  bool is_core() const {
    const std::string_view own = parent_path(path_);
    return std::any_of(directories_.begin(), directories_.end(), [&](const std::string& directory) {
      const bool library = is_file(needs_.root(), directory + "/strict.pm") || is_file(needs_.root(), directory + "/Exporter.pm") ||
                           is_file(needs_.root(), directory + "/perl5db.pl") || is_file(needs_.root(), directory + "/Config_heavy.pl");
      return library && (own == directory || below(path_, directory));
    });
  }

  // The first of @INC that has the file.
  std::string find(std::string_view relative) const {
    for (const std::string& directory : directories_) {
      std::string path = join(directory, relative);
      if (is_file(needs_.root(), path)) return path;
    }
    // A directory that the script puts on its path in a way that was not understood.
    for (const std::string& directory : facts_.directories) {
      std::string path = normal(join(directory, relative));
      if (is_file(needs_.root(), path)) return path;
    }
    return {};
  }

  bool load(const std::string& module) {
    const std::string path = find(replaced(module, "::", "/") + ".pm");
    return !path.empty() && needs_.file(path, module);
  }

  // require "foo.pl", do "./foo.pl": below @INC; and, with a slash in front or where that fails, as a path.
  void load_file(const std::string& file) {
    if (file.starts_with('/')) {
      needs_.file(normal(file), file);
    } else if (const std::string path = find(file); !path.empty()) {
      needs_.file(path, file);
    } else {
      needs_.file(normal(join(parent_path(path_), file)), file);
    }
  }

  void hidden(std::string_view need) {
    if (need.find('*') != std::string_view::npos) {
      for (const std::string& directory : directories_) {
        for (const std::string& path : needs_.root().glob(join(directory, need), kMaxGlob)) needs_.file(path, need);
      }
    } else if (need.find_first_of("/.") != std::string_view::npos) {
      if (const std::string path = find(need); !path.empty()) needs_.file(path, need);
    } else {
      load(std::string(need));
    }
  }

  // auto/Foo/Bar/Bar.so for each package: XSLoader::load, DynaLoader::bootstrap.
  void natives() {
    std::set<std::string> packages = facts_.packages;
    if (const std::string own = own_name(); !own.empty()) packages.insert(own);
    for (const std::string& package : packages) {
      const std::string place = replaced(package, "::", "/");
      const std::string file = "auto/" + place + "/" + std::string(base_name(place)) + ".so";
      if (const std::string path = find(file); !path.empty()) needs_.file(path, file);
    }
  }

  // auto/Foo/Bar/autosplit.ix and the subroutines beside it.
  void autoloaded() {
    for (const std::string& package : facts_.packages) {
      const std::string place = "auto/" + replaced(package, "::", "/");
      for (const std::string& directory : directories_) {
        if (!needs_.file(join(directory, place + "/autosplit.ix"), "autosplit.ix")) continue;
        for (const std::string& path : needs_.root().glob(join(directory, place + "/*.al"), kMaxGlob)) needs_.file(path, base_name(path));
      }
    }
  }

  Needs& needs_;
  const ModuleSearch& search_;
  std::string path_;
  PerlFacts facts_;
  std::vector<std::string> directories_;
};

}  // namespace

void perl_needs(Needs& needs, const ModuleSearch& search, std::string_view path, std::string_view text) {
  PerlScript(needs, search, path, text).read();
}

}  // namespace rootlet::scripts
