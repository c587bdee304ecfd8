#include "layer/output.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "rootlet/root.hpp"

namespace rootlet::layer {

namespace {

std::string_view remedy(int errno_value) {
  switch (errno_value) {
    case ENOSPC:
    case EDQUOT: return "free some space there, or write to another file system";
    case EROFS: return "write to another file system";
    case EFBIG: return "raise the limit on file sizes, or write to another file system";
    case ENAMETOOLONG: return "this file system takes no such name; write a tar, or to another file system";
    case ENOTSUP: return "write a tar, or to another file system";
    case EPIPE: return "the reader went away before the archive was complete";
    case EMFILE: return "raise the limit on open files";
    default: return {};
  }
}

}  // namespace

Unexpected output_error(int errno_value, std::string_view what, std::string path) {
  Error error = error_from_errno(errno_value, what, std::move(path));
  if (std::string_view text = remedy(errno_value); !text.empty()) error.message.append("; ").append(text);
  return Unexpected(std::move(error));
}

Result<Target> Target::open(const std::string& path) {
  if (path.find('\0') != std::string::npos) {
    return fail(ErrorCode::invalid_argument, "the output's name holds a NUL byte", path);
  }
  Target target;
  target.path = path;
  while (target.path.size() > 1 && target.path.back() == '/') target.path.pop_back();
  size_t slash = target.path.rfind('/');
  target.name = slash == std::string::npos ? target.path : target.path.substr(slash + 1);
  if (target.name.empty() || target.name == "." || target.name == "..") {
    return fail(ErrorCode::invalid_argument,
                "cannot write to '" + path + "': the output is put in place by a rename; give it a name",
                path);
  }
  std::string parent = slash == std::string::npos ? "." : target.path.substr(0, slash == 0 ? 1 : slash);
  target.parent = Descriptor(::open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!target.parent) {
    return Unexpected(error_from_errno(errno, "cannot write into the directory", std::move(parent)));
  }
  return target;
}

Result<Target> Target::open(int directory) {
  Target target;
  target.path = "descriptor " + std::to_string(directory);
  target.parent = Descriptor(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!target.parent) return output_error(errno, "cannot write into", target.path);
  return target;
}

std::string temporary_name(const Target& target) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+";
  static_assert(kAlphabet.size() == 64);
  std::string suffix = ".rootlet-";
  std::array<unsigned char, 6> random{};
  // Six bytes come whole or, before the machine has gathered any randomness, late.
  while (::getrandom(random.data(), random.size(), 0) < 0 && errno == EINTR) {
  }
  for (unsigned char byte : random) suffix += kAlphabet[byte % kAlphabet.size()];
  return "." + target.name.substr(0, kMaxName - 1 - suffix.size()) + suffix;
}

int rename_new(int directory, const char* name, int new_directory, const char* new_name) {
  if (::renameat2(directory, name, new_directory, new_name, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  struct stat status {};
  if (::fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return errno;
  if (S_ISDIR(status.st_mode)) {
    if (::renameat(directory, name, new_directory, new_name) == 0) return 0;
    return errno == ENOTEMPTY || errno == ENOTDIR ? EEXIST : errno;
  }
  // A second name takes no other's place either.
  if (::linkat(directory, name, new_directory, new_name, 0) != 0) return errno;
  return ::unlinkat(directory, name, 0) == 0 ? 0 : errno;
}

}  // namespace rootlet::layer
