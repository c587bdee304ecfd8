// ld.so.conf and ld.so.preload.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rootlet/root.hpp"

namespace rootlet {

// The directories that ld.so.conf and the files it includes name, in order, each once (parse_conf in
// ldconfig.c). `files` receives the configuration files read.
std::vector<std::string> configured_dirs(Root& root, std::string_view conf, std::vector<std::string>* files = nullptr);

// The names in an ld.so.preload file: separated by spaces, tabs, newlines and colons, '#' starts a
// comment (dl_main in rtld.c).
std::vector<std::string> preload_names(std::string_view content);

}  // namespace rootlet
