#include "layer/digest_thread.hpp"

#include <algorithm>

#include "layer/threads.hpp"

namespace rootlet::layer {

DigestThread::DigestThread(bool threaded) {
  if (!threaded) return;
  for (auto& buffer : buffers_) buffer.reserve(kBuffer);  // what follows allocates nothing
  thread_ = start_thread([this] { run(); });
}

DigestThread::~DigestThread() { stop(); }

// Only buffers between taken_count_ and filled_count_ are the thread's.
void DigestThread::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    filled_.wait(lock, [this] { return taken_count_ < filled_count_ || stopping_; });
    if (taken_count_ == filled_count_) return;
    auto& buffer = buffers_[taken_count_ % kBuffers];
    lock.unlock();
    digest_.add(buffer);
    buffer.clear();
    lock.lock();
    ++taken_count_;
    taken_.notify_one();
  }
}

// The buffer that is being filled goes to the thread; returns when the next one is free.
void DigestThread::hand_over() {
  std::unique_lock lock(mutex_);
  ++filled_count_;
  filled_.notify_one();
  taken_.wait(lock, [this] { return filled_count_ - taken_count_ < kBuffers; });
}

void DigestThread::add(std::span<const std::byte> bytes) {
  if (!thread_) return digest_.add(bytes);
  while (!bytes.empty()) {
    auto& buffer = buffers_[filled_count_ % kBuffers];
    const auto piece = bytes.first(std::min(bytes.size(), kBuffer - buffer.size()));
    buffer.insert(buffer.end(), piece.begin(), piece.end());
    bytes = bytes.subspan(piece.size());
    if (buffer.size() == kBuffer) hand_over();
  }
}

void DigestThread::stop() {
  if (!thread_) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    filled_.notify_one();
  }
  thread_->join();
  thread_.reset();
}

std::string DigestThread::hex() {
  if (thread_) hand_over();
  stop();
  return digest_.hex();
}

}  // namespace rootlet::layer
