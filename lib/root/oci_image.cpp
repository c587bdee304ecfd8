#include "root/oci_image.hpp"

#include <algorithm>
#include <set>

#include "base/digest.hpp"

namespace rootlet {
namespace {

constexpr int kMostNesting = 4;  // of indexes

std::string blob_name(const std::string& digest) { return "blobs/sha256/" + digest.substr(digest.find(':') + 1); }

template <typename Words>
std::string joined(const Words& words) {
  constexpr size_t kMost = 20;
  std::string text;
  size_t count = 0;
  for (const std::string& word : words) {
    if (++count > kMost) return text + ", …";
    text += (count == 1 ? "" : ", ") + word;
  }
  return text;
}

class OciImage final : public ImageSource {
 public:
  OciImage(std::unique_ptr<BlobStore> store, ImageKind the_kind) : store_(std::move(store)) { kind = the_kind; }

  Result<void> open(const std::string& tag, const std::string& platform) {
    if (auto known = check_layout(); !known) return known;
    auto text = store_->read("index.json");
    if (!text) return Unexpected(std::move(text).error());
    auto index = oci::parse_index(*text, shown("index.json"));
    if (!index) return Unexpected(std::move(index).error());
    auto chosen = choose(*index, tag);
    if (!chosen) return Unexpected(std::move(chosen).error());
    auto candidates = flatten(*chosen);
    if (!candidates) return Unexpected(std::move(candidates).error());
    auto manifest = choose_platform(std::move(*candidates), platform);
    if (!manifest) return Unexpected(std::move(manifest).error());
    return read_manifest(*manifest, platform);
  }

  Result<std::shared_ptr<const Source>> open_layer(size_t index) const override {
    const oci::Descriptor& layer = layers.at(index);
    auto blob = store_->open(blob_name(layer.digest));
    if (!blob) {
      const bool elsewhere = blob.error().code == ErrorCode::not_found && (layer.media_type.find("foreign") != std::string::npos || layer.media_type.find("nondistributable") != std::string::npos);
      if (elsewhere) return unsupported("the layer " + layer.digest + " is not in the image, but has to be had from elsewhere (" + layer.media_type + ")");
      return blob;
    }
    if (auto fits = check_blob_size(**blob, layer); !fits) return Unexpected(std::move(fits).error());
    return blob;
  }

 private:
  std::string shown(const std::string& name) const { return store_->shown() + ": " + name; }
  Unexpected unsupported(const std::string& what) const { return fail(ErrorCode::unsupported, store_->shown() + ": " + what, store_->shown()); }

  Result<void> check_layout() const {
    if (!store_->has("oci-layout")) return fail(ErrorCode::not_found, store_->shown() + " is no image layout (it has no oci-layout)", store_->shown());
    auto text = store_->read("oci-layout");
    if (!text) return Unexpected(std::move(text).error());
    const auto document = parse_json(*text);
    const std::string version = document ? document->text_of("imageLayoutVersion") : "";
    return version.starts_with("1.") ? Result<void>() : unsupported("oci-layout says version \"" + version.substr(0, 100) + "\"; 1.x is known here");
  }

  Result<std::string> read_document(const oci::Descriptor& descriptor) const {
    if (descriptor.size > oci::kMostDocumentBytes || (read_ += descriptor.size) > kMostBytesOfDocuments) {
      return fail(ErrorCode::too_large, store_->shown() + ": its documents are more than the " + std::to_string(kMostBytesOfDocuments >> 20) + " MiB that are read", store_->shown());
    }
    auto blob = store_->open(blob_name(descriptor.digest));
    if (!blob) return Unexpected(std::move(blob).error());
    if (auto fits = check_blob_size(**blob, descriptor); !fits) return Unexpected(std::move(fits).error());
    auto text = store_->read(blob_name(descriptor.digest));
    if (!text) return text;
    if (auto same = check_blob_digest("sha256:" + sha256(*text), descriptor); !same) return Unexpected(std::move(same).error());
    return text;
  }

