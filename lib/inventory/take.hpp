// Steps that inventories of plans and of roots share.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "rootlet/inventory.hpp"

namespace rootlet::inventory {

// The digests of one file, piece by piece.
class Digests {
 public:
  explicit Digests(bool sha1) : wants_sha1_(sha1) {}

  void add(std::span<const std::byte> bytes) {
    sha256_.add(bytes);
    if (wants_sha1_) sha1_.add(bytes);
  }
  // Into the file; empty again.
  void finish(InventoryFile& file) {
    file.sha256 = sha256_.hex();
    if (wants_sha1_) file.sha1 = sha1_.hex();
  }

 private:
  bool wants_sha1_;
  Digest sha256_{DigestKind::sha256}, sha1_{DigestKind::sha1};
};

// Looks up owners in the database of a root, which keeps it for the next one.
class Owners {
 public:
  // `root` must outlive it.
  explicit Owners(Root& root);
  ~Owners();
  Owners(const Owners&) = delete;
  Owners& operator=(const Owners&) = delete;

  // Names the package that owns the file, and remembers it.
  void name(InventoryFile& file);
  // Every package of the database, whatever it owns here.
  void name_all();
  // The packages that were named, and the kind of database.
  void finish(Inventory& inventory);

 private:
  Root& root_;
  std::shared_ptr<PackageDatabase> packages_;
  std::vector<const Package*> named_;
};

Distribution read_distribution(Root& root);

std::vector<InventoryReason> reasons_of(const ClosureFile& file);

}  // namespace rootlet::inventory
