// The files of an image layout or archive, by name.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "root/unpacked.hpp"
#include "rootlet/base.hpp"

namespace rootlet {

class BlobStore {
 public:
  virtual ~BlobStore() = default;
  // not_found where there is no such file.
  virtual Result<std::shared_ptr<const Source>> open(const std::string& name) const = 0;
  virtual bool has(const std::string& name) const = 0;

  // What the store is called in errors.
  const std::string& shown() const { return shown_; }
  // The whole of a document.
  Result<std::string> read(const std::string& name) const;

 protected:
  explicit BlobStore(std::string shown) : shown_(std::move(shown)) {}
  std::string shown_;
};

// Links are followed, also out of the directory: layouts share blobs that way, and build systems make layouts of links. What is read is
// compared with the digest that names it, so a link to something else shows no more of that than its size.
Result<std::unique_ptr<BlobStore>> open_directory_store(const std::string& directory);

// An archive's members, or null if it has one that no image has, or longer names: then it is a tar of a root. An archive that is compressed
// is unpacked in its `memory` (root/unpacked.hpp).
Result<std::unique_ptr<BlobStore>> open_archive_store(const std::string& file, const std::shared_ptr<const Source>& source, const std::shared_ptr<UnpackMemory>& memory);

}  // namespace rootlet
