// PHP: its configuration and extensions, and the files that a script includes.
#pragma once

#include "data/scripts/needs.hpp"

namespace rootlet::scripts {

// The directories of include_path, and in `suffixes` those of php.ini and of extensions, as
// "ini:/etc/php/8.2/cli" and "extensions:/usr/lib/php/20220829".
ModuleSearch php_search(Root& root, std::string_view interpreter, std::string_view script);
void php_startup_needs(Needs& needs, const ModuleSearch& search);
void php_needs(Needs& needs, const ModuleSearch& search, std::string_view path, std::string_view text);

}  // namespace rootlet::scripts
