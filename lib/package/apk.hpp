// apk's database of installed packages, one text file. Its form is what apk_db_fdb_read() of apk-tools' src/database.c
// reads: a line is a letter, a colon and a value; an empty line ends a package.
#pragma once

#include <string_view>
#include <vector>

#include "package/database.hpp"

namespace rootlet::package {

// The packages of the file. Record::place is the offset of a package's first line.
std::vector<Record> parse_apk(std::string_view text, const std::function<void(std::string_view message)>& problem);

// The paths of the package whose stanza `text` starts with.
void each_apk_path(std::string_view text, const PathVisitor& visit);

}  // namespace rootlet::package
