#include "layer/nameless_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace rootlet::layer {
namespace {

// Where /proc is, a descriptor can be given a name (open(2)).
bool can_be_linked() {
  struct stat status {};
  return ::stat("/proc/self/fd", &status) == 0;
}

}  // namespace

Result<NamelessFile> NamelessFile::create(int directory, const Target& target) {
  NamelessFile file;
  file.directory_ = directory;
  if (can_be_linked()) {
    file.descriptor_ = Descriptor(::openat(directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0644));
    if (file.descriptor_) return file;
    if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT && errno != EINVAL) return output_error(errno, "cannot make a temporary file for", target.path);
  }
  for (int tries = 0; tries < kTemporaryNames; ++tries) {
    std::string name = temporary_name(target);
    file.descriptor_ = Descriptor(::openat(directory, name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
    if (file.descriptor_) {
      file.name_ = std::move(name);
      return file;
    }
    if (errno != EEXIST) break;
  }
  return output_error(errno, "cannot make a temporary file for", target.path);
}

NamelessFile::NamelessFile(NamelessFile&& other) noexcept
    : directory_(other.directory_), name_(std::exchange(other.name_, {})), descriptor_(std::move(other.descriptor_)) {}

NamelessFile& NamelessFile::operator=(NamelessFile&& other) noexcept {
  std::swap(directory_, other.directory_);
  std::swap(name_, other.name_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

NamelessFile::~NamelessFile() {
  if (!name_.empty()) ::unlinkat(directory_, name_.c_str(), 0);
}

int NamelessFile::link(int directory, const std::string& name) {
  if (!name_.empty()) {
    const int error = rename_new(directory_, name_.c_str(), directory, name.c_str());
    if (error == 0) name_.clear();
    return error;
  }
  std::array<char, 32> path;
  std::snprintf(path.data(), path.size(), "/proc/self/fd/%d", descriptor_.get());
  return ::linkat(AT_FDCWD, path.data(), directory, name.c_str(), AT_SYMLINK_FOLLOW) == 0 ? 0 : errno;
}

int NamelessFile::replace(int directory, const std::string& name, const Target& target) {
  for (int tries = 0; name_.empty() && tries < kTemporaryNames; ++tries) {
    std::string temporary = temporary_name(target);
    const int error = link(directory_, temporary);
    if (error == 0) name_ = std::move(temporary);
    if (error != 0 && error != EEXIST) return error;
  }
  if (name_.empty()) return EEXIST;
  if (::renameat(directory_, name_.c_str(), directory, name.c_str()) != 0) return errno;
  return name_.clear(), 0;
}

}  // namespace rootlet::layer
