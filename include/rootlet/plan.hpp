// plan: the final list of what is written. Paths, modes, owners, times and generated files are
// decided here; the writers in layer.hpp decide nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rootlet/base.hpp"
#include "rootlet/closure.hpp"
#include "rootlet/root.hpp"

namespace rootlet {

enum class PlanEntryType : uint8_t { directory, file, symlink, hard_link };

// One entry of the layer.
struct PlanEntry {
  std::string path;  // absolute, canonical: no link, `.`, `..` or trailing slash in it
  PlanEntryType type = PlanEntryType::file;
  uint32_t mode = 0;     // 07777
  // 0 but for directories of state (below /run, /tmp and /var), which keep their owner: a server that gives up its
  // privileges writes there.
  uint32_t uid = 0, gid = 0;
  int64_t modified = 0;  // seconds since the epoch
  std::string target;    // symlink: its text; hard_link: the path of an earlier entry of type file
  uint64_t size = 0;     // of a file
  const Node* source = nullptr;        // a file's content, unless it is generated
  std::optional<std::string> content;  // a generated file's content
  std::string capability;              // raw value of security.capability, or empty
  // Why the plan has it although the closure has not: "package-metadata", "os-release" or "licenses"; empty for what the closure
  // has and its directories.
  std::string added = {};
};

// Sorted bytewise by path, each path once, every parent directory before what is under it, no entry
// under a symlink. The Nodes belong to the Root that the closure was made with.
struct Plan {
  std::vector<PlanEntry> entries;
  std::vector<Finding> findings;  // set-id bits dropped, and what else the plan changed
  uint64_t bytes = 0;             // content of all files
};

enum class Times : uint8_t {
  package,  // what a package owns keeps its time, which is the same wherever that package is installed and which contents
            // are checked against (Python's and Guile's compiled files); the rest gets PlanOptions::epoch
  epoch,    // every entry gets PlanOptions::epoch
  root,     // every entry keeps its time in the root; generated ones get PlanOptions::epoch
};

struct PlanOptions {
  Times times = Times::package;
  int64_t epoch = 0;       // SOURCE_DATE_EPOCH, where the caller has one
  bool keep_setid = false;
  // USER[:GROUP] that the entries will run as: the layer's passwd and group get what the root's say of them, without passwords. "nonroot"
  // is known if the root does not know it: 65532, with an empty home. A name that nobody knows is a finding "unknown-user".
  std::string user = {};
  // What tells scanners and package tools what is in the layer, where the root has a package database and the layer a file of
  // one of its packages. Always regular files, of mode 0644, owned by root, as old as the epoch:
  //
  //   dpkg    /var/lib/dpkg/status.d/NAME, the package's stanza, and NAME.md5sums, as distroless images have them; NAME:ARCH for
  //           packages of one name and several architectures
  //   apk     /lib/apk/db/installed
  //   rpm     /var/lib/rpmmanifest/container-manifest-2
  //   pacman  /var/lib/pacman/local
  //
  // with the packages that own a file or link of the layer and, of their files, those that the layer has as they were; and what
  // names the distribution: /etc/os-release and /usr/lib/os-release, /etc/debian_version and the like. A file that the closure
  // has at such a path stays.
  bool package_metadata = true;
  // /usr/share/doc/NAME/copyright and what is in /usr/share/licenses/NAME, of the same packages.
  bool licenses = false;
};

// Turns a closure into a plan. Fails if an entry would have to be written through a link.
Result<Plan> make_plan(const Closure& closure, Root& root, const PlanOptions& options);

}  // namespace rootlet
