// Ruby: where its libraries lie, and what a script needs of them.
#pragma once

#include "data/scripts/needs.hpp"

namespace rootlet::scripts {

ModuleSearch ruby_search(Root& root, std::string_view interpreter, std::string_view script);
void ruby_startup_needs(Needs& needs, const ModuleSearch& search);
void ruby_needs(Needs& needs, const ModuleSearch& search, std::string_view path, std::string_view text);

}  // namespace rootlet::scripts