  // The images of that name; without one, there is only one image.
  Result<std::vector<oci::Descriptor>> choose(const oci::Index& index, const std::string& tag) const {
    std::vector<oci::Descriptor> chosen;
    std::set<std::string> tags, ambiguous;
    for (const oci::Descriptor& manifest : index.manifests) {
      const std::string* name = oci::full_name(manifest);
      if (name != nullptr) tags.insert(*name);
      const bool wanted = tag.empty() ? !oci::is_about_another(manifest) : oci::is_called(manifest, tag);
      const auto same = [&manifest](const oci::Descriptor& known) { return known.digest == manifest.digest; };
      if (!wanted || std::any_of(chosen.begin(), chosen.end(), same)) continue;
      chosen.push_back(manifest);
      if (name != nullptr) ambiguous.insert(*name);
    }
    if (tag.empty()) ambiguous = tags;
    const std::string have = tags.empty() ? "its images have no tags" : "its tags are " + joined(tags);
    if (chosen.empty()) {
      return fail(ErrorCode::not_found, store_->shown() + (tag.empty() ? " has no image" : " has no image \"" + tag + "\"; " + have), store_->shown());
    }
    // Of one name there may be several images, for several platforms.
    if (chosen.size() > 1 && ambiguous.size() > 1 && !ambiguous.contains(tag)) {
      const std::string which = tag.empty() ? " has several images; " + have : " has several images \"" + tag + "\": " + joined(ambiguous);
      return fail(ErrorCode::invalid_argument, store_->shown() + which + "; name one: oci:" + store_->shown() + ":" + *ambiguous.begin(), store_->shown());
    }
    return only_called(std::move(chosen), tag);
  }

  // A full name is that of its own image also where it is the tag or the short name of others.
  static std::vector<oci::Descriptor> only_called(std::vector<oci::Descriptor> images, const std::string& name) {
    const auto is_whole = [&name](const oci::Descriptor& image) { return oci::full_name(image) != nullptr && *oci::full_name(image) == name; };
    if (std::any_of(images.begin(), images.end(), is_whole)) std::erase_if(images, [&](const oci::Descriptor& image) { return !is_whole(image); });
    return images;
  }

  // Indexes of indexes become one list of manifests.
  Result<std::vector<oci::Descriptor>> flatten(std::vector<oci::Descriptor> open) const {
    std::vector<oci::Descriptor> manifests;
    std::set<std::string> seen;
    for (int depth = 0; !open.empty(); ++depth) {
      if (depth > kMostNesting) return fail(ErrorCode::too_large, store_->shown() + ": indexes are nested deeper than " + std::to_string(kMostNesting), store_->shown());
      std::vector<oci::Descriptor> inner;
      for (oci::Descriptor& descriptor : open) {
        if (!seen.insert(descriptor.digest).second) continue;
        if (!oci::is_index(descriptor.media_type)) {
          if (depth == 0 || !oci::is_about_another(descriptor)) manifests.push_back(std::move(descriptor));
          continue;
        }
        if (++indexes_ > kMostIndexes) return fail(ErrorCode::too_large, store_->shown() + " has more indexes than the " + std::to_string(kMostIndexes) + " that are read", store_->shown());
        auto text = read_document(descriptor);
        if (!text) return Unexpected(std::move(text).error());
        auto index = oci::parse_index(*text, shown(descriptor.digest));
        if (!index) return Unexpected(std::move(index).error());
        for (oci::Descriptor& manifest : index->manifests) inner.push_back(std::move(manifest));
        if (inner.size() + manifests.size() > oci::kMostManifests) return fail(ErrorCode::too_large, store_->shown() + " has more manifests than the " + std::to_string(oci::kMostManifests) + " that are read", store_->shown());
      }
      open = std::move(inner);
    }
    return manifests;
  }

  Result<oci::Descriptor> choose_platform(std::vector<oci::Descriptor> manifests, const std::string& platform) const {
    if (manifests.size() == 1) return std::move(manifests.front());
    std::vector<std::string> platforms;
    std::vector<size_t> fits, exact;
    for (size_t i = 0; i < manifests.size(); ++i) {
      if (!manifests[i].platform) {
        auto own = oci::read_platform(manifests[i], [this](const oci::Descriptor& document) { return read_document(document); }, store_->shown());
        if (!own) return Unexpected(std::move(own).error());
        manifests[i].platform = std::move(*own);
      }
      platforms.push_back(oci::to_string(*manifests[i].platform));
      if (!platform.empty() && is_wanted_platform(*manifests[i].platform, platform)) fits.push_back(i);
      if (platforms.back() == platform) exact.push_back(i);
    }
    if (!exact.empty()) fits = std::move(exact);
    if (fits.size() == 1) return std::move(manifests[fits.front()]);
    if (manifests.empty()) return fail(ErrorCode::not_found, store_->shown() + " has no image", store_->shown());
    const std::string have = store_->shown() + " has images for " + joined(platforms);
    if (platform.empty()) return fail(ErrorCode::invalid_argument, have + "; name one by --platform OS/ARCHITECTURE[/VARIANT]", store_->shown());
    return fail(ErrorCode::not_found, have + (fits.empty() ? ", and none for " : ", and several for ") + platform + (fits.empty() ? "" : "; name one by its tag"), store_->shown());
  }

