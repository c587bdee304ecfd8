// What it takes to start threads inside of a library.
#pragma once

#include <pthread.h>
#include <sched.h>

#include <csignal>
#include <exception>
#include <optional>
#include <thread>
#include <utility>

namespace rootlet::layer {

// `wanted`, or as many as the calling thread has processors if that is 0.
inline unsigned thread_count(unsigned wanted) {
  cpu_set_t processors;
  if (wanted > 0) return wanted;
  return ::sched_getaffinity(0, sizeof processors, &processors) == 0 ? static_cast<unsigned>(CPU_COUNT(&processors)) : 1;
}

// While it lives, threads start with all signals blocked: the application's handlers run on its own threads.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

 private:
  sigset_t before_;
};

// Nothing where there is no further thread to be had, as under a limit on processes: the caller then does the work itself.
template <typename Work>
std::optional<std::thread> start_thread(Work work) {
  const BlockedSignals blocked;
  try {
    return std::thread(std::move(work));
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace rootlet::layer
