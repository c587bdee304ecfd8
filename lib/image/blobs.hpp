// The blobs of an image on their way: in nameless files beside the output until it is put in place.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "layer/nameless_file.hpp"
#include "layer/output.hpp"
#include "oci/documents.hpp"

namespace rootlet::image {

struct Blob {
  std::string digest;  // 64 hexadecimal digits
  uint64_t size = 0;
  layer::NamelessFile file;
};

class Blobs {
 public:
  // Files are made in the file system of `directory`; both must outlive the blobs.
  Blobs(int directory, const layer::Target& target) : directory_(directory), target_(target) {}

  Result<layer::NamelessFile> begin() const { return layer::NamelessFile::create(directory_, target_); }
  // A blob that is already among them is not kept twice.
  void add(Blob blob);
  // Writes a document; the descriptor has its media type, digest and size.
  Result<oci::Descriptor> add_document(std::string_view media_type, std::string_view text);

  const Blob* find(std::string_view digest) const;
  std::vector<Blob>& all() { return all_; }

 private:
  int directory_;
  const layer::Target& target_;
  std::vector<Blob> all_;
};

oci::Descriptor describe(std::string_view media_type, const std::string& digest, uint64_t size);

}  // namespace rootlet::image
