// The JSON documents of an image: OCI image-spec 1.1 (descriptor.md, image-index.md, manifest.md, config.md), and those of docker that
// older images have (distribution, image manifest v2 schema 2), which differ in names of media types only.
//
// Documents come from strangers. What is read is bounded; digests and sizes are checked for their form here, and for their truth by
// whoever reads the blob.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "rootlet/base.hpp"

namespace rootlet::oci {

inline constexpr std::string_view kIndexType = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kManifestType = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kConfigType = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view kEmptyType = "application/vnd.oci.empty.v1+json";
inline constexpr std::string_view kLayerType = "application/vnd.oci.image.layer.v1.tar";  // "+gzip", "+zstd"
inline constexpr std::string_view kReferenceName = "org.opencontainers.image.ref.name";
// The whole name of an image, registry and all, where containerd and Docker 25 and later write an index: the tag is but its end.
inline constexpr std::string_view kImageName = "io.containerd.image.name";
// Of what BuildKit has beside an image in an index: that it is about another manifest, and which (docs/attestations/attestation-storage.md).
inline constexpr std::string_view kAttestationType = "vnd.docker.reference.type";
inline constexpr std::string_view kAttestationSubject = "vnd.docker.reference.digest";
inline constexpr std::string_view kLayout = "{\"imageLayoutVersion\":\"1.0.0\"}";  // image-layout.md, of every 1.x

inline constexpr uint64_t kMostDocumentBytes = 4 << 20;  // as registries have it for a manifest
inline constexpr size_t kMostManifests = 10'000;         // of an index
inline constexpr size_t kMostLayers = 1'000;

using Pairs = std::vector<std::pair<std::string, std::string>>;

// config.md: os and architecture are Go's GOOS and GOARCH.
struct Platform {
  std::string os = "linux", architecture, variant;
  bool operator==(const Platform&) const = default;
};
// "linux/arm64/v8".
std::string to_string(const Platform& platform);
// Of "OS/ARCHITECTURE" or "OS/ARCHITECTURE/VARIANT".
Result<Platform> parse_platform(const std::string& text);

struct Descriptor {
  std::string media_type;
  std::string digest;  // "sha256:" and 64 lower-case hexadecimal digits
  uint64_t size = 0;
  std::optional<Platform> platform;
  std::string artifact_type;
  Pairs annotations;
};

struct Index {
  std::vector<Descriptor> manifests;
};

struct Manifest {
  std::string artifact_type;
  Descriptor config;
  std::vector<Descriptor> layers;
  std::optional<Descriptor> subject;
  Pairs annotations;
};

struct History {
  std::string created, created_by, comment;
  bool empty_layer = false;
};

struct Config {
  Platform platform;
  std::string created;  // RFC 3339, or empty
  JsonValue run;        // the member "config": an object, or null
  std::vector<std::string> diff_ids;
  std::vector<History> history;
};

bool is_digest(std::string_view text);
bool is_index(std::string_view media_type);     // of OCI or docker
bool is_manifest(std::string_view media_type);
// Documents about images are beside them in an index: SBOMs and attestations (image-spec 1.1, and those of BuildKit before it).
bool is_about_another(const Descriptor& descriptor);
// The annotation of that name, or null.
const std::string* annotation(const Descriptor& descriptor, std::string_view name);

// What an entry of an index is called, in full where it says so; null if it has no name.
const std::string* full_name(const Descriptor& descriptor);
// Whether it is called that: by its tag, or by its full name, also as people shorten it ("docker.io/library/app:latest" is app:latest and app).
bool is_called(const Descriptor& descriptor, std::string_view name);

// Errors are of code malformed, or unsupported for a digest of another algorithm; they say which member. `shown` is what the document
// is called in them.
Result<Index> parse_index(std::string_view text, const std::string& shown);
Result<Manifest> parse_manifest(std::string_view text, const std::string& shown);
Result<Config> parse_config(std::string_view text, const std::string& shown);

// The platform of an image as its own configuration says. `read` gives the document of a descriptor; `shown` is what the image is called
// in errors.
using ReadDocument = std::function<Result<std::string>(const Descriptor&)>;
Result<Platform> read_platform(const Descriptor& manifest, const ReadDocument& read, const std::string& shown);

std::string to_json(const Index& index);
std::string to_json(const Manifest& manifest);
std::string to_json(const Config& config);

// The text of an index with one more manifest, in place of one of the same tag (kReferenceName), if there is one. All else stays as it
// is, also what is not understood here.
Result<std::string> with_manifest(std::string_view index, const Descriptor& manifest, const std::string& shown);
// The text of an index without the entries of these digests that have no tag.
Result<std::string> without_manifests(std::string_view index, const std::set<std::string>& digests, const std::string& shown);

}  // namespace rootlet::oci
