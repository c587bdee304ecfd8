// What both kinds of output share: where they go, what they are called until they are complete, and
// the words for what went wrong on the way.
#pragma once

#include <string>
#include <string_view>

#include "layer/descriptor.hpp"
#include "rootlet/base.hpp"

namespace rootlet::layer {

// A failed call on the output's side, with what to do about it where that is known. `what` says what
// was attempted; `path` is the caller's name for the output, or a path under it.
Unexpected output_error(int errno_value, std::string_view what, std::string path);

// Where an output goes: an open directory and a name in it.
struct Target {
  std::string path;   // as the caller gave it, without trailing slashes
  Descriptor parent;  // O_PATH
  std::string name;

  static Result<Target> open(const std::string& path);
  // An open directory that is itself what is filled; it has no name.
  static Result<Target> open(int directory);
};

// ".NAME.rootlet-XXXXXX", with six unpredictable characters: what an output is called until it is
// complete. A long NAME is cut.
std::string temporary_name(const Target& target);

// Gives what is called `name` a new name, which must not be taken. Returns 0 or the errno value: EEXIST if it is. Where the file system or
// the kernel cannot promise that (rename(2), RENAME_NOREPLACE), an empty directory may be replaced by a directory.
int rename_new(int directory, const char* name, int new_directory, const char* new_name);

// Names that are tried before giving up; a second one is needed only against an adversary.
inline constexpr int kTemporaryNames = 100;

}  // namespace rootlet::layer
