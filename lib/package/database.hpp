// What the formats have in common: a list of packages, and the paths of each.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rootlet/package.hpp"

namespace rootlet::package {

inline constexpr size_t kMostPackages = 200'000;
inline constexpr size_t kMostNames = 4'000'000;                // that all packages together ask for and provide
inline constexpr uint64_t kMostListBytes = uint64_t{1} << 30;  // of text files, all packages together

// An installed package as its database describes it.
struct Record {
  Package package;                    // depends: the names that it asks for, as resolve_dependencies() reads them
  std::vector<std::string> provides;  // further names that others may ask for
  bool foreign = false;               // of another architecture than the system's own
  uint64_t place = 0;                 // where its Database finds it again
};

// Appends a name if there is room for one more; `room` starts as kMostNames.
inline void add_name(std::vector<std::string>& names, std::string_view name, size_t& room) {
  if (name.empty() || room == 0) return;
  --room;
  names.emplace_back(name);
}

struct OwnedPath {
  enum Kind : uint8_t { file, directory, unknown };
  std::string_view path;   // absolute, as the database spells it
  std::string_view place;  // where it stands: elsewhere if it is diverted, empty if it was not installed
  Kind kind = unknown;
};
using PathVisitor = std::function<void(const OwnedPath&)>;
using SumVisitor = std::function<void(std::string_view place, std::string_view md5)>;

// What went wrong, for findings; after a hundred only that there was more.
class Problems {
 public:
  void add(std::string_view path, std::string_view message);
  const std::vector<std::string>& all() const { return all_; }

 private:
  std::vector<std::string> all_;
};

class Database {
 public:
  virtual ~Database() = default;
  virtual PackageFormat format() const = 0;
  // The installed packages, in any order.
  virtual std::vector<Record> read() = 0;
  // Every path of a package that read() returned.
  virtual void paths(const Record& record, const PathVisitor& visit) = 0;
  // PackageDatabase::record(), and the sums of PackageDatabase::sums().
  virtual std::string text(const Record& record) = 0;
  virtual void sums(const Record&, const SumVisitor&) {}
};

// Each returns null where the root has no database of its kind. Root and Problems must outlive it.
std::unique_ptr<Database> open_dpkg(Root& root, Problems& problems);
std::unique_ptr<Database> open_apk(Root& root, Problems& problems);
std::unique_ptr<Database> open_rpm(Root& root, Problems& problems);
std::unique_ptr<Database> open_pacman(Root& root, Problems& problems);

// Reads the text files of a database, each with a bound on its size and all of them with one in common.
class TextFiles {
 public:
  TextFiles(Root& root, Problems& problems) : root_(root), problems_(problems) {}

  // The whole file, valid until the next call; nothing where there is none, or after a problem was noted.
  std::optional<std::string_view> read(std::string_view path, uint64_t limit, const Node* from = nullptr);

 private:
  Root& root_;
  Problems& problems_;
  std::string buffer_;  // only ever grows: most files find it large enough
  uint64_t read_ = 0;
};

// Puts records in order: by name, of one name the system's own architecture first.
void sort_records(std::vector<Record>& records);

// Turns the names that packages ask for into names of packages that are installed here, each once and in the
// order of the database; what nothing here provides falls out. A name is of one of these forms:
//
//   NAME          a package, or what a package provides; an absolute path, which `owner` answers
//   NAME:ARCH     the same, of this architecture ("any" and "native" say nothing)
//
// The package found is spelled NAME where find(NAME) gives it, else NAME:ARCH.
void resolve_dependencies(std::vector<Record>& records, const std::function<std::optional<uint32_t>(std::string_view)>& owner);

}  // namespace rootlet::package
