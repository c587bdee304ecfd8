// Shell scripts: the commands that they call and the files that they read in.
#pragma once

#include "data/scripts/needs.hpp"

namespace rootlet::scripts {

ModuleSearch shell_search(std::string_view interpreter, std::string_view script);
void shell_needs(Needs& needs, const ModuleSearch& search, std::string_view path, std::string_view text);

}  // namespace rootlet::scripts
