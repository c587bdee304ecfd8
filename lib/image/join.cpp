#include "image/join.hpp"

#include <algorithm>

namespace rootlet::image {
namespace {

bool is_called(const oci::Descriptor& descriptor, const std::string& tag) {
  return std::any_of(descriptor.annotations.begin(), descriptor.annotations.end(), [&](const auto& pair) { return pair.first == oci::kReferenceName && pair.second == tag; });
}

std::string known_tags(const oci::Index& index) {
  std::string tags;
  for (const oci::Descriptor& descriptor : index.manifests) {
    for (const auto& [name, value] : descriptor.annotations) {
      if (name == oci::kReferenceName) tags += (tags.empty() ? "" : ", ") + value;
    }
  }
  return tags.empty() ? "it has no tags" : "its tags are " + tags;
}

// As the image's own configuration says.
Result<oci::Platform> platform_of(const Layout& layout, const oci::Descriptor& descriptor) {
  const std::string shown = layout.target().path + ": " + descriptor.digest;
  auto text = layout.read_blob(descriptor);
  if (!text) return Unexpected(std::move(text).error());
  auto manifest = oci::parse_manifest(*text, shown);
  if (!manifest) return Unexpected(std::move(manifest).error());
  auto config_text = layout.read_blob(manifest->config);
  if (!config_text) return Unexpected(std::move(config_text).error());
  auto config = oci::parse_config(*config_text, shown);
  if (!config) return Unexpected(std::move(config).error());
  return config->platform;
}

Result<void> add(const Layout& layout, oci::Descriptor descriptor, oci::Index& joined) {
  auto platform = platform_of(layout, descriptor);
  if (!platform) return Unexpected(std::move(platform).error());
  const auto same = std::find_if(joined.manifests.begin(), joined.manifests.end(), [&](const oci::Descriptor& known) { return known.platform == *platform; });
  if (same != joined.manifests.end() && same->digest == descriptor.digest) return {};
  if (same != joined.manifests.end()) {
    return fail(ErrorCode::invalid_argument, "two of the images are for " + oci::to_string(*platform) + "; an index has one for each platform");
  }
  descriptor.platform = std::move(*platform);
  descriptor.annotations.clear();
  joined.manifests.push_back(std::move(descriptor));
  return {};
}

}  // namespace

Result<void> add_image(const Layout& layout, const oci::Index& index, const std::string& tag, oci::Index& joined) {
  const auto found = std::find_if(index.manifests.begin(), index.manifests.end(), [&](const oci::Descriptor& descriptor) { return is_called(descriptor, tag); });
  if (found == index.manifests.end()) {
    return fail(ErrorCode::not_found, layout.target().path + " has no image \"" + tag + "\"; " + known_tags(index), layout.target().path);
  }
  if (!oci::is_index(found->media_type)) return add(layout, *found, joined);
  auto text = layout.read_blob(*found);
  if (!text) return Unexpected(std::move(text).error());
  auto inner = oci::parse_index(*text, layout.target().path + ": " + found->digest);
  if (!inner) return Unexpected(std::move(inner).error());
  for (const oci::Descriptor& descriptor : inner->manifests) {
    if (!oci::is_manifest(descriptor.media_type) || oci::is_about_another(descriptor)) continue;
    if (auto added = add(layout, descriptor, joined); !added) return added;
  }
  return {};
}

}  // namespace rootlet::image
