// What scripts name: modules that their interpreter would load, commands that a shell would run.
//
// Each reader goes over the text of one file only, as a reader of the language would; it runs nothing and
// need not understand everything. What it cannot tell (a name built at run time) it reports as such.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rootlet/base.hpp"
#include "rootlet/root.hpp"

namespace rootlet {

enum class ScriptLanguage : uint8_t { python, perl, ruby, php, node, lua, tcl, shell };

struct ScriptNeed {
  enum Kind : uint8_t {
    file,      // `path` is a module, a directory's initialiser, a native module, a file that is read in;
               // or a directory whose existence is looked at: only it, not what it holds
    command,   // `name` is a program that is looked up in PATH or started by an absolute path
    unproved,  // `name` says what could not be told, with its line
  } kind = file;
  std::string path;  // of a file: absolute inside the root, it exists; links are not resolved
  std::string name;  // as the script spells it
  bool perhaps = false;  // of a command: it may be a function of a file that is read in and that nobody can tell
};

// Where an interpreter looks for modules.
struct ModuleSearch {
  // Absolute, in order. Lua's are templates, as in its package.path: "/usr/share/lua/5.4/?.lua".
  std::vector<std::string> directories;
  // What a native module's name ends in, in order, where a language has several: Python's
  // ".cpython-311-x86_64-linux-gnu.so", ".abi3.so", ".so".
  std::vector<std::string> suffixes;
  std::string interpreter;  // its file's name, which tells the version and the shell: "python3.11", "dash"
  std::string script;       // the entry: imports under `if __name__ == "__main__"` count for this one only
};

// The language of a script, by its interpreter's name ("python3.11", "perl", "bash", "env" already
// resolved) or, where that says nothing, by its file name. Nothing if it is none of them.
std::optional<ScriptLanguage> script_language(std::string_view interpreter, std::string_view file_name);

// The directories that the interpreter of the root would search, for a script at `script`: its own
// directory where the language looks there, the standard library, site directories of distributions
// (Debian's dist-packages included). `interpreter` is the interpreter's canonical path; its version is
// read off the root ("/usr/lib/python3.11"). A virtual environment is recognised by the pyvenv.cfg above the
// script's directory, or above the interpreter's if its path is given as the script spells it.
ModuleSearch module_search(Root& root, ScriptLanguage language, std::string_view interpreter, std::string_view script);

// What the script at `path` with this text needs itself; what its modules need is asked for each of them
// in turn, by the path under which they were reported. Files in other languages that a shell script starts are
// among its needs; asked for as parts of it, they are read as what they are. Sorted by kind, path and name,
// each once.
std::vector<ScriptNeed> script_needs(Root& root, ScriptLanguage language, const ModuleSearch& search, std::string_view path,
                                     std::string_view text);

// Modules that the interpreter loads at every start, before any script ("encodings", "site",
// "strict"'s parts, …), as existing files.
std::vector<ScriptNeed> startup_needs(Root& root, ScriptLanguage language, const ModuleSearch& search);

inline constexpr uint64_t kMaxScriptBytes = 4 << 20;  // a longer file is not read as a script

}  // namespace rootlet
