#include "root/blob_store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "oci/documents.hpp"
#include "root/source.hpp"
#include "root/tar_reader.hpp"

namespace rootlet {
namespace {

class DirectoryStore final : public BlobStore {
 public:
  DirectoryStore(int directory, std::string shown) : BlobStore(std::move(shown)), directory_(directory) {}
  DirectoryStore(const DirectoryStore&) = delete;
  DirectoryStore& operator=(const DirectoryStore&) = delete;
  ~DirectoryStore() override { ::close(directory_); }

  Result<std::shared_ptr<const Source>> open(const std::string& name) const override { return open_file_source(directory_, name, shown_ + "/" + name); }
  bool has(const std::string& name) const override {
    struct stat status {};
    return ::fstatat(directory_, name.c_str(), &status, 0) == 0 && S_ISREG(status.st_mode);
  }

 private:
  int directory_;
};

class ArchiveStore final : public BlobStore {
 public:
  struct Member {
    uint64_t place = 0, size = 0;
    std::string link;  // `docker save` once wrote a layer that it had before as a symbolic link
  };
  ArchiveStore(std::string shown, std::shared_ptr<const Source> content, std::map<std::string, Member> members)
      : BlobStore(std::move(shown)), content_(std::move(content)), members_(std::move(members)) {}

  Result<std::shared_ptr<const Source>> open(const std::string& name) const override {
    auto found = members_.find(name);
    if (found != members_.end() && !found->second.link.empty()) found = members_.find(target_of(name, found->second.link));
    if (found == members_.end() || !found->second.link.empty()) return fail(ErrorCode::not_found, shown_ + " has no member " + name, shown_);
    const Member& member = found->second;
    return slice(content_, member.place, member.size);
  }
  bool has(const std::string& name) const override { return members_.contains(name); }

 private:
  // "../ID/layer.tar", seen from "OTHER/layer.tar".
  static std::string target_of(const std::string& name, std::string_view link) {
    if (link.starts_with("../") && std::count(name.begin(), name.end(), '/') == 1) return std::string(link.substr(3));
    return name.substr(0, name.rfind('/') + 1) + std::string(link);
  }

  std::shared_ptr<const Source> content_;
  std::map<std::string, Member> members_;
};

constexpr size_t kMostMembers = 100'000;
// Of what is kept of them: an archive of some KiB unpacks to a GiB of names.
constexpr size_t kMostNameBytes = 4096;
constexpr size_t kMostBytesOfNames = 32 << 20;

bool is_hex(std::string_view text, size_t length) {
  return text.size() == length && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// Whether an image's archive may have such a member (image-layout.md; moby's image/tarexport).
bool belongs_to_image(std::string_view name) {
  static const std::set<std::string_view> known = {"oci-layout", "index.json", "manifest.json", "repositories", "blobs", "version", "config.json"};
  std::string_view first = name.substr(0, name.find('/'));
  if (first.starts_with("sha256:")) first.remove_prefix(7);  // as go-containerregistry names a configuration; config.json is jib's
  return name.empty() || known.contains(first) || is_hex(first.substr(0, 64), 64);
}

std::string_view plain(std::string_view name) {
  while (name.starts_with("./")) name.remove_prefix(2);
  while (name.ends_with('/')) name.remove_suffix(1);
  return name == "." ? std::string_view() : name;
}

}  // namespace

Result<std::string> BlobStore::read(const std::string& name) const {
  auto source = open(name);
  if (!source) return Unexpected(std::move(source).error());
  auto text = read_all(**source, oci::kMostDocumentBytes);
  if (!text && text.error().code == ErrorCode::too_large) {
    return fail(ErrorCode::too_large, shown_ + "/" + name + " is larger than the " + std::to_string(oci::kMostDocumentBytes) + " bytes that are read of a document", shown_);
  }
  return text;
}

Result<std::unique_ptr<BlobStore>> open_directory_store(const std::string& directory) {
  std::string shown = directory;
  const int descriptor = ::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return Unexpected(error_from_errno(errno, "cannot open the image layout", directory));
  try {
    return std::unique_ptr<BlobStore>(new DirectoryStore(descriptor, std::move(shown)));
  } catch (const std::bad_alloc&) {
    ::close(descriptor);
    throw;
  }
}

Result<std::unique_ptr<BlobStore>> open_archive_store(const std::string& file, const std::shared_ptr<const Source>& source, const std::shared_ptr<UnpackMemory>& memory) {
  auto packing = packing_of(*source, file);
  if (!packing) return Unexpected(std::move(packing).error());
  Scan scan(*packing, source, memory, file, false);
  TarReader reader(scan, file);
  std::map<std::string, ArchiveStore::Member> members;
  size_t bytes_of_names = 0;
  while (true) {
    auto member = reader.next();
    if (!member) return Unexpected(std::move(member).error());
    if (!*member) break;
    const std::string name(plain((*member)->name));
    if (!belongs_to_image(name) || members.size() >= kMostMembers) return std::unique_ptr<BlobStore>();
    const TarMember& found = **member;
    if (name.size() > kMostNameBytes || found.link.size() > kMostNameBytes) return std::unique_ptr<BlobStore>();
    bytes_of_names += name.size() + found.link.size();
    if (bytes_of_names > kMostBytesOfNames) return std::unique_ptr<BlobStore>();
    if (found.status.type == NodeType::directory || name.empty()) continue;
    if (found.extents.size() > 1 || (found.extents.size() == 1 && found.extents[0].length != found.status.size)) {
      return fail(ErrorCode::unsupported, file + ": the member " + name + " is sparse, which no image's is", file);
    }
    ArchiveStore::Member& stored = members[name];
    stored = {};
    if (found.is_hard_link) {
      const auto same = members.find(std::string(plain(found.link)));
      if (same != members.end()) stored = ArchiveStore::Member(same->second);
    } else if (found.status.type == NodeType::symlink) {
      stored.link = found.link;
    } else if (!found.extents.empty()) {
      stored.place = found.extents[0].place;
      stored.size = found.status.size;
    }
  }
  const bool image = members.contains("manifest.json") || (members.contains("oci-layout") && members.contains("index.json"));
  if (!image) return std::unique_ptr<BlobStore>();
  if (auto done = scan.finish(); !done) return Unexpected(std::move(done).error());
  return std::unique_ptr<BlobStore>(new ArchiveStore(file, scan.source(), std::move(members)));
}

}  // namespace rootlet
