#include <algorithm>
#include <cctype>

#include "oci/documents.hpp"

namespace rootlet::oci {
namespace {

constexpr std::string_view kSha256 = "sha256:";
constexpr size_t kMostPairs = 10'000;
constexpr size_t kMostHistory = 10'000;

constexpr std::string_view kDockerIndexType = "application/vnd.docker.distribution.manifest.list.v2+json";
constexpr std::string_view kDockerManifestType = "application/vnd.docker.distribution.manifest.v2+json";

// One document: what it is called in errors, and its members by name and type.
class Reader {
 public:
  explicit Reader(const std::string& shown) : shown_(shown) {}

  Unexpected malformed(const std::string& what) const { return fail(ErrorCode::malformed, shown_ + ": " + what, shown_); }

  Result<JsonValue> document(std::string_view text) const {
    if (text.size() > kMostDocumentBytes) return too_many("bytes", kMostDocumentBytes);
    auto document = parse_json(text);
    if (!document || !document->is(JsonValue::object)) return malformed("is no JSON object");
    return std::move(*document);
  }

  // The array of that name; of none, null.
  Result<const JsonValue*> array(const JsonValue& in, const std::string& name, size_t most) const {
    const JsonValue* found = in.find(name);
    if (found == nullptr || found->is(JsonValue::null)) return nullptr;
    if (!found->is(JsonValue::array)) return malformed("\"" + name + "\" is no array");
    if (found->items.size() > most) return too_many(name, most);
    return found;
  }

  Result<void> check_digest(const std::string& digest, const std::string& member) const {
    if (is_digest(digest)) return {};
    const size_t colon = digest.find(':');
    const bool other = colon != std::string::npos && colon > 0 && !digest.starts_with(kSha256) &&
                       std::all_of(digest.begin(), digest.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == ':' || c == '+' || c == '-' || c == '_' || c == '.'; });
    if (other) return fail(ErrorCode::unsupported, shown_ + ": \"" + member + "\" is a digest of another algorithm than sha256 (" + digest.substr(0, 100) + ")", shown_);
    return malformed("\"" + member + "\" is no digest (\"sha256:\" and 64 lower-case hexadecimal digits)");
  }

  Result<Pairs> pairs(const JsonValue& in, const std::string& name) const {
    Pairs pairs;
    const JsonValue* found = in.find(name);
    if (found == nullptr || found->is(JsonValue::null)) return pairs;
    if (!found->is(JsonValue::object)) return malformed("\"" + name + "\" is no object");
    if (found->members.size() > kMostPairs) return too_many(name, kMostPairs);
    for (const auto& [key, value] : found->members) {
      if (!value.is(JsonValue::string)) return malformed("\"" + name + "\" has \"" + key.substr(0, 100) + "\", which is no string");
      pairs.emplace_back(key, value.text);
    }
    return pairs;
  }

  Result<Descriptor> descriptor(const JsonValue& in, const std::string& member) const {
    if (!in.is(JsonValue::object)) return malformed("\"" + member + "\" is no descriptor (an object with mediaType, digest and size)");
    Descriptor descriptor;
    descriptor.media_type = in.text_of("mediaType");
    descriptor.digest = in.text_of("digest");
    descriptor.artifact_type = in.text_of("artifactType");
    if (auto good = check_digest(descriptor.digest, member + ".digest"); !good) return Unexpected(std::move(good).error());
    const auto size = in.count_of("size");
    if (!size || *size > INT64_MAX) return malformed("\"" + member + ".size\" is no number of bytes");
    descriptor.size = *size;
    if (const JsonValue* platform = in.find("platform"); platform != nullptr && platform->is(JsonValue::object)) {
      descriptor.platform = Platform{platform->text_of("os"), platform->text_of("architecture"), platform->text_of("variant")};
    }
    auto annotations = pairs(in, "annotations");
    if (!annotations) return Unexpected(std::move(annotations).error());
    descriptor.annotations = std::move(*annotations);
    return descriptor;
  }

