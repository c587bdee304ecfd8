#pragma once

#include <string>
#include <vector>

#include "image/blobs.hpp"
#include "image/layout.hpp"
#include "oci/documents.hpp"
#include "rootlet/image.hpp"

namespace rootlet::image {

struct MadeImage {
  std::vector<oci::Descriptor> manifests;  // for the index: the image's, then those of what is attached to it
  WrittenImage written;
};

// Makes the blobs of an image, and what binds them together; of a docker archive that is not the manifest. `layout`, unless null, is where
// layers of the base need not be copied to if it has them. `shown` is what the output is called in errors.
Result<MadeImage> make_image(const Closure& closure, const Plan& plan, Root& root, const ImageOptions& options, bool docker, Blobs& blobs, const Layout* layout,
                             const std::string& shown, const ProgressCallback& progress);

}  // namespace rootlet::image
