#include "image/join.hpp"

#include <algorithm>

namespace rootlet::image {
namespace {

std::string known_tags(const oci::Index& index) {
  std::string tags;
  for (const oci::Descriptor& descriptor : index.manifests) {
    if (const std::string* tag = oci::annotation(descriptor, oci::kReferenceName)) tags += (tags.empty() ? "" : ", ") + *tag;
  }
  return tags.empty() ? "it has no tags" : "its tags are " + tags;
}

Result<void> add(const Layout& layout, oci::Descriptor descriptor, oci::Index& joined) {
  auto platform = oci::read_platform(descriptor, [&layout](const oci::Descriptor& document) { return layout.read_blob(document); }, layout.target().path);
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
  const auto is_called = [&tag](const oci::Descriptor& descriptor) {
    const std::string* name = oci::annotation(descriptor, oci::kReferenceName);
    return name != nullptr && *name == tag;
  };
  const auto found = std::find_if(index.manifests.begin(), index.manifests.end(), is_called);
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
