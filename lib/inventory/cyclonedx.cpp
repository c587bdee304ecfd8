// CycloneDX 1.6, its JSON form (cyclonedx.org/docs/1.6/json). Components within a component are what it contains.
#include <algorithm>

#include "base/json_writer.hpp"
#include "base/time_text.hpp"
#include "inventory/material.hpp"

namespace rootlet::inventory {
namespace {

constexpr const char* kLayer = "layer";

class Writer {
 public:
  Writer(const Material& material, const SbomOptions& options) : material_(material), inventory_(material.inventory()), options_(options) {}

  std::string run() {
    json_.begin_object();
    json_.member("bomFormat", "CycloneDX");
    json_.member("specVersion", "1.6");
    json_.member("serialNumber", "urn:uuid:" + document_uuid(material_, SbomFormat::cyclonedx, options_));
    json_.key("version"), json_.number(1);
    write_metadata();
    json_.key("components");
    json_.begin_array();
    if (has_system()) write_system();
    for (Element i = 0; i < material_.packages().size(); ++i) write_package(i);
    for (const Element file : material_.loose()) write_file(file, false);
    json_.end_array();
    write_dependencies();
    json_.end_object();
    return json_.take();
  }

 private:
  bool has_system() const { return !inventory_.distribution.id.empty() && !material_.packages().empty(); }
  std::string reference(Element element) const { return (material_.is_package(element) ? "package:" : "file:") + material_.id(element); }

  void begin_component(const char* type, std::string_view reference, std::string_view name, std::string_view component_version) {
    json_.begin_object();
    json_.member("type", type);
    if (!reference.empty()) json_.member("bom-ref", reference);
    json_.member("name", name);
    if (!component_version.empty()) json_.member("version", component_version);
  }

  void write_metadata() {
    json_.key("metadata");
    json_.begin_object();
    json_.member("timestamp", time_text(options_.created));
    json_.key("tools");
    json_.begin_object();
    json_.key("components");
    json_.begin_array();
    begin_component("application", {}, "rootlet", version());
    json_.end_object();
    json_.end_array();
    json_.end_object();
    json_.key("component");
    begin_component("container", kLayer, subject_name(inventory_, options_), {});
    json_.end_object();
    json_.end_object();
  }

  void write_system() {
    begin_component("operating-system", "operating-system", inventory_.distribution.id, inventory_.distribution.version);
    if (!inventory_.distribution.name.empty()) json_.member("description", inventory_.distribution.name);
    json_.end_object();
  }

  using Properties = std::vector<std::pair<std::string, std::string>>;
  void write_properties(const Properties& properties) {
    if (properties.empty()) return;
    json_.key("properties");
    json_.begin_array();
    for (const auto& [name, value] : properties) {
      json_.begin_object();
      json_.member("name", "rootlet:" + name);
      json_.member("value", value);
      json_.end_object();
    }
    json_.end_array();
  }

  void write_package(Element element) {
    const InventoryPackage& package = *material_.packages()[element];
    begin_component("library", reference(element), package.name, package.version);
    if (const std::string& purl = material_.purl(element); !purl.empty()) json_.member("purl", purl);
    if (!material_.files_of(element).empty()) {
      json_.key("components");
      json_.begin_array();
      for (const Element file : material_.files_of(element)) write_file(file, true);
      json_.end_array();
    }
    Properties properties;
    if (!package.architecture.empty()) properties.emplace_back("architecture", package.architecture);
    if (!package.source.empty()) properties.emplace_back("source", package.source);
    write_properties(properties);
    json_.end_object();
  }

  void write_file(Element element, bool owned) {
    const InventoryFile& file = material_.file(element);
    begin_component("file", reference(element), file.path, {});
    json_.key("hashes");
    json_.begin_array();
    write_hash("SHA-1", file.sha1);
    write_hash("SHA-256", file.sha256);
    json_.end_array();
    if (!owned) write_evidence(file);
    Properties properties;
    if (file.generated) properties.emplace_back("generated", "true");
    const auto& made_from = material_.made_from();
    for (auto from = made_from.lower_bound({element, 0}); from != made_from.end() && from->first == element; ++from) {
      properties.emplace_back("generated-from", reference(from->second));
    }
    if (!file.package_note.empty()) properties.emplace_back("package-note", file.package_note);
    write_properties(properties);
    json_.end_object();
  }

  void write_hash(const char* algorithm, const std::string& value) {
    if (value.empty()) return;
    json_.begin_object();
    json_.member("alg", algorithm);
    json_.member("content", value);
    json_.end_object();
  }

  void write_evidence(const InventoryFile& file) {
    if (file.reasons.empty()) return;
    json_.key("evidence");
    json_.begin_object();
    json_.key("occurrences");
    json_.begin_array();
    for (const InventoryReason& reason : file.reasons) {
      json_.begin_object();
      json_.member("location", file.path);
      json_.member("additionalContext", to_string(reason));
      json_.end_object();
    }
    json_.end_array();
    json_.end_object();
  }

  void write_dependency(const std::string& of, const std::vector<std::string>& on) {
    json_.begin_object();
    json_.member("ref", of);
    json_.key("dependsOn");
    json_.begin_array();
    for (const std::string& reference : on) json_.string(reference);
    json_.end_array();
    json_.end_object();
  }

  void write_dependencies() {
    json_.key("dependencies");
    json_.begin_array();
    std::set<Element> entries;
    for (const std::string& entry : inventory_.entries) entries.insert(material_.of_path(entry));
    entries.erase(kNoElement);
    std::vector<std::string> on;
    for (const Element entry : entries) on.push_back(reference(entry));
    write_dependency(kLayer, on);
    for (Element i = 0; i < material_.packages().size(); ++i) write_dependencies_of(i);
    for (const Element file : material_.loose()) write_dependencies_of(file);
    json_.end_array();
  }

  void write_dependencies_of(Element element) {
    const auto& depends = material_.depends();
    std::vector<std::string> on;
    for (auto to = depends.lower_bound({element, 0}); to != depends.end() && to->first == element; ++to) on.push_back(reference(to->second));
    write_dependency(reference(element), on);
  }

  const Material& material_;
  const Inventory& inventory_;
  const SbomOptions& options_;
  JsonWriter json_;
};

}  // namespace

std::string to_cyclonedx(const Material& material, const SbomOptions& options) { return Writer(material, options).run(); }

}  // namespace rootlet::inventory
