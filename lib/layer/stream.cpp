#include "layer/stream.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace rootlet::layer {

Stream::Stream(int descriptor) : descriptor_(descriptor) {
  struct stat status {};
  socket_ = ::fstat(descriptor, &status) == 0 && S_ISSOCK(status.st_mode);
}

int Stream::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    ssize_t length = socket_ ? ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL)
                             : ::write(descriptor_, bytes.data(), bytes.size());
    if (length >= 0) {
      bytes = bytes.subspan(static_cast<size_t>(length));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd wait{descriptor_, POLLOUT, 0};
      if (::poll(&wait, 1, -1) < 0 && errno != EINTR) return errno;
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

}  // namespace rootlet::layer
