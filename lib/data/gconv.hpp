// gconv: which of glibc's character set converters a program needs, and an index of just those.
//
// iconv() knows UTF-8, ASCII, UCS-2 and UCS-4 by itself; every other charset is a module in a directory
// gconv, found through gconv-modules.cache or, where there is none, through gconv-modules and
// gconv-modules.d/*.conf. The rules are those of glibc's iconvconfig (iconv/iconvconfig.c,
// gconv_parseconfdir.h); the cache is read by iconv/gconv_cache.c.
#pragma once

#include <string>
#include <vector>

#include "rootlet/base.hpp"
#include "rootlet/root.hpp"

namespace rootlet::data {

struct GconvSelection {
  // Absolute paths of modules that exist, sorted, as the cache spells them: links are not resolved. What else
  // they need (libJIS.so of ISO-2022-JP) their own DT_NEEDED says.
  std::vector<std::string> modules;
  // The content of gconv-modules.cache: what is built in and what was selected, so that iconv_open() fails
  // for anything else without a search. Empty if the directory has no configuration, or if the offsets of the
  // file, which have 16 bits, would not reach.
  std::string cache;
  // Charsets asked for that are neither built in nor in the configuration, as they were spelled, each once.
  std::vector<std::string> unknown;
};

// `directory` is absolute: "/usr/lib/x86_64-linux-gnu/gconv", the one that the C library was built with.
// `charsets` are names or aliases as for iconv_open(), in any case and with any suffix (//TRANSLIT); "all"
// stands for every charset of the configuration. A direct way between two charsets past INTERNAL (GBBIG5.so)
// is taken if both were asked for. A charset of which no module exists is left out. Whatever cannot be read
// is as if it were not there: each file of more than 4 MiB, and what comes after 65536 lines.
GconvSelection select_gconv(Root& root, const std::string& directory,
                            const std::vector<std::string>& charsets, ByteOrder order);

}  // namespace rootlet::data