  Result<std::vector<Descriptor>> descriptors(const JsonValue& in, const std::string& name, size_t most) const {
    auto items = array(in, name, most);
    if (!items) return Unexpected(std::move(items).error());
    if (*items == nullptr) return malformed("has no \"" + name + "\"");
    std::vector<Descriptor> descriptors;
    for (const JsonValue& item : (*items)->items) {
      auto next = descriptor(item, name + "[" + std::to_string(descriptors.size()) + "]");
      if (!next) return Unexpected(std::move(next).error());
      descriptors.push_back(std::move(*next));
    }
    return descriptors;
  }

  // Version 1 of docker's manifests, before digests, has the same names for other things.
  Result<void> check_kind(const JsonValue& in, bool (*is_kind)(std::string_view), const char* kind) const {
    const auto version = in.count_of("schemaVersion");
    if (version != 2) return malformed(version ? "\"schemaVersion\" is " + std::to_string(*version) + "; 2 is known here" : "has no \"schemaVersion\"");
    const std::string type = in.text_of("mediaType");
    if (type.empty() || is_kind(type)) return {};
    return malformed("\"mediaType\" is \"" + type.substr(0, 200) + "\", which is not that of " + kind);
  }

 private:
  Unexpected too_many(const std::string& what, uint64_t most) const {
    return fail(ErrorCode::too_large, shown_ + " has more " + what + " than the " + std::to_string(most) + " that are read", shown_);
  }

  const std::string& shown_;
};

History history_of(const JsonValue& item) {
  History history{item.text_of("created"), item.text_of("created_by"), item.text_of("comment")};
  const JsonValue* empty = item.find("empty_layer");
  history.empty_layer = empty != nullptr && empty->is(JsonValue::boolean) && empty->text == "true";
  return history;
}

}  // namespace

std::string to_string(const Platform& platform) {
  return platform.os + "/" + platform.architecture + (platform.variant.empty() ? "" : "/" + platform.variant);
}

