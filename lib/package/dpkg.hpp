// The text files of dpkg's database: deb822(5), dpkg's lib/dpkg/{parse,db-ctrl-format,db-fsys-divert}.c.
#pragma once

#include <bitset>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "package/database.hpp"

namespace rootlet::package {

// What is read of a package's stanza in `status`, and the whole of it with the newline of its last line. A field that goes on in
// lines of its own keeps their newlines.
struct DpkgStanza {
  std::string_view text;
  std::string_view package, status, architecture, multi_arch, essential, version, source, depends, pre_depends, provides;
};

void each_stanza(std::string_view text, const std::function<void(const DpkgStanza&)>& visit);

// Whether a package in this state has its files unpacked. No status at all, as in status.d, says that it has.
bool has_files(std::string_view status);

// Appends the names in a relationship field, alternatives alike: without versions, architecture qualifiers kept.
void add_relations(std::string_view field, std::vector<std::string>& names, size_t& room);

// Paths at which another package's file stands in place of a package's own: three lines each, the path, where the
// file is instead, and the package whose file keeps the path (":" if none does).
class Diversions {
 public:
  Diversions() = default;
  explicit Diversions(std::string_view text);

  // Where the file stands that this package has at this path.
  std::string_view place(std::string_view path, std::string_view package) const;
  size_t size() const { return by_path_.size(); }

 private:
  struct Diversion {
    std::string to;
    std::string by;
  };
  std::unordered_map<std::string, Diversion> by_path_;
  std::bitset<kMaxPath> lengths_;  // of the paths, so that few paths need be looked up
};

// The paths of NAME.list: one a line, the root as "/.".
void each_listed_path(std::string_view text, const std::function<void(std::string_view path)>& visit);

// The sums of NAME.md5sums and their paths, which are relative to the root there. `visit` gets them absolute.
using SummedPathVisitor = std::function<void(std::string_view path, std::string_view md5)>;
void each_summed_path(std::string_view text, const SummedPathVisitor& visit);

}  // namespace rootlet::package
