// SPDX 2.3, its JSON form (spdx.github.io/spdx-spec/v2.3; numbers in comments are its sections).
#include <algorithm>

#include "base/digest.hpp"
#include "base/json_writer.hpp"
#include "base/time_text.hpp"
#include "inventory/material.hpp"

namespace rootlet::inventory {
namespace {

constexpr const char* kDocument = "SPDXRef-DOCUMENT";
constexpr const char* kLayer = "SPDXRef-Layer";
constexpr const char* kSystem = "SPDXRef-OperatingSystem";

class Writer {
 public:
  Writer(const Material& material, const SbomOptions& options)
      : material_(material), inventory_(material.inventory()), options_(options), created_(time_text(options.created)) {}

  std::string run() {
    json_.begin_object();
    write_header();
    json_.key("packages");
    json_.begin_array();
    write_layer();
    if (has_system()) write_system();
    for (Element i = 0; i < material_.packages().size(); ++i) write_package(i);
    json_.end_array();
    json_.key("files");
    json_.begin_array();
    for (Element i = 0; i < material_.packages().size(); ++i) {
      for (const Element file : material_.files_of(i)) write_file(file, true);
    }
    for (const Element file : material_.loose()) write_file(file, false);
    json_.end_array();
    write_relationships();
    json_.end_object();
    return json_.take();
  }

 private:
  bool has_system() const { return !inventory_.distribution.id.empty() && !material_.packages().empty(); }
  static std::string tool() { return "Tool: rootlet-" + std::string(version()); }
  std::string reference(Element element) const {
    return (material_.is_package(element) ? "SPDXRef-Package-" : "SPDXRef-File-") + material_.id(element);
  }

  // 6
  void write_header() {
    const std::string name = subject_name(inventory_, options_);
    json_.member("spdxVersion", "SPDX-2.3");
    json_.member("dataLicense", "CC0-1.0");
    json_.member("SPDXID", kDocument);
    json_.member("name", name);
    json_.member("documentNamespace", "https://spdx.org/spdxdocs/rootlet-" + document_uuid(material_, SbomFormat::spdx, options_));
    json_.key("creationInfo");
    json_.begin_object();
    json_.member("created", created_);
    json_.key("creators");
    json_.begin_array();
    json_.string(tool());
    json_.end_array();
    json_.end_object();
  }

  void begin_package(std::string_view id, std::string_view name, std::string_view package_version) {
    json_.begin_object();
    json_.member("SPDXID", id);
    json_.member("name", name);
    if (!package_version.empty()) json_.member("versionInfo", package_version);
    json_.member("downloadLocation", "NOASSERTION");
  }

  // 7.8 and 7.9: a package whose files are described has the SHA-1 of their sorted SHA-1s.
  void write_analysed(std::vector<std::string> sums) {
    const bool analysed = !sums.empty() && std::none_of(sums.begin(), sums.end(), [](const std::string& sum) { return sum.empty(); });
    json_.key("filesAnalyzed"), json_.boolean(analysed);
    if (!analysed) return;
    std::sort(sums.begin(), sums.end());
    Digest digest(DigestKind::sha1);
    for (const std::string& sum : sums) digest.add(sum);
    json_.key("packageVerificationCode");
    json_.begin_object();
    json_.member("packageVerificationCodeValue", digest.hex());
    json_.end_object();
  }

  void write_layer() {
    begin_package(kLayer, subject_name(inventory_, options_), {});
    std::vector<std::string> sums;
    for (const InventoryFile& file : inventory_.files) {
      if (file.type == NodeType::file) sums.push_back(file.sha1);
    }
    write_analysed(std::move(sums));
    json_.member("primaryPackagePurpose", "CONTAINER");
    json_.end_object();
  }

  void write_system() {
    begin_package(kSystem, inventory_.distribution.id, inventory_.distribution.version);
    json_.key("filesAnalyzed"), json_.boolean(false);
    if (!inventory_.distribution.name.empty()) json_.member("description", inventory_.distribution.name);
    json_.member("primaryPackagePurpose", "OPERATING_SYSTEM");
    json_.end_object();
  }

