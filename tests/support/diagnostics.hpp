// What a glibc loader of this machine says about itself.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace rootlet::test {

// The lines of `LOADER --list-diagnostics` by their names; empty if it has no such option or is not here.
std::map<std::string, std::string> loader_diagnostics(const std::string& loader);

// Its values NAME[0x0], NAME[0x1], …
std::vector<std::string> diagnostic_list(const std::map<std::string, std::string>& diagnostics, const std::string& name);

// The search path that a loader prints for the library path `text` when it looks for a library that is nowhere.
std::vector<std::string> searched_for(const std::string& loader, bool is64, const std::string& text, const std::string& tunables = {});

}  // namespace rootlet::test
