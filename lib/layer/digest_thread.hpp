// SHA-256 on a thread of its own, a few buffers behind whoever has the bytes.
#pragma once

#include <array>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/digest.hpp"

namespace rootlet::layer {

class DigestThread {
 public:
  // Without `threaded`, or where there is no further thread to be had, it hashes on the caller's.
  explicit DigestThread(bool threaded);
  ~DigestThread();
  DigestThread(const DigestThread&) = delete;
  DigestThread& operator=(const DigestThread&) = delete;

  void add(std::span<const std::byte> bytes);
  // Once: of all that was added, in hexadecimal.
  std::string hex();

 private:
  // Together they stay in a processor's second-level cache.
  static constexpr size_t kBuffer = 128 * 1024, kBuffers = 8;

  void run();
  void hand_over();
  void stop();

  Digest digest_;  // the thread's, while there is one
  std::array<std::vector<std::byte>, kBuffers> buffers_;
  std::mutex mutex_;
  std::condition_variable filled_, taken_;
  uint64_t filled_count_ = 0, taken_count_ = 0;  // of buffers, ever
  bool stopping_ = false;
  std::optional<std::thread> thread_;
};

}  // namespace rootlet::layer
