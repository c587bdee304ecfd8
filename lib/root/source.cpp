#include "root/source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace rootlet {
namespace {

class FileSource final : public Source {
 public:
  FileSource(int descriptor, uint64_t size, std::string shown) : descriptor_(descriptor), size_(size), shown_(std::move(shown)) {}
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;
  ~FileSource() override { ::close(descriptor_); }

  Result<size_t> read_at(uint64_t offset, std::span<std::byte> out) const override {
    size_t done = 0;
    while (done < out.size() && offset + done <= INT64_MAX) {
      const ssize_t length = ::pread(descriptor_, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
      if (length < 0 && errno == EINTR) continue;
      if (length < 0) return Unexpected(error_from_errno(errno, "cannot read", shown_));
      if (length == 0) break;
      done += static_cast<size_t>(length);
    }
    return done;
  }
  uint64_t size() const override { return size_; }

 private:
  int descriptor_;
  uint64_t size_;
  std::string shown_;
};

class Slice final : public Source {
 public:
  Slice(std::shared_ptr<const Source> source, uint64_t offset, uint64_t length) : source_(std::move(source)), offset_(offset), length_(length) {}

  Result<size_t> read_at(uint64_t offset, std::span<std::byte> out) const override {
    if (offset >= length_) return size_t{0};
    return source_->read_at(offset_ + offset, out.first(std::min<uint64_t>(out.size(), length_ - offset)));
  }
  uint64_t size() const override { return length_; }

 private:
  std::shared_ptr<const Source> source_;
  uint64_t offset_, length_;
};

}  // namespace

Result<std::shared_ptr<const Source>> open_file_source(int directory, const std::string& path, const std::string& shown) {
  std::string name = shown;  // before there is a descriptor to lose
  const int descriptor = ::openat(directory, path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (descriptor < 0) return Unexpected(error_from_errno(errno, "cannot open", shown));
  struct stat status {};
  const int error = ::fstat(descriptor, &status) == 0 ? 0 : errno;
  if (error != 0 || !S_ISREG(status.st_mode)) {
    ::close(descriptor);
    if (error != 0) return Unexpected(error_from_errno(error, "cannot open", shown));
    return fail(ErrorCode::unsupported, shown + " is not a regular file", shown);
  }
  try {
    return std::shared_ptr<const Source>(std::make_shared<FileSource>(descriptor, static_cast<uint64_t>(status.st_size), std::move(name)));
  } catch (const std::bad_alloc&) {
    ::close(descriptor);
    throw;
  }
}

std::shared_ptr<const Source> slice(std::shared_ptr<const Source> source, uint64_t offset, uint64_t length) {
  assert(offset <= source->size() && length <= source->size() - offset);
  return std::make_shared<Slice>(std::move(source), offset, length);
}

}  // namespace rootlet
