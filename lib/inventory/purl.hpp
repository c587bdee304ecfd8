// Package URLs: purl-spec, PURL-SPECIFICATION.rst and types/{deb,apk,rpm,alpm}-definition.json.
#pragma once

#include <string>
#include <string_view>

namespace rootlet::inventory {

// As a component of a package URL has it: all but letters, digits, ".-_~" and ':' as %XX.
std::string percent_encoded(std::string_view text);

}  // namespace rootlet::inventory
