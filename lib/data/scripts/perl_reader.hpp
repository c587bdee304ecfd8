// What a Perl file loads, read off its text.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "data/scripts/commands.hpp"
#include "data/scripts/perl_lexer.hpp"

namespace rootlet::scripts {

struct PerlUnknown {
  uint32_t line = 0;
  std::string what;
};

struct PerlFacts {
  std::set<std::string> modules;           // "Foo::Bar"
  std::set<std::string> files;             // of require and do: "foo.pl", "Foo/Bar.pm"
  std::set<std::string> packages;          // that it declares
  std::set<std::string> encodings;         // modules of encodings that strings may name; for who uses Encode
  std::set<std::string> directories;       // absolute paths that strings name
  std::vector<std::string> path_entries;   // put into @INC: absolute
  std::vector<StartedProgram> started;
  std::vector<PerlUnknown> unknown;
  bool native = false;   // XSLoader, DynaLoader
  bool autoload = false; // AutoLoader: subroutines in files of their own
};

// `path` is the file itself, for __FILE__ and FindBin.
PerlFacts read_perl(std::string_view text, std::string_view path);

bool is_perl_module_name(std::string_view text);

inline constexpr size_t kMaxPerlNames = 4096;  // of each kind in one file

}  // namespace rootlet::scripts
