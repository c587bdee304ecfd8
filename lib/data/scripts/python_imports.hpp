// What a Python file imports, and what else it names that has to be found.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "data/scripts/commands.hpp"
#include "data/scripts/python_condition.hpp"

namespace rootlet::scripts {

inline constexpr size_t kNoTry = static_cast<size_t>(-1);

// import module / from .module import name, name
struct PythonImport {
  unsigned level = 0;  // leading dots
  std::string module;
  std::vector<std::string> names;  // after `from`; "*" among them takes what the module's __all__ says
  uint32_t line = 0;
  bool deferred = false;     // in a function: happens when it is called
  size_t attempt = kNoTry;   // it stands in the body of this `try`
  size_t fallback = kNoTry;  // it stands in a handler of this one's ImportError
};

// A `try` that stands in a handler of another one's ImportError, or not.
struct PythonTry {
  size_t fallback = kNoTry;
};

// What could not be read off the text.
struct PythonUnknown {
  uint32_t line = 0;
  std::string what;
};

struct PythonFacts {
  std::vector<PythonImport> imports;
  std::vector<PythonTry> tries;
  std::vector<PythonUnknown> unknown;
  std::set<std::string_view> mentions;     // which of `watched` stand in it as names
  std::set<std::string> encodings;         // of .encode("..."), .decode("..."), encoding="..."
  std::vector<std::string> all;            // the strings of __all__
  std::vector<std::string> distributions;  // whose metadata or entry points are asked for: "yq==3.1.0"
  std::vector<std::string> path_entries;   // put on sys.path: absolute, from literals and __file__
  std::vector<std::string> strings;        // with a dot and without blanks: modules or files named elsewhere
  std::vector<std::pair<uint32_t, std::string>> code;  // of exec("..."), with its line
  std::vector<StartedProgram> started;
  bool locates_itself = false;             // __file__, importlib.resources, pkgutil.get_data and their like
};

struct PythonReading {
  PythonContext context;
  std::string path;                                     // of the file, for __file__
  const std::set<std::string_view>* watched = nullptr;  // may be null
  bool library = false;  // of the standard library: what its main() and _test() import is left out
};

PythonFacts read_python(std::string_view text, const PythonReading& reading);

// "a", "a.b": identifiers with dots between them.
bool is_python_module_name(std::string_view text);

// Among an import's names: every module of the package.
inline constexpr std::string_view kPythonAllMembers = "**";

inline constexpr size_t kMaxPythonImports = 4096;  // in one file; what follows is not read
inline constexpr size_t kMaxPythonStrings = 4096;
inline constexpr size_t kMaxPythonName = 512;

}  // namespace rootlet::scripts
