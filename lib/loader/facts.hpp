// What a loader's own binary tells about how it was built.
#pragma once

#include <string>
#include <vector>

#include "loader/cache.hpp"
#include "rootlet/base.hpp"

namespace rootlet {

struct LoaderDirs {
  std::vector<std::string> default_dirs;  // each ends in a slash; empty if the binary does not tell
  std::string lib;                        // $LIB

  // "lib/x86_64-linux-gnu": the layout of Debian and its derivatives, whose loaders have patches of their own.
  bool is_multiarch() const { return lib.starts_with("lib/"); }
};

struct LoaderRelease {
  unsigned version = 0;  // 236 for 2.36, 0 if it does not say
  unsigned musl = 0;     // 10203 for musl 1.2.3, 0 if it does not say or is none
  std::string cache_path = "/etc/ld.so.cache";

  CacheDialect dialect() const { return {version == 0 || version >= 233, version == 0 || version < 237}; }
  bool checks_abi_tag() const { return version != 0 && version < 236; }
};

// The default directories of an ld.so: system_dirs in dl-load.c, a run of NUL-terminated absolute paths
// that end in a slash.
LoaderDirs read_loader_dirs(std::string_view binary);

// Its release and its cache's path. Apart, since few programs depend on them and the search takes longer.
LoaderRelease read_loader_release(std::string_view binary);

}  // namespace rootlet
