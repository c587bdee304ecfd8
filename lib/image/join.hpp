#pragma once

#include <string>

#include "image/layout.hpp"
#include "oci/documents.hpp"

namespace rootlet::image {

// Adds the image that is called `tag` in the layout to `joined`, with its platform; of an index, each of its images. An image for a
// platform that is there already is an error of code invalid_argument.
Result<void> add_image(const Layout& layout, const oci::Index& index, const std::string& tag, oci::Index& joined);

}  // namespace rootlet::image
