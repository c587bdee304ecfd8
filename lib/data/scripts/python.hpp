// Python: where its modules lie, and what a script needs of them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "data/scripts/needs.hpp"
#include "data/scripts/python_imports.hpp"

namespace rootlet::scripts {

ModuleSearch python_search(Root& root, std::string_view interpreter, std::string_view script);
void python_startup_needs(Needs& needs, const ModuleSearch& search);
void python_needs(Needs& needs, const ModuleSearch& search, std::string_view path, std::string_view text);

// The directory of the standard library among those searched, the one that holds os.py; or empty.
std::string python_library(Root& root, const ModuleSearch& search);
bool is_site_directory(std::string_view directory);

// A module as the importer finds it.
struct PythonModule {
  std::string name;                 // "a.b"
  std::string file;                 // empty for a namespace package
  std::vector<std::string> inside;  // where its submodules are looked for; empty if it is no package
};

// Finds modules as importlib's FileFinder does, and lists every file that an import runs on the way.
class PythonFinder {
 public:
  // `first` are directories in front of those that `search` has.
  PythonFinder(Needs& needs, const ModuleSearch& search, std::vector<std::string> first);

  // `import a.b.c`: null if a part of it is not there.
  const PythonModule* import(std::string_view dotted);
  // A part of a package; null if it is not there.
  const PythonModule* submodule(const PythonModule& package, std::string_view name);
  // The package that relative imports of the file at `path` start from, `level` dots up.
  PythonModule package_of(std::string_view path, unsigned level) const;
  // "a.b" for the file of a module below one of the directories.
  std::string name_of(std::string_view path) const;
  // What the native modules found so far import from C, as far as their strings tell.
  void follow_natives();

 private:
  const PythonModule* keep(const std::string& key, std::optional<PythonModule> module);
  std::optional<PythonModule> aliased(std::string_view package, std::string_view name);
  std::optional<PythonModule> find(const std::vector<std::string>& directories, std::string_view name) const;
  std::vector<std::string> elsewhere(std::string_view dotted) const;

  Needs& needs_;
  std::vector<std::string> directories_;
  std::vector<std::string> suffixes_;
  std::map<std::string, std::optional<PythonModule>, std::less<>> known_;
  std::vector<std::string> natives_;

  static constexpr size_t kMaxDepth = 32;     // parts of a name
  static constexpr size_t kMaxKnown = 20000;  // names that one script asks for
  static constexpr size_t kMaxNatives = 256;
  static constexpr uint64_t kMaxNativeBytes = 64 << 20;  // read for one script
};

// Names in a native module's strings that may be modules which it imports from C: "numpy.core._methods",
// "_cffi_backend". At most `limit` bytes are read, and what was read is taken off it.
std::vector<std::string> python_native_names(Root& root, std::string_view path, uint64_t& limit);

// The files of a distribution's metadata, and the modules of its entry points that the script's name selects.
void python_distribution(Needs& needs, const ModuleSearch& search, PythonFinder& finder, std::string_view requirement,
                         std::string_view script);

}  // namespace rootlet::scripts
