#include "rootlet/base.hpp"

#include <algorithm>
#include <cerrno>
#include <new>
#include <system_error>

#include "base/c_locale.hpp"
#include "base/errno_text.hpp"

namespace rootlet {

std::string_view version() { return ROOTLET_VERSION; }

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument: return "invalid_argument";
    case ErrorCode::not_found: return "not_found";
    case ErrorCode::not_a_directory: return "not_a_directory";
    case ErrorCode::permission_denied: return "permission_denied";
    case ErrorCode::io: return "io";
    case ErrorCode::malformed: return "malformed";
    case ErrorCode::unsupported: return "unsupported";
    case ErrorCode::already_exists: return "already_exists";
    case ErrorCode::too_large: return "too_large";
    case ErrorCode::cancelled: return "cancelled";
  }
  return "io";
}

std::string errno_text(int errno_value) {
  const CLocale c_locale;
  return std::generic_category().message(errno_value);
}

Error error_from_errno(int errno_value, std::string_view what, std::string path) {
  ErrorCode code = ErrorCode::io;
  switch (errno_value) {
    case ENOMEM: throw std::bad_alloc();
    case ENOENT: code = ErrorCode::not_found; break;
    case ENOTDIR: code = ErrorCode::not_a_directory; break;
    case EACCES:
    case EPERM: code = ErrorCode::permission_denied; break;
    case EEXIST:
    case ENOTEMPTY: code = ErrorCode::already_exists; break;
    default: break;
  }
  std::string message(what);
  if (!path.empty()) message += " " + path;
  message += ": " + errno_text(errno_value);
  return Error{code, std::move(message), std::move(path)};
}

Result<size_t> MemorySource::read_at(uint64_t offset, std::span<std::byte> out) const {
  auto rest = bytes_.from(offset);
  if (!rest) return size_t{0};
  size_t length = std::min<uint64_t>(out.size(), rest->size());
  std::copy_n(rest->span().begin(), length, out.begin());
  return length;
}

Result<std::string> read_all(const Source& source, uint64_t limit) {
  if (source.size() > limit) {
    return fail(ErrorCode::too_large, "holds " + std::to_string(source.size()) +
                                          " bytes, more than the " + std::to_string(limit) +
                                          " that are read of such a file");
  }
  std::string content(source.size(), '\0');
  auto length = source.read_at(0, std::as_writable_bytes(std::span(content)));
  if (!length) return Unexpected(std::move(length).error());
  content.resize(*length);
  return content;
}

}  // namespace rootlet
