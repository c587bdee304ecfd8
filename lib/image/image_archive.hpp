// An image in one tar, for `skopeo copy oci-archive:` and for `docker load`.
#pragma once

#include <string>
#include <vector>

#include "image/blobs.hpp"
#include "layer/sink.hpp"
#include "oci/documents.hpp"
#include "rootlet/base.hpp"

namespace rootlet::image {

// An image layout: what image-layout.md has as a directory. `shown` is what the output is called in errors.
Result<void> write_oci_archive(const std::vector<Blob>& blobs, const oci::Index& index, layer::Sink& out, const std::string& shown);

// What `docker save` writes (moby image/tarexport): the configuration and the layers beside a manifest.json that names them.
// `layers` are digests of blobs, in their order.
Result<void> write_docker_archive(const std::vector<Blob>& blobs, const std::string& config, const std::vector<std::string>& layers, const std::string& name,
                                  layer::Sink& out, const std::string& shown);

}  // namespace rootlet::image
