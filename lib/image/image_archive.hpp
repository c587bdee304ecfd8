// An image in one tar, for `skopeo copy oci-archive:` and for `docker load`.
#pragma once

#include <string>
#include <vector>

#include "image/blobs.hpp"
#include "layer/sink.hpp"
#include "oci/documents.hpp"
#include "rootlet/base.hpp"

namespace rootlet::image {

// The index of an archive with these manifests, of which the first is the image's and the others are about it. Clients take an archive
// of one image, and what they count is entries: so it has one, which is an index of its own where there are several manifests. In that,
// what is about the image is told as BuildKit tells its attestations (docs/attestations/attestation-storage.md), which no client runs.
Result<oci::Index> archive_index(std::vector<oci::Descriptor> manifests, Blobs& blobs);

// An image layout: what image-layout.md has as a directory. `shown` is what the output is called in errors.
Result<void> write_oci_archive(const std::vector<Blob>& blobs, const oci::Index& index, layer::Sink& out, const std::string& shown);

// What `docker save` writes (moby image/tarexport): the configuration and the layers beside a manifest.json that names them.
// `layers` are digests of blobs, in their order.
Result<void> write_docker_archive(const std::vector<Blob>& blobs, const std::string& config, const std::vector<std::string>& layers, const std::string& name,
                                  layer::Sink& out, const std::string& shown);

}  // namespace rootlet::image
