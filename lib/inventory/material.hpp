// What both kinds of bills of materials say: which elements there are, and how they hang together.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "rootlet/inventory.hpp"

namespace rootlet::inventory {

// Elements are numbered: the packages first, then the files of Inventory::files.
using Element = size_t;
inline constexpr Element kNoElement = static_cast<Element>(-1);

class Material {
 public:
  // The inventory must outlive it.
  explicit Material(const Inventory& inventory);

  const Inventory& inventory() const { return inventory_; }
  const std::vector<const InventoryPackage*>& packages() const { return packages_; }  // each once
  const std::string& purl(Element package) const { return purls_[package]; }
  // The regular files of a package, and those that no package owns.
  const std::vector<Element>& files_of(Element package) const { return files_of_[package]; }
  const std::vector<Element>& loose() const { return loose_; }
  const InventoryFile& file(Element element) const { return inventory_.files[element - packages_.size()]; }
  bool is_package(Element element) const { return element < packages_.size(); }

  // What stands for a path: its package, else the file itself; kNoElement for directories and links that no package owns.
  Element of_path(std::string_view path) const;

  // Letters and digits, the same wherever the same thing is described.
  const std::string& id(Element element) const { return ids_[element]; }

  // Who needs what, and which generated file was made from what.
  const std::set<std::pair<Element, Element>>& depends() const { return depends_; }
  const std::set<std::pair<Element, Element>>& made_from() const { return made_from_; }

 private:
  void number_packages();
  void place_files();
  void connect();

  const Inventory& inventory_;
  std::vector<const InventoryPackage*> packages_;
  std::vector<std::string> purls_, ids_;
  std::vector<std::vector<Element>> files_of_;
  std::vector<Element> loose_, elements_;  // elements_: by file
  std::set<std::pair<Element, Element>> depends_, made_from_;
};

// A UUID that is a digest of all that a document says (RFC 9562, 5.8).
std::string document_uuid(const Material& material, SbomFormat format, const SbomOptions& options);

// What the document describes.
std::string subject_name(const Inventory& inventory, const SbomOptions& options);

std::string to_spdx(const Material& material, const SbomOptions& options);
std::string to_cyclonedx(const Material& material, const SbomOptions& options);

}  // namespace rootlet::inventory
