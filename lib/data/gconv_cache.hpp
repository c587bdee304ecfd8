// The converters and names of a gconv configuration, and their form as a gconv-modules.cache.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "rootlet/base.hpp"

namespace rootlet::data {

inline constexpr std::string_view kGconvInternal = "INTERNAL";

// Where a conversion is implemented: directory + file is a path. Built into the C library if the directory is
// empty; then `file` is the name it has there ("=utf8->INTERNAL").
struct GconvModule {
  std::string directory;  // ends in a slash
  std::string file;
};

using GconvModules = std::map<std::pair<std::string, std::string>, GconvModule>;  // by from-set and to-set
using GconvAliases = std::map<std::string, std::string>;
using GconvNames =
    std::map<std::string, std::string>;  // what may be given to iconv_open(): the from- or to-set it means

// Adds what the C library has built in, where nothing stands yet (gconv_builtin.h).
void add_builtin_gconv(GconvModules& modules, GconvAliases& aliases, ByteOrder order);

// All from- and to-sets, INTERNAL, and those aliases that lead to one. As in iconvconfig, aliases are gone
// through once, sorted: one that leads to an alias counts if that one comes before it.
GconvNames gconv_names(const GconvModules& modules, const GconvAliases& aliases);

// The file that iconvconfig would write. Empty if it cannot be written in 16-bit offsets.
std::string write_gconv_cache(const GconvModules& modules, const GconvAliases& aliases, ByteOrder order);

}  // namespace rootlet::data
