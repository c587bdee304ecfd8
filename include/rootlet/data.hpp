// data: what programs need beside libraries, from evidence in their bytes, from rules, and from what packages install.
//
// The rules that are built in lie in lib/data/rules, in a form that an administrator can read and add to.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rootlet/base.hpp"

namespace rootlet {

enum class DataMode : uint8_t {
  none,       // libraries only
  automatic,  // what evidence calls for
  package,    // also every run-time file of the packages that own the entries
};

// A file of further rules; `name` is for messages.
struct RulesFile {
  std::string name;
  std::string text;
};

// Of the three lists, empty means: as the evidence says. Else they hold names, or "all"; or "none" and nothing beside it.
struct DataOptions {
  DataMode mode = DataMode::automatic;
  std::vector<std::string> locales;    // "en_US.UTF-8"; their message catalogs are taken as well
  std::vector<std::string> charsets;   // "SHIFT_JIS", for iconv
  std::vector<std::string> timezones;  // "Europe/Paris"
  std::vector<RulesFile> rules;
};

// Says where a file of rules is wrong: file, line, and what is allowed there.
Result<void> check_rules(const RulesFile& file);

}  // namespace rootlet
