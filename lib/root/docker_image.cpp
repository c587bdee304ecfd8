#include "root/docker_image.hpp"

#include <algorithm>

#include "base/digest.hpp"
#include "root/oci_image.hpp"

namespace rootlet {
namespace {

constexpr size_t kMostImages = 10'000;
constexpr size_t kMostTags = 10'000;

// The name of a configuration's member has its digest: "HEX.json", or "blobs/sha256/HEX".
std::string digest_in(std::string_view name) {
  name = name.substr(name.find_last_of("/:") + 1);
  std::string digest = "sha256:" + std::string(name.substr(0, name.find('.')));
  return oci::is_digest(digest) ? digest : std::string();
}

class DockerImage final : public ImageSource {
 public:
  explicit DockerImage(std::unique_ptr<BlobStore> store) : store_(std::move(store)) { kind = ImageKind::docker_archive; }

  Result<void> open(const std::string& tag, const std::string& platform) {
    auto text = store_->read("manifest.json");
    if (!text) return Unexpected(std::move(text).error());
    const auto document = parse_json(*text);
    if (!document || !document->is(JsonValue::array)) return malformed("manifest.json is no JSON array");
    if (document->items.size() > kMostImages) return fail(ErrorCode::too_large, store_->shown() + " has more images than the " + std::to_string(kMostImages) + " that are read", store_->shown());
    auto image = choose(document->items, tag);
    if (!image) return Unexpected(std::move(image).error());
    if (auto read = read_config((*image)->text_of("Config")); !read) return read;
    if (!is_wanted_platform(config.platform, platform)) {
      return fail(ErrorCode::not_found, store_->shown() + " is for " + oci::to_string(config.platform) + ", not for " + platform, store_->shown());
    }
    return describe_layers(**image);
  }

  Result<std::shared_ptr<const Source>> open_layer(size_t index) const override { return store_->open(names_.at(index)); }

 private:
  Unexpected malformed(const std::string& what) const { return fail(ErrorCode::malformed, store_->shown() + ": " + what, store_->shown()); }

  Result<const JsonValue*> choose(const std::vector<JsonValue>& images, const std::string& tag) const {
    std::string tags;
    size_t count = 0;
    const JsonValue* chosen = nullptr;
    for (const JsonValue& image : images) {
      if (!image.is(JsonValue::object)) return malformed("manifest.json has an item that is no object");
      const JsonValue* names = image.find("RepoTags");
      for (const JsonValue& name : names != nullptr ? names->items : std::vector<JsonValue>()) {
        if (++count > kMostTags) return fail(ErrorCode::too_large, store_->shown() + " has more tags than the " + std::to_string(kMostTags) + " that are read", store_->shown());
        if (count <= 20) tags += (tags.empty() ? "" : ", ") + name.text;
        if (!tag.empty() && (name.text == tag || name.text == tag + ":latest")) chosen = &image;
      }
    }
    if (tag.empty() && images.size() == 1) return &images.front();
    if (chosen != nullptr) return chosen;
    const std::string have = tags.empty() ? "its images have no tags" : "its tags are " + tags;
    if (tag.empty()) return fail(ErrorCode::invalid_argument, store_->shown() + " has " + std::to_string(images.size()) + " images; " + have + "; name one: oci:" + store_->shown() + ":TAG", store_->shown());
    return fail(ErrorCode::not_found, store_->shown() + " has no image \"" + tag + "\"; " + have, store_->shown());
  }

  Result<void> read_config(const std::string& name) {
    auto text = store_->read(name);
    if (!text) return Unexpected(std::move(text).error());
    const std::string expected = digest_in(name), actual = "sha256:" + sha256(*text);
    if (!expected.empty() && expected != actual) return malformed(name + " has the digest " + actual + ", which is not what its name says; the image is damaged");
    auto parsed = oci::parse_config(*text, store_->shown() + ": " + name);
    if (!parsed) return Unexpected(std::move(parsed).error());
    config = std::move(*parsed);
    return {};
  }

  // Layers have no descriptors. One that is not compressed, as docker writes them, has its diff ID as its digest.
  Result<void> describe_layers(const JsonValue& image) {
    const JsonValue* names = image.find("Layers");
    if (names == nullptr || !names->is(JsonValue::array) || names->items.size() != config.diff_ids.size()) return malformed("manifest.json does not have one layer for each diff ID of the configuration");
    for (const JsonValue& name : names->items) {
      names_.push_back(name.text);
      auto blob = store_->open(name.text);
      if (!blob) return Unexpected(std::move(blob).error());
      auto packing = packing_of(**blob, store_->shown() + ": " + name.text);
      if (!packing) return Unexpected(std::move(packing).error());
      oci::Descriptor layer;
      layer.media_type = std::string(oci::kLayerType) + (*packing == Packing::gzip ? "+gzip" : *packing == Packing::zstd ? "+zstd" : "");
      layer.digest = config.diff_ids[layers.size()];
      layer.size = (*blob)->size();
      if (*packing != Packing::none) {
        auto digest = sha256(**blob);
        if (!digest) return Unexpected(std::move(digest).error());
        layer.digest = "sha256:" + *digest;
      }
      layers.push_back(std::move(layer));
    }
    return {};
  }

  std::unique_ptr<BlobStore> store_;
  std::vector<std::string> names_;  // of the layers' members
};

}  // namespace

Result<std::unique_ptr<ImageSource>> open_docker_image(std::unique_ptr<BlobStore> store, const std::string& tag, const std::string& platform) {
  if (auto good = check_wanted_platform(platform); !good) return Unexpected(std::move(good).error());
  auto image = std::make_unique<DockerImage>(std::move(store));
  if (auto opened = image->open(tag, platform); !opened) return Unexpected(std::move(opened).error());
  return std::unique_ptr<ImageSource>(std::move(image));
}

}  // namespace rootlet
