// Images as they lie on a disk: what they say of themselves, and their layers as they are stored.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "oci/documents.hpp"
#include "rootlet/base.hpp"

namespace rootlet {

class Root;

enum class ImageKind : uint8_t { oci_layout, oci_archive, docker_archive, tar };

struct ImageSource {
  ImageKind kind = ImageKind::tar;
  oci::Config config;                   // empty for a tar; else with one diff ID a layer
  std::vector<oci::Descriptor> layers;  // the lowest first. A tar is one layer, without a digest
  std::string manifest_digest;          // "sha256:…"; empty for what has no manifest: a docker archive, a tar

  virtual ~ImageSource() = default;
  // The bytes of a layer as they are stored, of the size that its descriptor says. They have yet to be compared with its digest.
  virtual Result<std::shared_ptr<const Source>> open_layer(size_t index) const = 0;
};

// Whether a root is named that is no directory: "oci:…", or an existing regular file.
bool is_image_reference(const std::string& reference);

// The file of this machine that changes when the image does.
std::string image_file(const std::string& reference);

// `reference` is "oci:DIRECTORY[:TAG]", an image layout; a FILE, which is an OCI archive, what `docker save` writes, or a tar of a root;
// or "oci:FILE:TAG", one of several images in such an archive, by oci::is_called(). Any of the files may be compressed by gzip or zstd as a whole.
// `platform` is OS/ARCHITECTURE[/VARIANT]: which one of an image that there are several of; this machine's own is not consulted.
// Manifest and configuration are compared with their digests, layers are not yet.
Result<std::unique_ptr<ImageSource>> open_image(const std::string& reference, const std::string& platform = {});

// What its layers make, one on the other: as Root::open(), but of the image that is open, whatever its reference names by now. The image
// may go; `name` is what the Root is called.
Result<Root> open_root(const ImageSource& image, const std::string& name);

// Whether a blob has the size and the digest of its descriptor: an error of code malformed where it has not.
Result<void> verify_blob(const Source& blob, const oci::Descriptor& descriptor);

// The same in two steps, for who reads it anyway.
Result<void> check_blob_size(const Source& blob, const oci::Descriptor& descriptor);
Result<void> check_blob_digest(const std::string& actual, const oci::Descriptor& descriptor);

}  // namespace rootlet
