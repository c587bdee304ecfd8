#pragma once

#include <memory>
#include <string>

#include "root/image.hpp"
#include "rootlet/image.hpp"

namespace rootlet::image {

// ImageOptions::base as open_image() takes it: DIR[:TAG] is a layout, too.
std::string base_reference(const ImageOptions& options);

// Of a base for several platforms, without being asked, the one on which the entries run.
Result<std::unique_ptr<ImageSource>> open_base_image(const Closure& closure, Root& root, const ImageOptions& options);

}  // namespace rootlet::image
