#pragma once

#include <memory>
#include <string>

#include "root/blob_store.hpp"
#include "root/image.hpp"

namespace rootlet {

// What `docker save` writes: manifest.json, which names configurations and layers by their members (moby's image/tarexport).
Result<std::unique_ptr<ImageSource>> open_docker_image(std::unique_ptr<BlobStore> store, const std::string& tag, const std::string& platform);

}  // namespace rootlet
