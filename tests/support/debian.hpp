// A root made of Debian's packages for some architecture, without a change to this machine: an apt of its own
// downloads them, dpkg-deb unpacks them, and a directory keeps the result for the next time.
#pragma once

#include <string>
#include <vector>

namespace rootlet::test {

struct DebianRoot {
  std::string path;     // the tree, with /bin, /lib and /sbin as links into /usr
  std::string why_not;  // if there is none
};

// `keep` is a directory that may exist; several processes may ask at once.
DebianRoot debian_root(const std::string& keep, const std::string& architecture,
                       const std::vector<std::string>& packages);

}  // namespace rootlet::test
