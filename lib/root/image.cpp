#include "root/image.hpp"

#include <sys/stat.h>

#include <fcntl.h>

#include "root/docker_image.hpp"
#include "root/oci_image.hpp"
#include "root/source.hpp"
#include "root/tar_reader.hpp"
#include "root/unpacked.hpp"

namespace rootlet {
namespace {

constexpr std::string_view kOci = "oci:";

bool is_of_type(const std::string& path, mode_t type) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && (status.st_mode & S_IFMT) == type;
}

// A tar of a root, as an image of one layer.
class TarImage final : public ImageSource {
 public:
  explicit TarImage(std::shared_ptr<const Source> content) : content_(std::move(content)) {
    oci::Descriptor layer;
    layer.media_type = oci::kLayerType;
    layer.size = content_->size();
    layers.push_back(std::move(layer));
  }
  Result<std::shared_ptr<const Source>> open_layer(size_t) const override { return content_; }

 private:
  std::shared_ptr<const Source> content_;
};

// Any other file is no root, and no damaged image either.
Result<void> check_tar(const std::shared_ptr<const Source>& source, const std::string& file) {
  auto packing = packing_of(*source, file);
  if (!packing) return Unexpected(std::move(packing).error());
  Scan scan(*packing, source, std::make_shared<UnpackMemory>(), file, false);
  auto start = scan.next();
  if (!start) return Unexpected(std::move(start).error());
  if (is_tar(Bytes(*start))) return {};
  return fail(ErrorCode::not_a_directory, "cannot use as root: " + file + " is no directory, and neither a tar nor the archive of an image", file);
}

Result<std::unique_ptr<ImageSource>> open_archive(const std::string& file, const std::string& tag, const std::string& platform) {
  auto source = open_file_source(AT_FDCWD, file, file);
  if (!source) return Unexpected(std::move(source).error());
  if (auto tar = check_tar(*source, file); !tar) return Unexpected(std::move(tar).error());
  auto store = open_archive_store(file, *source, std::make_shared<UnpackMemory>());
  if (!store) return Unexpected(std::move(store).error());
  if (*store == nullptr) {
    if (tag.empty()) return std::unique_ptr<ImageSource>(new TarImage(std::move(*source)));
    return fail(ErrorCode::invalid_argument, file + " is no archive of images, but a tar of a root, which has no tags", file);
  }
  if ((*store)->has("index.json")) return open_oci_image(std::move(*store), ImageKind::oci_archive, tag, platform);
  return open_docker_image(std::move(*store), tag, platform);
}

// "PATH[:TAG]", where both may have colons: the first part that is there. Without one, no path.
struct Named {
  std::string path, tag;
};
Named split(const std::string& text) {
  for (size_t colon = text.find(':', 1);; colon = text.find(':', colon + 1)) {
    const std::string path = text.substr(0, colon);
    if (is_of_type(path, S_IFREG) || is_of_type(path, S_IFDIR)) return {path, colon == std::string::npos ? "" : text.substr(colon + 1)};
    if (colon == std::string::npos) return {};
  }
}

Result<std::unique_ptr<ImageSource>> open_named(const std::string& text, const std::string& platform) {
  if (text.empty()) return fail(ErrorCode::not_found, "the name of the image is empty; write oci:DIR[:TAG]");
  const Named named = split(text);
  if (named.path.empty()) return fail(ErrorCode::not_found, "there is no image layout and no archive " + text.substr(0, text.find(':', 1)), text);
  if (is_of_type(named.path, S_IFREG)) return open_archive(named.path, named.tag, platform);
  auto store = open_directory_store(named.path);
  if (!store) return Unexpected(std::move(store).error());
  return open_oci_image(std::move(*store), ImageKind::oci_layout, named.tag, platform);
}

}  // namespace

bool is_image_reference(const std::string& reference) { return reference.starts_with(kOci) || is_of_type(reference, S_IFREG); }

std::string image_file(const std::string& reference) {
  if (!reference.starts_with(kOci)) return reference;
  const std::string path = split(reference.substr(kOci.size())).path;
  return is_of_type(path, S_IFDIR) ? path + "/index.json" : path;
}

Result<std::unique_ptr<ImageSource>> open_image(const std::string& reference, const std::string& platform) {
  if (reference.find('\0') != std::string::npos) return fail(ErrorCode::invalid_argument, "the name of an image has no NUL");
  if (reference.starts_with(kOci)) return open_named(reference.substr(kOci.size()), platform);
  return open_archive(reference, "", platform);
}

Result<void> verify_blob(const Source& blob, const oci::Descriptor& descriptor) {
  if (auto fits = check_blob_size(blob, descriptor); !fits) return fits;
  auto digest = sha256(blob);
  if (!digest) return Unexpected(std::move(digest).error());
  return check_blob_digest("sha256:" + *digest, descriptor);
}

Result<void> check_blob_size(const Source& blob, const oci::Descriptor& descriptor) {
  if (blob.size() == descriptor.size) return {};
  return fail(ErrorCode::malformed, "the blob " + descriptor.digest + " has " + std::to_string(blob.size()) + " bytes, and should have " + std::to_string(descriptor.size) + "; the image is damaged", descriptor.digest);
}

Result<void> check_blob_digest(const std::string& actual, const oci::Descriptor& descriptor) {
  if (actual == descriptor.digest) return {};
  return fail(ErrorCode::malformed, "the blob " + descriptor.digest + " has the digest " + actual + "; the image is damaged", descriptor.digest);
}

}  // namespace rootlet
