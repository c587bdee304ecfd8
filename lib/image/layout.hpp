// An image layout on disk (image-layout.md): a new one, or one that gains an image.
#pragma once

#include <string>
#include <vector>

#include "image/blobs.hpp"
#include "layer/output.hpp"
#include "oci/documents.hpp"
#include "rootlet/base.hpp"

namespace rootlet::image {

class Layout {
 public:
  // Nothing is changed before commit().
  static Result<Layout> open(const std::string& path);
  // One that must exist.
  static Result<Layout> open_existing(const std::string& path);

  const layer::Target& target() const { return target_; }
  // Where its files can be made.
  int directory() const { return directory_ ? directory_.get() : target_.parent.get(); }

  // Whether it has the blob already, whole: one that is damaged is as good as none. Fails where it cannot be read.
  Result<bool> has(std::string_view digest, uint64_t size) const;
  // The text of its index; of a layout that is new, one without images.
  Result<std::string> read_index() const;
  Result<std::string> read_blob(const oci::Descriptor& descriptor) const;

  // Puts the blobs in place, also of such as are damaged, then an index that has the manifests as well.
  Result<void> commit(std::vector<Blob>& blobs, const std::vector<oci::Descriptor>& manifests);

 private:
  Result<void> fill(int directory, std::vector<Blob>& blobs, const std::vector<oci::Descriptor>& manifests);
  Result<void> commit_new(std::vector<Blob>& blobs, const std::vector<oci::Descriptor>& manifests);
  Result<bool> has(int directory, std::string_view digest, uint64_t size) const;
  // The text of its index with the manifests as well, and without what is about images that they replace.
  Result<std::string> next_index(const std::vector<oci::Descriptor>& manifests) const;
  // Whether the blob is new there.
  Result<bool> put(Blob& blob, int directory, int store) const;
  Result<std::string> read(const std::string& name, uint64_t limit) const;

  layer::Target target_;
  layer::Descriptor directory_;  // of one that exists
};

}  // namespace rootlet::image
