// The bytes of one file of a plan, read once from front to back and held to the size the plan states.
#pragma once

#include <sys/stat.h>

#include <memory>
#include <span>

#include "rootlet/base.hpp"
#include "rootlet/plan.hpp"
#include "rootlet/root.hpp"

namespace rootlet::layer {

class Content {
 public:
  static Result<Content> open(const PlanEntry& entry, Root& root);

  // A stretch of the file, up to `end`, that is all data or all hole.
  struct Run {
    uint64_t end = 0;
    bool hole = false;
  };
  // The run at `offset`, which lies before the end of the file.
  Run run(uint64_t offset) const;

  // Fills `out` from `offset`; the file running short is an error.
  Result<void> read(uint64_t offset, std::span<std::byte> out) const;

  // After the last byte: an error if the file has changed since open().
  Result<void> finish() const;

  // For copying in the kernel, or -1.
  int descriptor() const { return descriptor_; }
  uint64_t size() const { return entry_->size; }

 private:
  explicit Content(const PlanEntry& entry) : entry_(&entry) {}
  Unexpected changed() const;

  const PlanEntry* entry_;
  std::unique_ptr<Source> source_;
  int descriptor_ = -1;
  struct stat opened_ {};
  bool sparse_ = false;
};

}  // namespace rootlet::layer
