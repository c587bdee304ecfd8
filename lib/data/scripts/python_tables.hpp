// What cannot be read off the text of Python modules, as data.
#pragma once

#include <set>
#include <span>
#include <string_view>

namespace rootlet::scripts {

// An import in a function of a module of the standard library that few programs ever call. It counts where a
// file mentions `trigger`, the name whose use brings it about; an empty trigger is one that only interactive,
// testing or foreign systems' code uses, or whose absence costs no more than a line of a message. `outside`:
// the standard library's own files mention the name in other senses, and do not count.
struct PythonDeferred {
  std::string_view module;
  std::string_view imported;
  std::string_view trigger;
  bool outside = false;
};

// Modules that a module loads from C, or by a name that it computes. `needs` are separated by blanks; a "*"
// in one stands for any text ("_sysconfigdata_*"), "./" makes it a file beside the module.
struct PythonHidden {
  std::string_view module;
  std::string_view needs;
};

// Modules of the first package that are served from the second, by an importer of their own.
struct PythonAlias {
  std::string_view package;
  std::string_view real;  // empty for the top: "six.moves.queue" is "queue"
};

std::span<const PythonDeferred> python_deferred();
std::span<const PythonHidden> python_hidden();
std::span<const PythonAlias> python_aliases();
// Names in six.moves and the like that differ from the module's: "six.moves.cPickle".
std::string_view python_moved(std::string_view name);

// Modules that every CPython has inside of the interpreter (Modules/Setup.bootstrap, Modules/config.c.in).
bool is_python_builtin(std::string_view module);

// Modules of every start, before any script: Py_InitializeFromConfig and site.
std::span<const std::string_view> python_startup();

// The triggers above.
const std::set<std::string_view>& python_watched();

}  // namespace rootlet::scripts
