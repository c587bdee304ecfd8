// A file that is written before it has a name: nothing of it is left if the process is killed.
#pragma once

#include <string>

#include "layer/descriptor.hpp"
#include "layer/output.hpp"
#include "rootlet/base.hpp"

namespace rootlet::layer {

class NamelessFile {
 public:
  // In the file system of an open directory (O_PATH will do), which must stay open. Where that has no nameless files (open(2), O_TMPFILE),
  // the file is called as temporary_name() says and is removed in the end. `shown` is what the output is called in errors.
  static Result<NamelessFile> create(int directory, const Target& target);
  NamelessFile(NamelessFile&& other) noexcept;
  NamelessFile& operator=(NamelessFile&& other) noexcept;
  ~NamelessFile();

  int descriptor() const { return descriptor_.get(); }

  // Gives it this name in a directory of the same file system. Returns 0 or the errno value: EEXIST if the name is taken.
  int link(int directory, const std::string& name);
  // The same in place of what has the name.
  int replace(int directory, const std::string& name, const Target& target);

 private:
  NamelessFile() = default;
  int directory_ = -1;
  std::string name_;  // if it has one after all
  Descriptor descriptor_;
};

}  // namespace rootlet::layer
