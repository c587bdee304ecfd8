#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <list>
#include <memory>
#include <new>
#include <unordered_map>

#include "root/file_system.hpp"

namespace rootlet {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int value = -1) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) reset(std::exchange(other.value_, -1));
    return *this;
  }
  ~Descriptor() { reset(-1); }
  int get() const { return value_; }
  int release() { return std::exchange(value_, -1); }

 private:
  void reset(int value) {
    if (value_ >= 0) ::close(value_);
    value_ = value;
  }
  int value_;
};

class PosixFile final : public File {
 public:
  PosixFile(Descriptor descriptor, const Node& node) : descriptor_(std::move(descriptor)), node_(node) {}

  Result<size_t> read_at(uint64_t offset, std::span<std::byte> out) const override {
    size_t done = 0;
    while (done < out.size()) {
      if (offset + done > INT64_MAX) break;
      ssize_t length = ::pread(descriptor_.get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
      if (length < 0 && errno == EINTR) continue;
      if (length < 0) return Unexpected(error_from_errno(errno, "cannot read", node_.path()));
      if (length == 0) break;
      done += static_cast<size_t>(length);
    }
    return done;
  }
  uint64_t size() const override { return node_.status().size; }
  int descriptor() const override { return descriptor_.get(); }

 private:
  Descriptor descriptor_;
  const Node& node_;
};

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

// The errno value of a failed lookup. A lack of memory says nothing of the entry, which would be remembered as one that is not there.
int failure() { return errno == ENOMEM ? throw std::bad_alloc() : errno; }

Status status_of(const struct stat& from) {
  Status status;
  status.type = S_ISREG(from.st_mode)   ? NodeType::file
                : S_ISDIR(from.st_mode) ? NodeType::directory
                : S_ISLNK(from.st_mode) ? NodeType::symlink
                                        : NodeType::other;
  status.uid = from.st_uid;
  status.gid = from.st_gid;
  status.mode = from.st_mode & 07777;
  status.size = static_cast<uint64_t>(from.st_size);
  status.device = from.st_dev;
  status.inode = from.st_ino;
  status.link_count = static_cast<uint32_t>(from.st_nlink);
  status.modified = from.st_mtim.tv_sec;
  return status;
}

// Directory handles, the least recently used closed first, so that a tree of any size costs few.
class HandleCache {
 public:
  int find(const Node* node) {
    auto found = handles_.find(node);
    if (found == handles_.end()) return -1;
    order_.splice(order_.begin(), order_, found->second.place);
    return found->second.descriptor.get();
  }
  int keep(const Node* node, Descriptor descriptor) {
    if (handles_.size() >= kMost) {
      handles_.erase(order_.back());
      order_.pop_back();
    }
    std::list<const Node*> place = {node};
    Handle& handle = handles_.emplace(node, Handle{std::move(descriptor), place.begin()}).first->second;
    order_.splice(order_.begin(), place);
    return handle.descriptor.get();
  }

 private:
  static constexpr size_t kMost = 64;
  struct Handle {
    Descriptor descriptor;
    std::list<const Node*>::iterator place;
  };
  std::unordered_map<const Node*, Handle> handles_;
  std::list<const Node*> order_;
};

class PosixFileSystem final : public FileSystem {
 public:
  explicit PosixFileSystem(Descriptor top) : top_(std::move(top)) {}

  Entry entry(const Node& directory, std::string_view name) override {
    Entry entry;
    int at = handle(directory);
    if (at < 0) return entry.error = failure(), entry;
    const std::string text(name);
    struct stat status;
    if (::fstatat(at, text.c_str(), &status, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0) return entry.error = failure(), entry;
    entry.status = status_of(status);
    if (entry.status.type == NodeType::symlink) read_target(at, text, entry);
    return entry;
  }

  Result<std::unique_ptr<File>> open(const Node& node) override {
    int at = handle(*node.parent());
    const std::string name(node.name());
    // The entry was a regular file when it was looked up. If it has become a pipe or a device since, O_NONBLOCK
    // keeps the open from waiting, and nothing is read.
    Descriptor file(at < 0 ? -1 : ::openat(at, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    struct stat status;
    if (file.get() < 0 || ::fstat(file.get(), &status) != 0) return Unexpected(error_from_errno(errno, "cannot open", node.path()));
    if (!S_ISREG(status.st_mode)) return fail(ErrorCode::unsupported, node.path() + " is no longer a regular file", node.path());
    return std::unique_ptr<File>(new PosixFile(std::move(file), node));
  }

  Result<std::vector<std::string>> list(const Node& directory) override {
    int at = handle(directory);
    Descriptor copy(at < 0 ? -1 : ::openat(at, ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (copy.get() < 0) return Unexpected(error_from_errno(errno, "cannot list", directory.path()));
    const std::unique_ptr<DIR, CloseDirectory> stream(::fdopendir(copy.get()));
    if (stream == nullptr) return Unexpected(error_from_errno(errno, "cannot list", directory.path()));
    copy.release();
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* item = ::readdir(stream.get())) {
      std::string_view name = item->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    if (errno != 0) return Unexpected(error_from_errno(errno, "cannot list", directory.path()));
    return names;
  }

  std::optional<std::string> attribute(const Node& node, const char* name) override {
    auto file = node.is_file() ? open(node) : Result<std::unique_ptr<File>>(fail(ErrorCode::unsupported, ""));
    if (!file) return std::nullopt;
    std::string value(256, '\0');
    ssize_t size = ::fgetxattr((*file)->descriptor(), name, value.data(), value.size());
    if (size < 0) return std::nullopt;
    value.resize(static_cast<size_t>(size));
    return value;
  }

 private:
  // A handle on a directory, opened component by component below the top, no link followed; -1 and
  // errno otherwise.
  int handle(const Node& directory) {
    if (directory.parent() == nullptr) return top_.get();
    int known = handles_.find(&directory);
    if (known >= 0) return known;
    int parent = handle(*directory.parent());
    if (parent < 0) return -1;
    const std::string name(directory.name());
    Descriptor opened(::openat(parent, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (opened.get() < 0) return -1;
    return handles_.keep(&directory, std::move(opened));
  }

  static void read_target(int at, const std::string& name, Entry& entry) {
    std::string target(kMaxPath, '\0');
    ssize_t length = ::readlinkat(at, name.c_str(), target.data(), target.size());
    if (length < 0) {
      entry.error = failure();
      return;
    }
    entry.target.assign(target, 0, static_cast<size_t>(length));
  }

  Descriptor top_;
  HandleCache handles_;
};

}  // namespace

Result<std::unique_ptr<FileSystem>> open_posix_file_system(const std::string& directory, Status& top) {
  Descriptor descriptor(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  struct stat status;
  if (descriptor.get() < 0 || ::fstat(descriptor.get(), &status) != 0) {
    Error error = error_from_errno(errno, "cannot use as root:", directory);
    if (error.code == ErrorCode::not_a_directory) error.message += "; a root is a directory that holds a system's files, such as / or an unpacked image";
    return Unexpected(std::move(error));
  }
  top = status_of(status);
  return std::unique_ptr<FileSystem>(new PosixFileSystem(std::move(descriptor)));
}

}  // namespace rootlet
