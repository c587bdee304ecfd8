#include "report/json.hpp"
#include "rootlet/report.hpp"

namespace rootlet {
namespace {

void write_package(JsonWriter& json, const InventoryPackage& package) {
  json.begin_object();
  json.member("name", package.name);
  json.member("version", package.version);
  if (!package.architecture.empty()) json.member("architecture", package.architecture);
  if (!package.source.empty()) json.member("source", package.source);
  json.key("depends");
  json.begin_array();
  for (const std::string& name : package.depends) json.string(name);
  json.end_array();
  json.end_object();
}

void write_distribution(JsonWriter& json, const Inventory& layer) {
  constexpr std::string_view kFormats[] = {"none", "dpkg", "apk", "rpm", "pacman"};
  json.begin_object();
  json.member("id", layer.distribution.id);
  json.member("version", layer.distribution.version);
  json.member("name", layer.distribution.name);
  json.member("packages", kFormats[static_cast<size_t>(layer.format)]);
  json.end_object();
}

}  // namespace

std::string to_manifest(const Closure& closure, const Inventory& layer) {
  JsonWriter json;
  report::write_members(json, closure, &layer);
  json.key("layer");
  json.begin_array();
  for (const InventoryFile& file : layer.files) {
    if (closure.find(file.path) == nullptr) report::write_inventory_file(json, file, true);
  }
  json.end_array();
  json.key("packages");
  json.begin_array();
  for (const InventoryPackage& package : layer.packages) write_package(json, package);
  json.end_array();
  json.key("distribution");
  write_distribution(json, layer);
  json.end_object();
  return json.take();
}

}  // namespace rootlet
