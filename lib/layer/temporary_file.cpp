#include "layer/temporary_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace rootlet::layer {
namespace {

// Whether the file can be put there: nothing is, or another regular file.
Result<void> check_target(const Target& target) {
  struct stat status {};
  if (::fstatat(target.parent.get(), target.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return {};
    return output_error(errno, "cannot write to", target.path);
  }
  if (S_ISREG(status.st_mode)) return {};
  if (S_ISDIR(status.st_mode)) {
    return fail(ErrorCode::already_exists, target.path + " is a directory; give the name of a file", target.path);
  }
  const char* kind = S_ISLNK(status.st_mode) ? "a symbolic link" : "not a regular file";
  return fail(ErrorCode::invalid_argument,
              target.path + " is " + kind + ", and the rename at the end would replace it; name a file, or pass an open descriptor",
              target.path);
}

}  // namespace

Result<TemporaryFile> TemporaryFile::beside(const std::string& path) {
  if (path.ends_with('/')) return fail(ErrorCode::invalid_argument, path + " ends in a slash; give the name of a file", path);
  auto target = Target::open(path);
  if (!target) return Unexpected(std::move(target).error());
  if (auto checked = check_target(*target); !checked) return Unexpected(std::move(checked).error());
  TemporaryFile file(std::move(*target));
  if (auto created = file.create(); !created) return Unexpected(std::move(created).error());
  return file;
}

TemporaryFile::TemporaryFile(TemporaryFile&& other) noexcept
    : target_(std::move(other.target_)), name_(std::exchange(other.name_, {})), descriptor_(std::move(other.descriptor_)) {}

TemporaryFile::~TemporaryFile() {
  if (!name_.empty()) ::unlinkat(target_.parent.get(), name_.c_str(), 0);
}

Result<void> TemporaryFile::create() {
  for (int tries = 0; tries < kTemporaryNames; ++tries) {
    std::string name = temporary_name(target_);
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    descriptor_ = Descriptor(::openat(target_.parent.get(), name.c_str(), flags, 0644));
    if (descriptor_) {
      name_ = std::move(name);
      return {};
    }
    if (errno != EEXIST) break;
  }
  return output_error(errno, "cannot make a temporary file beside", target_.path);
}

Result<void> TemporaryFile::put_in_place() {
  const int parent = target_.parent.get();
  if (int error = descriptor_.close(); error != 0) return output_error(error, "cannot write", target_.path);
  if (::renameat(parent, name_.c_str(), parent, target_.name.c_str()) != 0) {
    return output_error(errno, "cannot put in place", target_.path);
  }
  name_.clear();
  return {};
}

}  // namespace rootlet::layer
