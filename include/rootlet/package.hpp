// package: which package of the root's distribution a file belongs to.
//
// Read from the root's own database, by its text or bytes alone; no package manager runs:
//
//   dpkg    /var/lib/dpkg: status, updates, status.d of distroless images, info/*.list, diversions
//   apk     /lib/apk/db/installed or /usr/lib/apk/db/installed
//   rpm     rpmdb.sqlite in /usr/lib/sysimage/rpm, /var/lib/rpm or /usr/share/rpm; the older formats of rpm
//           (Berkeley DB, NDB) are named in problems() and not read
//   pacman  /var/lib/pacman/local
//
// The first of these that has a package counts. The list of packages is read by the first call that needs it, the
// lists of files by the first owner() (by the first call of all where packages ask for files, as those of rpm do), the
// list of one package again by files(). Lookups then touch no file. Used by one thread at a time; points into its Root
// and must not outlive it.
//
// A database is as untrusted as any other file of a root: what is malformed or beyond a bound is passed over and said
// in problems(), the rest is used.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rootlet/base.hpp"
#include "rootlet/root.hpp"

namespace rootlet {

struct Package {
  std::string name;
  std::string version;       // as the database spells it, epoch and revision included
  std::string architecture;
  std::string source;        // the source package where the database says so, else the name
  bool essential = false;    // dpkg: every package may rely on it without asking (Debian policy 3.8)
  // The packages of this root that it asks for, each once: what fulfils its dependencies by name or by what it
  // provides (a virtual package, "so:libz.so.1", "/bin/sh"); of alternatives, those installed. Versions are not
  // compared. Spelled so that find() gives the package that is meant: "libc6", or "libc6:i386".
  std::vector<std::string> depends;
};

enum class PackageFormat : uint8_t { none, dpkg, apk, rpm, pacman };

class PackageDatabase {
 public:
  explicit PackageDatabase(Root& root);
  // The one that `root` keeps, read now if it is not yet: for all who only ask. What runs out of memory meanwhile leaves it whole.
  static std::shared_ptr<PackageDatabase> kept(Root& root);
  ~PackageDatabase();
  PackageDatabase(const PackageDatabase&) = delete;
  PackageDatabase& operator=(const PackageDatabase&) = delete;

  // Whether a path lies where one of the formats keeps its records: what tells scanners which packages there are.
  static bool is_record(std::string_view path);

  PackageFormat format();

  // The package that owns a file, link or directory, or null. `path` is absolute; links in it are not followed, but
  // a merged /usr is seen through: where /lib is a link to usr/lib, both spellings have the owner of either. Where dpkg
  // diverts a file, its owner has it at the place where it stands. Of several owners, as directories have, the
  // first by name. Packages live as long as the database.
  const Package* owner(std::string_view path);

  // The package of that name, or null. Of several architectures the system's own; "NAME:ARCH" asks for another.
  const Package* find(std::string_view name);

  // The files that a package owns, as the database spells them, sorted; directories left out. Files that a package
  // manager was told not to install, or that are gone, may be among them.
  std::vector<std::string> files(const Package& package);

  // What the database says of a package, for whoever writes it down again; empty where it cannot be had:
  //
  //   dpkg    its stanza of `status`
  //   apk     its lines of `installed`
  //   rpm     the ten fields of a container manifest with tabs between them, as Azure Linux defines them by a query format:
  //           NAME VERSION-RELEASE INSTALLTIME BUILDTIME VENDOR EPOCH SIZE ARCH EPOCHNUM SOURCERPM. INSTALLTIME is BUILDTIME here,
  //           which no machine changes; a package that names no source package gets one of its own name, without which readers
  //           refuse the whole file.
  //   pacman  its `desc`
  std::string record(const Package& package);

  // The MD5 sums that dpkg's database has of a package's files as they were packaged: by the path where each stands, links of a
  // merged /usr crossed. Configuration files are not among them. Other formats have none.
  std::map<std::string, std::string> sums(const Package& package);

  // Where a path as the database spells it stands, links of a merged /usr crossed: "/usr/lib/x" for "/lib/x".
  std::string canonical(std::string_view path);

  // Every package, by name.
  std::vector<const Package*> packages();

  // What went wrong so far, for findings: "path: message". At most about a hundred.
  const std::vector<std::string>& problems() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Whether a packaged file can matter while a program runs, by its path alone: not documentation, manual pages,
// headers, static libraries, pkg-config and CMake files, caches (Python's compiled modules among them: the source is
// there), message catalogs, shell completions, units and scripts of init systems, bug and lintian files. In doubt it can.
bool is_runtime_path(std::string_view path);

}  // namespace rootlet
