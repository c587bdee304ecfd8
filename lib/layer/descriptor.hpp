// An open file that closes itself.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace rootlet::layer {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }

  explicit operator bool() const { return value_ >= 0; }
  int get() const { return value_; }
  int release() { return std::exchange(value_, -1); }

  // Closes now; returns 0 or the errno value. Some file systems report a full disk only here.
  int close() {
    int value = release();
    return value >= 0 && ::close(value) != 0 && errno != EINTR ? errno : 0;
  }

 private:
  int value_ = -1;
};

}  // namespace rootlet::layer
