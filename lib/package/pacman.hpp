// The two files that pacman keeps of an installed package: alpm-db-desc(5), alpm-db-files(5).
#pragma once

#include <optional>
#include <string_view>

#include "package/database.hpp"

namespace rootlet::package {

// What `desc` says, or nothing if it names no package.
std::optional<Record> parse_pacman_desc(std::string_view text, size_t& room);

// The paths in the section %FILES% of `files`: relative to the root, a directory's with a slash at its end. `visit`
// gets them absolute and without.
void each_pacman_path(std::string_view text, const PathVisitor& visit);

}  // namespace rootlet::package
