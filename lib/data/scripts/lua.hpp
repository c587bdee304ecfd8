// Lua: where its modules lie, and what a script needs of them.
#pragma once

#include "data/scripts/needs.hpp"

namespace rootlet::scripts {

// The interpreter's own package.path and package.cpath, as one list of templates. "./" in them is the working
// directory, which nobody knows: the script's own directory stands for it, after all others.
ModuleSearch lua_search(Root& root, std::string_view interpreter, std::string_view script);
void lua_needs(Needs& needs, const ModuleSearch& search, std::string_view path, std::string_view text);

}  // namespace rootlet::scripts
