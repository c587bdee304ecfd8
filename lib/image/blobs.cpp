#include "image/blobs.hpp"

#include <algorithm>

#include "base/digest.hpp"
#include "layer/stream.hpp"

namespace rootlet::image {

oci::Descriptor describe(std::string_view media_type, const std::string& digest, uint64_t size) {
  oci::Descriptor descriptor;
  descriptor.media_type = media_type;
  descriptor.digest = "sha256:" + digest;
  descriptor.size = size;
  return descriptor;
}

const Blob* Blobs::find(std::string_view digest) const {
  const auto found = std::find_if(all_.begin(), all_.end(), [digest](const Blob& blob) { return blob.digest == digest; });
  return found == all_.end() ? nullptr : &*found;
}

void Blobs::add(Blob blob) {
  if (find(blob.digest) == nullptr) all_.push_back(std::move(blob));
}

Result<oci::Descriptor> Blobs::add_document(std::string_view media_type, std::string_view text) {
  auto file = begin();
  if (!file) return Unexpected(std::move(file).error());
  layer::Stream stream(file->descriptor());
  if (const int error = stream.write(std::as_bytes(std::span(text.data(), text.size()))); error != 0) return layer::output_error(error, "cannot write", target_.path);
  Blob blob{sha256(text), text.size(), std::move(*file)};
  oci::Descriptor descriptor = describe(media_type, blob.digest, blob.size);
  add(std::move(blob));
  return descriptor;
}

}  // namespace rootlet::image
