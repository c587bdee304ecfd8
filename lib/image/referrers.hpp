// What an index has about images that it no longer has.
#pragma once

#include <string>

#include "oci/documents.hpp"
#include "rootlet/base.hpp"

namespace rootlet::image {

// `after` is the text of the index `before`, in which tags came to name other images. Left out of it is what refers (manifest.md,
// "subject") to a manifest that `before` names and `after` does not, and what refers to that in turn: nobody finds them any more.
// What has a tag of its own stays, and so does what cannot be read. `read` gives the document of a descriptor.
Result<std::string> without_orphans(const std::string& before, const std::string& after, const oci::ReadDocument& read, const std::string& shown);

}  // namespace rootlet::image
