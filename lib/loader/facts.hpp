// What a glibc loader's own binary tells about how it was built.
#pragma once

#include <string>
#include <vector>

#include "loader/cache.hpp"
#include "rootlet/base.hpp"

namespace rootlet {

struct LoaderFacts {
  std::vector<std::string> default_dirs;  // each ends in a slash
  std::string lib;                        // $LIB
  std::string cache_path = "/etc/ld.so.cache";
  unsigned version = 0;                   // 236 for 2.36, 0 if it does not say
  bool from_binary = false;               // default_dirs were read off the binary

  CacheDialect dialect() const { return {version == 0 || version >= 233, version == 0 || version < 237}; }
  bool checks_abi_tag() const { return version != 0 && version < 236; }
};

// Reads the strings of an ld.so: its default directories (system_dirs in dl-load.c, a run of
// NUL-terminated absolute paths that end in a slash), its release, its cache's path.
LoaderFacts read_loader_facts(std::string_view binary);

}  // namespace rootlet
