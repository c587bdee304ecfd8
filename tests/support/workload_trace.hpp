// The files that processes asked for, from what strace -ff -y wrote.
#pragma once

#include <string>
#include <vector>

namespace rootlet::test {

// A successful call. Paths are absolute, inside `base`: what a process that entered a chroot of its own sees
// as its root.
struct Access {
  enum class Kind { kRead, kWrite, kExecute, kLook, kMake };
  Kind kind = Kind::kLook;
  std::string base;
  std::string path;
  bool follow = true;  // a link at the end of the path
};

// All calls of the processes that entered the chroot `sandbox`, and of their children, from the files
// STEP.PROCESS in `directory`.
std::vector<Access> read_accesses(const std::string& directory, const std::string& sandbox);

}  // namespace rootlet::test
