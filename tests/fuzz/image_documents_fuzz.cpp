#include "fuzz/target.hpp"
#include "oci/documents.hpp"

using namespace rootlet;

// What holds for every descriptor that was accepted: its digest is no path, and its size is one.
static void check(const oci::Descriptor& descriptor) {
  fuzz::require(oci::is_digest(descriptor.digest) && descriptor.digest.find('/') == std::string::npos, "a digest is one");
  fuzz::require(descriptor.size <= INT64_MAX, "a size is one of files");
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::as_text(data, size);
  if (auto index = oci::parse_index(text, "index")) {
    for (const oci::Descriptor& manifest : index->manifests) check(manifest);
    auto again = oci::parse_index(oci::to_json(*index), "again");
    fuzz::require(again && again->manifests.size() == index->manifests.size(), "what is written of an index is one");
  } else {
    fuzz::require(index.error().message.starts_with("index"), "an error says of which document it is");
  }
  if (auto manifest = oci::parse_manifest(text, "manifest")) {
    check(manifest->config);
    for (const oci::Descriptor& layer : manifest->layers) check(layer);
    auto again = oci::parse_manifest(oci::to_json(*manifest), "again");
    fuzz::require(again && again->layers.size() == manifest->layers.size(), "what is written of a manifest is one");
  }
  if (auto config = oci::parse_config(text, "config")) {
    for (const std::string& id : config->diff_ids) fuzz::require(oci::is_digest(id), "a diff ID is a digest");
    auto again = oci::parse_config(oci::to_json(*config), "again");
    fuzz::require(again && again->diff_ids == config->diff_ids && again->history.size() == config->history.size(), "what is written of a configuration is one");
  }
  return 0;
}

std::vector<std::string> fuzz::seeds() {
  const std::string digest = "\"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"";
  const std::string descriptor = "{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar+gzip\",\"digest\":" + digest + ",\"size\":32,\"annotations\":{\"a\":\"b\"}}";
  return {"{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"digest\":" + digest +
              ",\"size\":7,\"platform\":{\"os\":\"linux\",\"architecture\":\"arm64\",\"variant\":\"v8\"},\"artifactType\":\"x\"}]}",
          "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"config\":" + descriptor + ",\"layers\":[" + descriptor + "],\"subject\":" + descriptor + "}",
          "{\"os\":\"linux\",\"architecture\":\"amd64\",\"created\":\"1970-01-01T00:00:00Z\",\"config\":{\"Env\":[\"A=b\"]},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[" + digest +
              "]},\"history\":[{\"created_by\":\"x\",\"empty_layer\":true},{}]}"};
}
