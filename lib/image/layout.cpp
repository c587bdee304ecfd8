#include "image/layout.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/digest.hpp"
#include "image/referrers.hpp"
#include "layer/stream.hpp"
#include "root/source.hpp"

namespace rootlet::image {
namespace {

using layer::Descriptor;
using layer::output_error;

constexpr const char* kBlobs = "blobs/sha256";
constexpr std::string_view kEmptyIndex = "{\"schemaVersion\": 2, \"mediaType\": \"application/vnd.oci.image.index.v1+json\", \"manifests\": []}";

std::string hex_of(std::string_view digest) { return std::string(digest.substr(digest.find(':') + 1)); }

// What was added to a directory, and is taken away again unless it is kept.
class Additions {
 public:
  explicit Additions(int directory) : directory_(directory) { names_.reserve(8); }
  ~Additions() {
    for (auto name = names_.rbegin(); name != names_.rend(); ++name) ::unlinkat(directory_, name->path.c_str(), name->flags);
  }
  // Room for a name, so that none is made that cannot be remembered.
  void reserve(size_t more) { names_.reserve(names_.size() + more); }
  void add(std::string path, int flags) { names_.push_back({std::move(path), flags}); }
  void keep() { names_.clear(); }

 private:
  struct Name {
    std::string path;
    int flags;
  };
  int directory_;
  std::vector<Name> names_;
};

// A layout under a temporary name, gone again unless it is kept.
class NewDirectory {
 public:
  NewDirectory(int parent, const std::vector<Blob>& blobs) : parent_(parent) {
    for (const Blob& blob : blobs) files_.push_back(std::string(kBlobs) + "/" + blob.digest);
  }
  ~NewDirectory() {
    if (name_.empty()) return;
    for (const std::string& file : files_) ::unlinkat(descriptor_.get(), file.c_str(), 0);
    for (const char* file : {"index.json", "oci-layout"}) ::unlinkat(descriptor_.get(), file, 0);
    for (const char* directory : {kBlobs, "blobs"}) ::unlinkat(descriptor_.get(), directory, AT_REMOVEDIR);
    ::unlinkat(parent_, name_.c_str(), AT_REMOVEDIR);
  }

