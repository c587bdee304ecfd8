// Locales, character sets and time zones: the data that the user may widen or narrow by name.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "data/taker.hpp"
#include "rootlet/data.hpp"
#include "rootlet/elf.hpp"

namespace rootlet::data {

// Refuses a list that has "none" beside a name.
Result<void> check_names(const DataOptions& options);

class Provider {
 public:
  Provider(Root& root, Taker& taker, const DataOptions& options) : root_(root), taker_(taker), options_(options) {}

  // `what` is "locales", "charsets", "timezone" or "timezones". `libc` is the C library that reads the data.
  void provide(Taking& taking, const std::string& what, const Node* libc, ByteOrder order);
  // Words of a script that may be names of character sets; those that are none do not matter.
  void mention_charsets(std::vector<std::string> names);
  // The modules and caches of gconv for all that was asked for since the last call.
  void finish(Needs& needs, const Node* libc, ByteOrder order);

  // Directories of message catalogs of the locales that the user named, "/usr/share/locale/de/LC_MESSAGES".
  std::vector<std::string> catalog_directories() const;

  // A locale-archive of a system with all locales can be larger than any program.
  static constexpr uint64_t kMaxArchiveBytes = 32 << 20;

 private:
  void locales(Taking& taking);
  void locale(Taking& taking, const std::string& name);
  void charsets(Taking& taking, const std::string& directory, ByteOrder order, bool usual);
  void timezones(Taking& taking, bool all);

  Root& root_;
  Taker& taker_;
  const DataOptions& options_;
  std::set<std::string> done_, mentioned_;
  // For each directory of gconv modules that a C library reads: whether the usual character sets are wanted.
  struct Conversions {
    ByteOrder order = ByteOrder::little;
    bool usual = false, changed = false;
    std::string detail;
  };
  std::map<std::string, Conversions> conversions_;
};

}  // namespace rootlet::data
