// inventory: what stands in a layer, byte for byte, and what that is good for: to compare two layers, to check one against its
// manifest, and to write a bill of materials.
//
// An inventory is made of a plan, with the reasons of its closure; of what a Root shows, which may be a directory, an archive or an
// image, with the packages of its own database; or of a manifest, which is the JSON of an inventory that was made earlier. It holds
// copies of everything and may outlive what it was made of.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rootlet/base.hpp"
#include "rootlet/closure.hpp"
#include "rootlet/layer.hpp"
#include "rootlet/package.hpp"
#include "rootlet/plan.hpp"
#include "rootlet/root.hpp"

namespace rootlet {

// A Reason that holds its texts; `how` is empty where there is none.
struct InventoryReason {
  std::string kind, by, detail, how;
  bool operator==(const InventoryReason&) const = default;
};
// "needed by /usr/bin/curl: libcurl.so.4 (cache)".
std::string to_string(const InventoryReason& reason);

// One path of a layer. Hard links are files, each with the content that they share.
struct InventoryFile {
  std::string path;
  NodeType type = NodeType::file;
  uint32_t mode = 0;  // 07777, as in the layer; 0 for a link
  uint32_t uid = 0, gid = 0;
  uint64_t size = 0;           // of a file
  std::string sha256, sha1;    // of a file, in hexadecimal; `sha1` only where it was asked for
  std::string target;          // of a link
  std::string capability;      // the raw value of security.capability, or empty
  bool generated = false;      // made by rootlet, not copied
  std::string package;         // that owns it: "libc6 2.36-9", or empty
  std::string architecture;    // of that package
  std::string package_note;    // ClosureFile::package_note
  std::vector<InventoryReason> reasons;  // none where nobody recorded them: of parents, and of what a Root shows
};

struct InventoryPackage {
  std::string name, version, architecture, source;
  std::vector<std::string> depends;  // Package::depends
  // As InventoryFile::package has it.
  std::string title() const { return name + " " + version; }
};

// What /etc/os-release says (os-release(5)).
struct Distribution {
  std::string id, version, name;  // "debian", "12", "Debian GNU/Linux 12 (bookworm)"
};

struct Inventory {
  std::string name;                        // of the Root
  std::vector<std::string> entries;        // of the closure; none of what a Root shows
  std::vector<InventoryFile> files;        // sorted by path, bytewise; "/" is not among them
  std::vector<InventoryPackage> packages;  // by name and architecture; of a plan those that own a file or link in it
  PackageFormat format = PackageFormat::none;
  Distribution distribution;
  bool owners = true;  // whether uid, gid and capability are those of the layer: not in a directory that an ordinary user wrote

  // The file of that path, or null.
  const InventoryFile* find(std::string_view path) const;
};

struct InventoryOptions {
  bool sha1 = false;               // SPDX asks for it
  ProgressCallback progress = {};  // as a writer of layers calls it
};

// Of a plan, of the closure that it was made from, in the Root of both. Reads every file once, as a writer would, with the errors that
// a writer has.
Result<Inventory> take_inventory(const Closure& closure, const Plan& plan, Root& root, const InventoryOptions& options = {});

// The same of the image that write_image() makes of the plan on a base (open_base() in image.hpp): what is carried, and all that the base
// has, which is there for the closure's reasons too where the closure has it.
Result<Inventory> take_inventory(const Closure& closure, const Plan& plan, Root& root, Root& base, const InventoryOptions& options = {});

// Of all that a Root shows. Whatever cannot be read is an error. `owners` is false where the top belongs to somebody but user 0.
Result<Inventory> take_inventory(Root& root, const InventoryOptions& options = {});

// Of the manifest that to_manifest() (report.hpp) made. Errors are `malformed`, saying which member, or `too_large` beyond 256 MiB.
Result<Inventory> read_manifest(std::string_view text);

// Of a reference as the command line has it: a manifest, or whatever Root::open() takes, with these options for it.
Result<Inventory> open_inventory(const std::string& reference, const InventoryOptions& options = {}, const RootOptions& root_options = {});

enum class ChangeKind : uint8_t { added, removed, changed };
std::string_view to_string(ChangeKind kind);

// A path that differs. The pointers lead into the inventories that were compared; that of the side where it is not is null.
struct FileChange {
  ChangeKind kind = ChangeKind::changed;
  const InventoryFile* before = nullptr;
  const InventoryFile* after = nullptr;
  std::vector<std::string> what;  // of a changed one: "content", "mode 0755, now 0700", …

  const std::string& path() const { return (after != nullptr ? after : before)->path; }
};

// A package of one name and architecture of which the versions differ.
struct PackageChange {
  ChangeKind kind = ChangeKind::changed;
  const InventoryPackage* before = nullptr;
  const InventoryPackage* after = nullptr;
  uint64_t bytes_before = 0, bytes_after = 0;  // of its files here

  const std::string& name() const { return (after != nullptr ? after : before)->name; }
  const std::string& architecture() const { return (after != nullptr ? after : before)->architecture; }
};

struct Diff {
  std::string before, after;         // Inventory::name
  std::vector<FileChange> files;     // sorted by path
  std::vector<PackageChange> packages;
  bool same() const { return files.empty() && packages.empty(); }
};

// What differs in path, type, content, mode, owner, link target and file capability; times are not compared, nor reasons. Owners and
// capabilities are compared where both sides have those of the layer (Inventory::owners), packages where both have a package database
// (Inventory::format).
Diff diff(const Inventory& before, const Inventory& after);

// The same between a manifest and what a Root shows, files only: packages are described by files, which are compared.
Diff verify(const Inventory& manifest, const Inventory& found);

// ---- bills of materials

enum class SbomFormat : uint8_t { spdx, cyclonedx };

struct SbomOptions {
  std::string name;     // what the document describes; empty: the last part of the first entry
  int64_t created = 0;  // seconds since the epoch: PlanOptions::epoch
};

// SPDX 2.3 or CycloneDX 1.6, as JSON that ends in a newline. Same inventory and options, same bytes: identifiers are digests of what is
// described. SPDX wants an inventory with `sha1`. Packages have a purl; the files of a layer are in their packages, or by themselves
// with the evidence that brought them; who needs whom follows from the reasons of files.
std::string to_sbom(const Inventory& inventory, SbomFormat format, const SbomOptions& options = {});

// The package URL (purl-spec): "pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12"; empty for a format without a type.
std::string package_url(const InventoryPackage& package, PackageFormat format, const Distribution& distribution);

}  // namespace rootlet
