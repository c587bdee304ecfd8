#pragma once

#include <cstddef>
#include <string_view>

namespace rootlet {

// The length in bytes of the well-formed UTF-8 character (RFC 3629) that the text starts with, or 0.
size_t character_length(std::string_view text);
bool is_utf8(std::string_view text);

}  // namespace rootlet
