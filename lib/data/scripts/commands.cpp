#include "data/scripts/commands.hpp"

#include "data/scripts/shell.hpp"

namespace rootlet::scripts {

bool starts_programs(const ModuleSearch& search, std::string_view path) {
  if (path == search.script) return true;
  for (std::string_view library : {"/usr/lib", "/usr/lib64", "/usr/share", "/lib", "/usr/local/lib"}) {
    if (below(path, library)) return false;
  }
  return path.find("/site-packages/") == std::string_view::npos && path.find("/node_modules/") == std::string_view::npos &&
         path.find("/vendor/") == std::string_view::npos;
}

void add_started(Needs& needs, std::string_view path, const StartedProgram& program) {
  constexpr size_t kMaxName = 255;
  if (!program.line) {
    const bool name = !program.text.empty() && program.text.size() <= kMaxName &&
                      program.text.find_first_of(" \t\n$*?|<>;&\"'`\\") == std::string::npos;
    const bool path_of_its_own = program.text.find('/') == std::string::npos || program.text.starts_with('/');
    if (name && path_of_its_own && !program.text.starts_with('-')) needs.command(program.text);
    return;
  }
  // What the line does not tell is the other language's to know.
  if (needs.inside()) return;
  Needs inner(needs.root(), true);
  shell_needs(inner, shell_search("/bin/sh", {}), path, program.text);
  bool any = false;
  for (const ScriptNeed& need : inner.take()) {
    if (need.kind == ScriptNeed::command) needs.command(need.name, need.perhaps);
    if (need.kind == ScriptNeed::file) needs.file(need.path, need.name);
    any = any || need.kind == ScriptNeed::command;
  }
  if (any && is_file(needs.root(), "/bin/sh")) needs.command("/bin/sh");
}

}  // namespace rootlet::scripts
