// Ruby: where its libraries lie, and what a script needs of them.
#pragma once

#include "data/scripts/needs.hpp"

namespace rootlet::scripts {

ModuleSearch ruby_search(Root& root, std::string_view interpreter, std::string_view script);
void ruby_startup_needs(Needs& needs, const ModuleSearch& search);
// The libraries below a load path's directory that an encoding is in, by its name in any spelling.
std::vector<std::string> ruby_encoding_files(std::string_view name);
// The specifications of a gem, and one of its programs; the specifications that one depends on.
void ruby_gem(Needs& needs, std::string_view name, std::string_view executable);
void ruby_gem_specification(Needs& needs, std::string_view text);
void ruby_needs(Needs& needs, const ModuleSearch& search, std::string_view path, std::string_view text);

}  // namespace rootlet::scripts