Result<Platform> parse_platform(const std::string& text) {
  std::vector<std::string> parts = {""};
  for (const char c : text) {
    if (c == '/') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  const bool plain = std::all_of(parts.begin(), parts.end(), [&](const std::string& part) { return !part.empty() && part.find_first_not_of(kPlain) == std::string::npos; });
  if (!plain || parts.size() < 2 || parts.size() > 3) {
    return fail(ErrorCode::invalid_argument, "\"" + text + "\" is no platform; write OS/ARCHITECTURE[/VARIANT], such as linux/amd64 or linux/arm/v7");
  }
  return Platform{parts[0], parts[1], parts.size() == 3 ? parts[2] : ""};
}

bool is_digest(std::string_view text) {
  if (!text.starts_with(kSha256) || text.size() != kSha256.size() + 64) return false;
  text.remove_prefix(kSha256.size());
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_index(std::string_view media_type) { return media_type == kIndexType || media_type == kDockerIndexType; }

bool is_manifest(std::string_view media_type) { return media_type == kManifestType || media_type == kDockerManifestType; }

bool is_about_another(const Descriptor& descriptor) {
  return !descriptor.artifact_type.empty() || annotation(descriptor, kAttestationType) != nullptr;
}

const std::string* annotation(const Descriptor& descriptor, std::string_view name) {
  const auto found = std::find_if(descriptor.annotations.begin(), descriptor.annotations.end(), [name](const auto& pair) { return pair.first == name; });
  return found == descriptor.annotations.end() ? nullptr : &found->second;
}

const std::string* full_name(const Descriptor& descriptor) {
  const std::string* name = annotation(descriptor, kImageName);
  return name != nullptr ? name : annotation(descriptor, kReferenceName);
}

bool is_called(const Descriptor& descriptor, std::string_view name) {
  if (const std::string* tag = annotation(descriptor, kReferenceName); tag != nullptr && *tag == name) return true;
  const std::string* whole = annotation(descriptor, kImageName);
  if (whole == nullptr || name.empty()) return false;
  // distribution/reference, familiarizeName().
  for (const std::string_view hidden : {"", "docker.io/", "docker.io/library/"}) {
    if (!whole->starts_with(hidden)) continue;
    const std::string_view familiar = std::string_view(*whole).substr(hidden.size());
    if (familiar == name || (familiar.starts_with(name) && familiar.substr(name.size()) == ":latest")) return true;
  }
  return false;
}

Result<Index> parse_index(std::string_view text, const std::string& shown) {
  const Reader reader(shown);
  auto document = reader.document(text);
  if (!document) return Unexpected(std::move(document).error());
  if (auto good = reader.check_kind(*document, is_index, "an index"); !good) return Unexpected(std::move(good).error());
  auto manifests = reader.descriptors(*document, "manifests", kMostManifests);
  if (!manifests) return Unexpected(std::move(manifests).error());
  return Index{std::move(*manifests)};
}

Result<Manifest> parse_manifest(std::string_view text, const std::string& shown) {
  const Reader reader(shown);
  auto document = reader.document(text);
  if (!document) return Unexpected(std::move(document).error());
  if (auto good = reader.check_kind(*document, is_manifest, "a manifest"); !good) return Unexpected(std::move(good).error());
  Manifest manifest;
  manifest.artifact_type = document->text_of("artifactType");
  const JsonValue* config = document->find("config");
  if (config == nullptr) return reader.malformed("has no \"config\"");
  auto described = reader.descriptor(*config, "config");
  if (!described) return Unexpected(std::move(described).error());
  manifest.config = std::move(*described);
  auto layers = reader.descriptors(*document, "layers", kMostLayers);
  if (!layers) return Unexpected(std::move(layers).error());
  manifest.layers = std::move(*layers);
  if (const JsonValue* subject = document->find("subject"); subject != nullptr && !subject->is(JsonValue::null)) {
    auto of = reader.descriptor(*subject, "subject");
    if (!of) return Unexpected(std::move(of).error());
    manifest.subject = std::move(*of);
  }
  auto annotations = reader.pairs(*document, "annotations");
  if (!annotations) return Unexpected(std::move(annotations).error());
  manifest.annotations = std::move(*annotations);
  return manifest;
}

Result<Config> parse_config(std::string_view text, const std::string& shown) {
  const Reader reader(shown);
  auto document = reader.document(text);
  if (!document) return Unexpected(std::move(document).error());
  Config config;
  config.platform = Platform{document->text_of("os"), document->text_of("architecture"), document->text_of("variant")};
  config.created = document->text_of("created");
  if (const JsonValue* run = document->find("config"); run != nullptr && run->is(JsonValue::object)) config.run = *run;
  const JsonValue* rootfs = document->find("rootfs");
  if (rootfs == nullptr || !rootfs->is(JsonValue::object)) return reader.malformed("has no \"rootfs\"");
  auto diff_ids = reader.array(*rootfs, "diff_ids", kMostLayers);
  if (!diff_ids) return Unexpected(std::move(diff_ids).error());
  if (*diff_ids != nullptr) {
    for (const JsonValue& id : (*diff_ids)->items) {
      if (auto good = reader.check_digest(id.text, "rootfs.diff_ids"); !good) return Unexpected(std::move(good).error());
      config.diff_ids.push_back(id.text);
    }
  }
  auto history = reader.array(*document, "history", kMostHistory);
  if (!history) return Unexpected(std::move(history).error());
  if (*history != nullptr) {
    for (const JsonValue& item : (*history)->items) config.history.push_back(history_of(item));
  }
  return config;
}

Result<Platform> read_platform(const Descriptor& manifest, const ReadDocument& read, const std::string& shown) {
  auto text = read(manifest);
  if (!text) return Unexpected(std::move(text).error());
  auto parsed = parse_manifest(*text, shown + ": " + manifest.digest);
  if (!parsed) return Unexpected(std::move(parsed).error());
  auto config_text = read(parsed->config);
  if (!config_text) return Unexpected(std::move(config_text).error());
  auto config = parse_config(*config_text, shown + ": " + parsed->config.digest);
  if (!config) return Unexpected(std::move(config).error());
  return std::move(config->platform);
}

}  // namespace rootlet::oci
