// Counts what is written and asks the caller, about once a MiB and once an entry, whether to go on.
#pragma once

#include "rootlet/base.hpp"
#include "rootlet/layer.hpp"

namespace rootlet::layer {

// Content is read and written in pieces of this size at most.
inline constexpr size_t kPiece = 1 << 20;

class Meter {
 public:
  Meter(const Plan& plan, const ProgressCallback& callback) : Meter(plan.entries.size(), plan.bytes, callback) {}
  // For more than one plan: so many entries, and bytes of content, in all.
  Meter(uint64_t files, uint64_t bytes, const ProgressCallback& callback) : callback_(callback) {
    progress_.files_total = files;
    progress_.bytes_total = bytes;
  }

  // `entry` is next.
  Result<void> begin(const PlanEntry& entry) {
    progress_.path = entry.path;
    return report();
  }
  // So many more bytes of its content are written.
  Result<void> add(uint64_t bytes) {
    progress_.bytes_done += bytes;
    unreported_ += bytes;
    return unreported_ < kPiece ? Result<void>() : report();
  }
  // It is complete.
  void end() { ++progress_.files_done; }
  // Everything is written, and not yet in place.
  Result<void> finish() { return report(); }

 private:
  Result<void> report() {
    unreported_ = 0;
    if (!callback_ || callback_(progress_)) return {};
    return fail(ErrorCode::cancelled, "stopped at " + std::string(progress_.path) + " as the caller asked",
                std::string(progress_.path));
  }

  const ProgressCallback& callback_;
  Progress progress_;
  uint64_t unreported_ = 0;
};

}  // namespace rootlet::layer
