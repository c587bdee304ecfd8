#include "image/open_base.hpp"

#include "image/platform.hpp"

namespace rootlet {

std::string image::base_reference(const ImageOptions& options) { return is_image_reference(options.base) ? options.base : "oci:" + options.base; }

Result<std::unique_ptr<ImageSource>> image::open_base_image(const Closure& closure, Root& root, const ImageOptions& options) {
  auto opened = open_image(base_reference(options), options.platform);
  if (opened || !options.platform.empty() || opened.error().code != ErrorCode::invalid_argument) return opened;
  const auto own = find_platform(closure, root);
  if (!own) return opened;
  auto fitting = open_image(base_reference(options), oci::to_string(*own));
  return fitting ? std::move(fitting) : std::move(opened);
}

Result<Root> open_base(const Closure& closure, Root& root, const ImageOptions& options) {
  auto opened = image::open_base_image(closure, root, options);
  if (!opened) return Unexpected(std::move(opened).error());
  return open_root(**opened, image::base_reference(options));
}

}  // namespace rootlet
