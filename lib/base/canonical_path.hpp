#pragma once

#include <string_view>

namespace rootlet {

// Whether a path is spelled as Root spells one: absolute, and each name in it one of an entry.
bool is_canonical_path(std::string_view path);

}  // namespace rootlet
