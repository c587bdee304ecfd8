// A file under a temporary name beside its target, gone unless it is put in place.
#pragma once

#include <string>

#include "layer/output.hpp"
#include "rootlet/base.hpp"

namespace rootlet::layer {

class TemporaryFile {
 public:
  // For the file `path`, which must not exist yet or be a regular file.
  static Result<TemporaryFile> beside(const std::string& path);
  TemporaryFile(TemporaryFile&& other) noexcept;
  TemporaryFile& operator=(TemporaryFile&&) = delete;
  ~TemporaryFile();

  int descriptor() const { return descriptor_.get(); }
  // What the output is called in messages.
  const std::string& target() const { return target_.path; }
  Result<void> put_in_place();

 private:
  explicit TemporaryFile(Target target) : target_(std::move(target)) {}
  Result<void> create();

  Target target_;
  std::string name_;  // in target_.parent; empty if nothing is there
  Descriptor descriptor_;
};

}  // namespace rootlet::layer
