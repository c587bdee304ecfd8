#include "inventory/material.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/digest.hpp"
#include "base/time_text.hpp"

namespace rootlet::inventory {
namespace {

// Texts one after the other, so that no two lists of them have the same digest.
class Identity {
 public:
  Identity& add(std::string_view text) {
    digest_.add(std::to_string(text.size()) + ":");
    digest_.add(text);
    return *this;
  }
  std::string hex() { return digest_.hex(); }

 private:
  Digest digest_;
};

constexpr size_t kIdLength = 24;

}  // namespace

Material::Material(const Inventory& inventory) : inventory_(inventory) {
  number_packages();
  place_files();
  connect();
}

void Material::number_packages() {
  std::set<std::tuple<std::string_view, std::string_view, std::string_view>> known;
  for (const InventoryPackage& package : inventory_.packages) {
    if (!known.emplace(package.name, package.version, package.architecture).second) continue;
    packages_.push_back(&package);
    purls_.push_back(package_url(package, inventory_.format, inventory_.distribution));
    ids_.push_back(Identity().add(package.name).add(package.version).add(package.architecture).hex().substr(0, kIdLength));
  }
  files_of_.resize(packages_.size());
}

void Material::place_files() {
  std::map<std::pair<std::string, std::string_view>, Element> by_title;
  for (Element i = 0; i < packages_.size(); ++i) by_title.emplace(std::pair(packages_[i]->title(), std::string_view(packages_[i]->architecture)), i);
  for (size_t i = 0; i < inventory_.files.size(); ++i) {
    const InventoryFile& file = inventory_.files[i];
    const Element self = packages_.size() + i;
    ids_.push_back(Identity().add(file.path).hex().substr(0, kIdLength));
    const auto owner = by_title.find({file.package, file.architecture});
    if (owner != by_title.end()) {
      elements_.push_back(owner->second);
      if (file.type == NodeType::file) files_of_[owner->second].push_back(self);
    } else {
      elements_.push_back(file.type == NodeType::file ? self : kNoElement);
      if (file.type == NodeType::file) loose_.push_back(self);
    }
  }
}

Element Material::of_path(std::string_view path) const {
  const InventoryFile* file = inventory_.find(path);
  return file == nullptr ? kNoElement : elements_[static_cast<size_t>(file - inventory_.files.data())];
}

void Material::connect() {
  for (size_t i = 0; i < inventory_.files.size(); ++i) {
    if (elements_[i] == kNoElement) continue;
    for (const InventoryReason& reason : inventory_.files[i].reasons) {
      const Element by = of_path(reason.by);
      if (by == kNoElement || by == elements_[i]) continue;
      if (inventory_.files[i].generated && reason.kind == "generated") made_from_.emplace(elements_[i], by);
      else depends_.emplace(by, elements_[i]);
    }
  }
}

std::string document_uuid(const Material& material, SbomFormat format, const SbomOptions& options) {
  const Inventory& inventory = material.inventory();
  Identity identity;
  identity.add(version()).add(format == SbomFormat::spdx ? "spdx" : "cyclonedx").add(subject_name(inventory, options)).add(time_text(options.created));
  identity.add(inventory.distribution.id).add(inventory.distribution.version).add(inventory.distribution.name);
  for (const std::string& entry : inventory.entries) identity.add(entry);
  for (Element i = 0; i < material.packages().size(); ++i) identity.add(material.id(i)).add(material.purl(i));
  for (const InventoryFile& file : inventory.files) {
    identity.add(file.path).add(file.sha256).add(file.target).add(file.package).add(file.package_note).add(std::to_string(file.mode));
    for (const InventoryReason& reason : file.reasons) identity.add(to_string(reason));
  }
  std::string hex = identity.hex().substr(0, 32);
  hex[12] = '8';                                                     // the version
  hex[16] = "89ab"[static_cast<size_t>(hex[16] < 'a' ? hex[16] - '0' : hex[16] - 'a' + 10) % 4];  // the variant
  for (const size_t place : {20, 16, 12, 8}) hex.insert(place, "-");
  return hex;
}

std::string subject_name(const Inventory& inventory, const SbomOptions& options) {
  if (!options.name.empty()) return options.name;
  std::string_view name = inventory.entries.empty() ? std::string_view(inventory.name) : std::string_view(inventory.entries.front());
  while (name.size() > 1 && name.back() == '/') name.remove_suffix(1);
  const std::string_view last = name.substr(name.rfind('/') + 1);
  return last.empty() ? "layer" : std::string(last);
}

}  // namespace rootlet::inventory

namespace rootlet {

std::string to_sbom(const Inventory& inventory, SbomFormat format, const SbomOptions& options) {
  const inventory::Material material(inventory);
  return format == SbomFormat::spdx ? inventory::to_spdx(material, options) : inventory::to_cyclonedx(material, options);
}

}  // namespace rootlet