  void write_package(Element element) {
    const InventoryPackage& package = *material_.packages()[element];
    begin_package(reference(element), package.name, package.version);
    std::vector<std::string> sums;
    for (const Element file : material_.files_of(element)) sums.push_back(material_.file(file).sha1);
    write_analysed(std::move(sums));
    json_.member("supplier", "NOASSERTION");
    json_.member("licenseConcluded", "NOASSERTION");
    json_.member("licenseDeclared", "NOASSERTION");
    json_.member("copyrightText", "NOASSERTION");
    if (!package.source.empty()) json_.member("sourceInfo", "built from the source package " + package.source);
    json_.member("comment", "only the files of this package that are in the layer are described");
    if (const std::string& purl = material_.purl(element); !purl.empty()) {
      json_.key("externalRefs");
      json_.begin_array();
      json_.begin_object();
      json_.member("referenceCategory", "PACKAGE-MANAGER");
      json_.member("referenceType", "purl");
      json_.member("referenceLocator", purl);
      json_.end_object();
      json_.end_array();
    }
    json_.end_object();
  }

  void write_checksum(const char* algorithm, const std::string& value) {
    if (value.empty()) return;
    json_.begin_object();
    json_.member("algorithm", algorithm);
    json_.member("checksumValue", value);
    json_.end_object();
  }

  // 8; 8.4 asks for a SHA-1 whatever else there is.
  void write_file(Element element, bool owned) {
    const InventoryFile& file = material_.file(element);
    json_.begin_object();
    json_.member("SPDXID", reference(element));
    json_.member("fileName", "." + file.path);
    json_.key("checksums");
    json_.begin_array();
    write_checksum("SHA1", file.sha1);
    write_checksum("SHA256", file.sha256);
    json_.end_array();
    if (!owned) write_evidence(file);
    json_.end_object();
  }

  // 12
  void write_evidence(const InventoryFile& file) {
    const bool added = !file.reasons.empty() && file.reasons.front().kind == "generated";
    std::string comment = file.generated ? "made by rootlet" : added ? "put there by rootlet" : "no package owns it";
    if (!file.package_note.empty()) comment += "; it was built for " + file.package_note;
    json_.member("comment", comment);
    if (file.reasons.empty()) return;
    json_.key("annotations");
    json_.begin_array();
    for (const InventoryReason& reason : file.reasons) {
      json_.begin_object();
      json_.member("annotationDate", created_);
      json_.member("annotationType", "OTHER");
      json_.member("annotator", tool());
      json_.member("comment", to_string(reason));
      json_.end_object();
    }
    json_.end_array();
  }

  void relate(std::string_view from, std::string_view type, std::string_view to) {
    json_.begin_object();
    json_.member("spdxElementId", from);
    json_.member("relationshipType", type);
    json_.member("relatedSpdxElement", to);
    json_.end_object();
  }

  // 11
  void write_relationships() {
    json_.key("relationships");
    json_.begin_array();
    relate(kDocument, "DESCRIBES", kLayer);
    if (has_system()) relate(kLayer, "CONTAINS", kSystem);
    for (Element i = 0; i < material_.packages().size(); ++i) {
      relate(kLayer, "CONTAINS", reference(i));
      for (const Element file : material_.files_of(i)) relate(reference(i), "CONTAINS", reference(file));
    }
    for (const Element file : material_.loose()) relate(kLayer, "CONTAINS", reference(file));
    for (const auto& [from, to] : material_.depends()) relate(reference(from), "DEPENDS_ON", reference(to));
    for (const auto& [made, from] : material_.made_from()) relate(reference(made), "GENERATED_FROM", reference(from));
    json_.end_array();
  }

  const Material& material_;
  const Inventory& inventory_;
  const SbomOptions& options_;
  std::string created_;
  JsonWriter json_;
};

}  // namespace

std::string to_spdx(const Material& material, const SbomOptions& options) { return Writer(material, options).run(); }

}  // namespace rootlet::inventory
