// Perl: where its modules lie, and what a script needs of them.
#pragma once

#include "data/scripts/needs.hpp"

namespace rootlet::scripts {

ModuleSearch perl_search(Root& root, std::string_view interpreter, std::string_view script);
void perl_needs(Needs& needs, const ModuleSearch& search, std::string_view path, std::string_view text);

}  // namespace rootlet::scripts