  Result<void> read_manifest(const oci::Descriptor& descriptor, const std::string& platform) {
    auto text = read_document(descriptor);
    if (!text) return Unexpected(std::move(text).error());
    auto manifest = oci::parse_manifest(*text, shown(descriptor.digest));
    if (!manifest) return Unexpected(std::move(manifest).error());
    const std::string& config_type = manifest->config.media_type;
    const bool image = config_type.empty() || config_type == oci::kConfigType || config_type == "application/vnd.docker.container.image.v1+json";
    if (!image || !manifest->artifact_type.empty()) {
      return unsupported(descriptor.digest + " is no image, but an artifact of type " + (manifest->artifact_type.empty() ? config_type : manifest->artifact_type));
    }
    auto config_text = read_document(manifest->config);
    if (!config_text) return Unexpected(std::move(config_text).error());
    auto parsed = oci::parse_config(*config_text, shown(manifest->config.digest));
    if (!parsed) return Unexpected(std::move(parsed).error());
    config = std::move(*parsed);
    if (!platform.empty() && !is_wanted_platform(config.platform, platform)) {
      return fail(ErrorCode::not_found, store_->shown() + " is for " + oci::to_string(config.platform) + ", not for " + platform, store_->shown());
    }
    layers = std::move(manifest->layers);
    manifest_digest = descriptor.digest;
    if (config.diff_ids.size() != layers.size()) {
      return fail(ErrorCode::malformed, shown(descriptor.digest) + " has " + std::to_string(layers.size()) + " layers, and its configuration " + std::to_string(config.diff_ids.size()) + " diff IDs", store_->shown());
    }
    return check_layers();
  }

  Result<void> check_layers() const {
    for (const oci::Descriptor& layer : layers) {
      const std::string& type = layer.media_type;
      if (type.find("encrypted") != std::string::npos) return unsupported("the layer " + layer.digest + " is encrypted (" + type + "); decrypt the image first, as by skopeo copy --decryption-key");
      if (type.find("tar") == std::string::npos) return unsupported("the layer " + layer.digest + " is no tar (" + type + ")");
    }
    return {};
  }

  static constexpr int kMostIndexes = 1'000;
  static constexpr uint64_t kMostBytesOfDocuments = 64 << 20;  // real images have some hundred, of some KiB

  std::unique_ptr<BlobStore> store_;
  mutable int indexes_ = 0;
  mutable uint64_t read_ = 0;  // bytes of documents
};

}  // namespace

Result<void> check_wanted_platform(const std::string& wanted) {
  if (wanted.empty()) return {};
  auto platform = oci::parse_platform(wanted);
  return platform ? Result<void>() : Unexpected(std::move(platform).error());
}

// A variant that one of the two does not say is any; of arm64 it is often left out.
bool is_wanted_platform(const oci::Platform& own, const std::string& wanted) {
  if (wanted.empty()) return true;
  const std::string plain = own.os + "/" + own.architecture;
  return wanted == plain || wanted == oci::to_string(own) || (own.variant.empty() && wanted.starts_with(plain + "/"));
}

Result<std::unique_ptr<ImageSource>> open_oci_image(std::unique_ptr<BlobStore> store, ImageKind kind, const std::string& tag, const std::string& platform) {
  if (auto good = check_wanted_platform(platform); !good) return Unexpected(std::move(good).error());
  auto image = std::make_unique<OciImage>(std::move(store), kind);
  if (auto opened = image->open(tag, platform); !opened) return Unexpected(std::move(opened).error());
  return std::unique_ptr<ImageSource>(std::move(image));
}

}  // namespace rootlet
