// The links by which a distribution merged /bin, /sbin and /lib* into /usr, or /usr/sbin into /usr/bin.
//
// Databases spell a path as it was when the package was built (/lib/x), the root has it where the link leads
// (/usr/lib/x). Only links that this root has count: where /lib is a directory, /lib/x and /usr/lib/x are two files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rootlet/root.hpp"

namespace rootlet::package {

class MergedUsr {
 public:
  explicit MergedUsr(Root& root);

  // The path below where the link leads: `path` itself, or `buffer` after it was filled. The link's own path is
  // not behind the link.
  std::string_view canonical(std::string_view path, std::string& buffer) const;

 private:
  struct Link {
    std::string prefix;  // "/lib/"
    std::string target;  // "/usr/lib", or empty for the root itself
  };
  std::vector<Link> at_top_;
  std::vector<Link> in_usr_;
};

}  // namespace rootlet::package
