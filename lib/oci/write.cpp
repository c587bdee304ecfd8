#include <algorithm>

#include "base/json_writer.hpp"
#include "oci/documents.hpp"

namespace rootlet::oci {
namespace {

void write_pairs(JsonWriter& json, std::string_view name, const Pairs& pairs) {
  if (pairs.empty()) return;
  json.key(name);
  json.begin_object();
  for (const auto& [key, value] : pairs) json.member(key, value);
  json.end_object();
}

void write_optional(JsonWriter& json, std::string_view name, const std::string& text) {
  if (!text.empty()) json.member(name, text);
}

void write_platform(JsonWriter& json, const Platform& platform) {
  json.member("architecture", platform.architecture);
  json.member("os", platform.os);
  write_optional(json, "variant", platform.variant);
}

void write_descriptor(JsonWriter& json, const Descriptor& descriptor) {
  json.begin_object();
  json.member("mediaType", descriptor.media_type);
  write_optional(json, "artifactType", descriptor.artifact_type);
  json.member("digest", descriptor.digest);
  json.key("size");
  json.number(descriptor.size);
  if (descriptor.platform) {
    json.key("platform");
    json.begin_object();
    write_platform(json, *descriptor.platform);
    json.end_object();
  }
  write_pairs(json, "annotations", descriptor.annotations);
  json.end_object();
}

void begin_document(JsonWriter& json, std::string_view media_type) {
  json.begin_object();
  json.key("schemaVersion");
  json.number(2);
  json.member("mediaType", media_type);
}

template <typename Items, typename Write>
void write_array(JsonWriter& json, std::string_view name, const Items& items, Write write) {
  json.key(name);
  json.begin_array();
  for (const auto& item : items) write(json, item);
  json.end_array();
}

void write_history(JsonWriter& json, const History& history) {
  json.begin_object();
  write_optional(json, "created", history.created);
  write_optional(json, "created_by", history.created_by);
  write_optional(json, "comment", history.comment);
  if (history.empty_layer) {
    json.key("empty_layer");
    json.boolean(true);
  }
  json.end_object();
}

bool is_called(const JsonValue& manifest, std::string_view tag) {
  const JsonValue* annotations = manifest.find("annotations");
  return annotations != nullptr && annotations->text_of(kReferenceName) == tag;
}

bool has_tag(const JsonValue& manifest) {
  const JsonValue* annotations = manifest.find("annotations");
  return annotations != nullptr && annotations->find(kReferenceName) != nullptr;
}

}  // namespace

std::string to_json(const Index& index) {
  JsonWriter json;
  begin_document(json, kIndexType);
  write_array(json, "manifests", index.manifests, write_descriptor);
  json.end_object();
  return json.take();
}

std::string to_json(const Manifest& manifest) {
  JsonWriter json;
  begin_document(json, kManifestType);
  write_optional(json, "artifactType", manifest.artifact_type);
  json.key("config");
  write_descriptor(json, manifest.config);
  write_array(json, "layers", manifest.layers, write_descriptor);
  if (manifest.subject) {
    json.key("subject");
    write_descriptor(json, *manifest.subject);
  }
  write_pairs(json, "annotations", manifest.annotations);
  json.end_object();
  return json.take();
}

std::string to_json(const Config& config) {
  JsonWriter json;
  json.begin_object();
  write_optional(json, "created", config.created);
  write_platform(json, config.platform);
  if (config.run.is(JsonValue::object)) {
    json.key("config");
    json.value(config.run);
  }
  json.key("rootfs");
  json.begin_object();
  json.member("type", "layers");
  write_array(json, "diff_ids", config.diff_ids, [](JsonWriter& to, const std::string& id) { to.string(id); });
  json.end_object();
  write_array(json, "history", config.history, write_history);
  json.end_object();
  return json.take();
}

Result<std::string> with_manifest(std::string_view index, const Descriptor& manifest, const std::string& shown) {
  if (auto parsed = parse_index(index, shown); !parsed) return Unexpected(std::move(parsed).error());
  std::optional<JsonValue> document = parse_json(index);
  if (!document) return fail(ErrorCode::malformed, shown + " is no JSON", shown);
  const std::string* tag = annotation(manifest, kReferenceName);
  JsonWriter descriptor;
  write_descriptor(descriptor, manifest);
  std::optional<JsonValue> added = parse_json(descriptor.take());
  assert(added);
  for (auto& [name, member] : document->members) {
    if (name != "manifests") continue;
    const auto replaced = [&](const JsonValue& old) {
      if (tag != nullptr) return is_called(old, *tag);
      return old.text_of("digest") == manifest.digest && old.find("annotations") == nullptr;
    };
    std::erase_if(member.items, replaced);
    member.items.push_back(std::move(*added));
  }
  JsonWriter json;
  json.value(*document);
  return json.take();
}

Result<std::string> without_manifests(std::string_view index, const std::set<std::string>& digests, const std::string& shown) {
  if (auto parsed = parse_index(index, shown); !parsed) return Unexpected(std::move(parsed).error());
  std::optional<JsonValue> document = parse_json(index);
  assert(document);
  for (auto& [name, member] : document->members) {
    if (name != "manifests") continue;
    std::erase_if(member.items, [&](const JsonValue& entry) { return digests.contains(entry.text_of("digest")) && !has_tag(entry); });
  }
  JsonWriter json;
  json.value(*document);
  return json.take();
}

}  // namespace rootlet::oci
