// A descriptor that is written from front to back: a file, a pipe, a socket.
#pragma once

#include <cstddef>
#include <span>

namespace rootlet::layer {

class Stream {
 public:
  // The descriptor stays the caller's.
  explicit Stream(int descriptor);

  // Writes all of it, waiting where the descriptor does not; returns 0 or the errno value. A peer
  // that hangs up a socket raises no signal. A pipe's may: what SIGPIPE does is the application's
  // decision.
  int write(std::span<const std::byte> bytes);

 private:
  int descriptor_;
  bool socket_;
};

}  // namespace rootlet::layer
