#pragma once

#include <memory>
#include <string>

#include "root/blob_store.hpp"
#include "root/image.hpp"

namespace rootlet {

Result<std::unique_ptr<ImageSource>> open_oci_image(std::unique_ptr<BlobStore> store, ImageKind kind, const std::string& tag, const std::string& platform);

// Whether something can be asked for in these words: OS/ARCHITECTURE[/VARIANT], or empty.
Result<void> check_wanted_platform(const std::string& wanted);
// Whether an image for `own` is what is asked for.
bool is_wanted_platform(const oci::Platform& own, const std::string& wanted);

}  // namespace rootlet