  Result<void> make(const layer::Target& target) {
    for (int tries = 0; tries < layer::kTemporaryNames; ++tries) {
      std::string name = layer::temporary_name(target);
      if (::mkdirat(parent_, name.c_str(), 0755) == 0) {
        name_ = std::move(name);
        descriptor_ = Descriptor(::openat(parent_, name_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        return descriptor_ ? Result<void>() : output_error(errno, "cannot open the directory beside", target.path);
      }
      if (errno != EEXIST) break;
    }
    return output_error(errno, "cannot make a directory beside", target.path);
  }
  const char* name() const { return name_.c_str(); }
  int descriptor() const { return descriptor_.get(); }
  void keep() { name_.clear(); }

 private:
  int parent_;
  std::vector<std::string> files_;  // its blobs, whether they are there yet or not
  std::string name_;
  Descriptor descriptor_;
};

Result<void> make_directory(int directory, const char* name, Additions& additions, const std::string& shown) {
  std::string path = name;
  if (::mkdirat(directory, name, 0755) == 0) {
    additions.add(std::move(path), AT_REMOVEDIR);
    return {};
  }
  struct stat status {};
  const int error = errno;
  if (error == EEXIST && ::fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode)) return {};
  return output_error(error == EEXIST ? ENOTDIR : error, "cannot make the directory", shown + "/" + path);
}

Result<void> write_new(int directory, const std::string& name, std::string_view text, Additions& additions, const std::string& shown) {
  std::string path = name;
  Descriptor file(::openat(directory, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!file) return output_error(errno, "cannot make", shown + "/" + name);
  additions.add(std::move(path), 0);
  int error = layer::Stream(file.get()).write(std::as_bytes(std::span(text.data(), text.size())));
  if (const int closed = file.close(); error == 0) error = closed;
  return error == 0 ? Result<void>() : output_error(error, "cannot write", shown + "/" + name);
}

bool exists(int directory, const char* name) {
  struct stat status {};
  return ::fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

bool is_empty(int directory) {
  Descriptor copy(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  DIR* stream = copy ? ::fdopendir(copy.get()) : nullptr;
  if (stream == nullptr) return false;
  copy.release();
  size_t names = 0;
  while (names <= 2 && ::readdir(stream) != nullptr) ++names;
  ::closedir(stream);
  return names <= 2;  // "." and ".."
}

}  // namespace

Result<Layout> Layout::open(const std::string& path) {
  auto target = layer::Target::open(path);
  if (!target) return Unexpected(std::move(target).error());
  Layout layout;
  layout.target_ = std::move(*target);
  layout.directory_ = Descriptor(::openat(layout.target_.parent.get(), layout.target_.name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!layout.directory_) {
    if (errno == ENOENT && !exists(layout.target_.parent.get(), layout.target_.name.c_str())) return layout;
    if (errno == ENOTDIR) return fail(ErrorCode::already_exists, layout.target_.path + " is no directory; an image layout is one", path);
    return output_error(errno, "cannot open", layout.target_.path);
  }
  if (exists(layout.directory_.get(), "oci-layout")) {
    auto version = layout.read("oci-layout", oci::kMostDocumentBytes);
    if (!version) return Unexpected(std::move(version).error());
    const auto document = parse_json(*version);
    const std::string said = document ? document->text_of("imageLayoutVersion") : "";
    if (said.starts_with("1.")) return layout;
    return fail(ErrorCode::unsupported, layout.target_.path + "/oci-layout says version \"" + said + "\"; 1.x is known here", path);
  }
  if (is_empty(layout.directory_.get())) return layout;
  return fail(ErrorCode::already_exists, layout.target_.path + " is neither empty nor an image layout (it has no oci-layout); give another name", path);
}

Result<Layout> Layout::open_existing(const std::string& path) {
  auto layout = open(path);
  if (layout && (!layout->directory_ || !exists(layout->directory_.get(), "oci-layout"))) {
    return fail(ErrorCode::not_found, path + " is no image layout (it has no oci-layout)", path);
  }
  return layout;
}

Result<std::string> Layout::read(const std::string& name, uint64_t limit) const {
  const std::string shown = target_.path + "/" + name;
  Descriptor file(::openat(directory_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) return Unexpected(error_from_errno(errno, "cannot read", shown));
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::malformed, shown + " is not a regular file", shown);
  std::string text;
  while (text.size() <= limit) {
    constexpr size_t kPiece = 64 << 10;
    const size_t done = text.size();
    text.resize(done + kPiece);
    const ssize_t length = ::read(file.get(), text.data() + done, kPiece);
    text.resize(done + static_cast<size_t>(length > 0 ? length : 0));
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return Unexpected(error_from_errno(errno, "cannot read", shown));
    if (length == 0) return text;
  }
  return fail(ErrorCode::too_large, shown + " is larger than " + std::to_string(limit) + " bytes, the most that is read", shown);
}

Result<std::string> Layout::read_index() const {
  if (!directory_ || !exists(directory_.get(), "index.json")) return std::string(kEmptyIndex);
  return read("index.json", oci::kMostDocumentBytes);
}

Result<std::string> Layout::read_blob(const oci::Descriptor& descriptor) const {
  const std::string name = std::string(kBlobs) + "/" + hex_of(descriptor.digest);
  auto text = read(name, oci::kMostDocumentBytes);
  if (text && sha256(*text) != hex_of(descriptor.digest)) {
    return fail(ErrorCode::malformed, target_.path + "/" + name + " has other content than its name says; the layout is damaged", target_.path);
  }
  return text;
}

Result<bool> Layout::has(std::string_view digest, uint64_t size) const { return directory_ ? has(directory_.get(), digest, size) : Result<bool>(false); }

Result<bool> Layout::has(int directory, std::string_view digest, uint64_t size) const {
  const std::string name = std::string(kBlobs) + "/" + hex_of(digest);
  auto file = open_file_source(directory, name, target_.path + "/" + name);
  if (!file && file.error().code == ErrorCode::not_found) return false;
  if (!file) return Unexpected(std::move(file).error());
  if ((*file)->size() != size) return false;
  auto actual = sha256(**file);
  if (!actual) return Unexpected(std::move(actual).error());
  return *actual == hex_of(digest);
}

Result<bool> Layout::put(Blob& blob, int directory, int store) const {
  const std::string shown = target_.path + "/" + kBlobs + "/" + blob.digest;
  int error = blob.file.link(store, blob.digest);
  if (error == EEXIST) {
    auto same = has(directory, blob.digest, blob.size);
    if (!same) return Unexpected(std::move(same).error());
    if (*same) return false;
    error = blob.file.replace(store, blob.digest, target_);  // it is damaged: its name says what it has to be
    if (error == 0) return false;
  }
  return error == 0 ? Result<bool>(true) : output_error(error, "cannot put in place", shown);
}

Result<std::string> Layout::next_index(const std::vector<oci::Descriptor>& manifests) const {
  const std::string shown = target_.path + "/index.json";
  const auto before = read_index();
  auto index = before;
  for (const oci::Descriptor& manifest : manifests) {
    if (index) index = oci::with_manifest(*index, manifest, shown);
  }
  if (!index || !directory_) return index;
  return without_orphans(*before, *index, [this](const oci::Descriptor& document) { return read_blob(document); }, shown);
}

Result<void> Layout::fill(int directory, std::vector<Blob>& blobs, const std::vector<oci::Descriptor>& manifests) {
  Additions additions(directory);
  additions.reserve(blobs.size() + 8);
  for (const char* name : {"blobs", kBlobs}) {
    if (auto made = make_directory(directory, name, additions, target_.path); !made) return made;
  }
  Descriptor store(::openat(directory, kBlobs, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!store) return output_error(errno, "cannot open", target_.path + "/" + kBlobs);
  for (Blob& blob : blobs) {
    std::string path = std::string(kBlobs) + "/" + blob.digest;
    auto added = put(blob, directory, store.get());
    if (!added) return Unexpected(std::move(added).error());
    if (*added) additions.add(std::move(path), 0);
  }
  auto index = next_index(manifests);
  if (!index) return Unexpected(std::move(index).error());
  if (!exists(directory, "oci-layout")) {
    if (auto written = write_new(directory, "oci-layout", oci::kLayout, additions, target_.path); !written) return written;
  }
  const std::string name = layer::temporary_name(target_);
  if (auto written = write_new(directory, name, *index, additions, target_.path); !written) return written;
  if (::renameat(directory, name.c_str(), directory, "index.json") != 0) return output_error(errno, "cannot put in place", target_.path + "/index.json");
  additions.keep();
  return {};
}

Result<void> Layout::commit_new(std::vector<Blob>& blobs, const std::vector<oci::Descriptor>& manifests) {
  const int parent = target_.parent.get();
  NewDirectory made(parent, blobs);
  if (auto done = made.make(target_); !done) return done;
  if (auto done = fill(made.descriptor(), blobs, manifests); !done) return done;
  const int error = layer::rename_new(parent, made.name(), parent, target_.name.c_str());
  if (error == 0) return made.keep(), Result<void>();
  if (error == EEXIST) {
    // Another process was faster, and made it a layout. Blobs that have a name can get another.
    auto there = open(target_.path);
    if (there && there->directory_) return there->commit(blobs, manifests);
  }
  return output_error(error, "cannot put in place", target_.path);
}

Result<void> Layout::commit(std::vector<Blob>& blobs, const std::vector<oci::Descriptor>& manifests) {
  if (!directory_) return commit_new(blobs, manifests);
  // Held until the directory is closed, so that of two processes neither loses the other's image.
  while (::flock(directory_.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return output_error(errno, "cannot lock", target_.path);
  }
  Result<void> done = fill(directory_.get(), blobs, manifests);
  ::flock(directory_.get(), LOCK_UN);
  return done;
}

}  // namespace rootlet::image
