// A tree of small libraries on disk for the real ldconfig.
#pragma once

#include <string>
#include <vector>

#include "support/elf_builder.hpp"
#include "support/temporary.hpp"

namespace rootlet::test {

class LibraryTree {
 public:
  // A library whose soname is its file name.
  LibraryTree& library(const std::string& path, bool is64 = true);
  LibraryTree& file(const std::string& path, const std::string& content);
  LibraryTree& directory(const std::string& path);
  LibraryTree& symlink(const std::string& path, const std::string& target);

  const std::string& path() const { return directory_.path(); }
  // Where a path of the tree is on disk.
  std::string real(const std::string& path) const { return directory_.path() + path; }

  // What `ldconfig` puts on its standard output for this tree, run with these options as well.
  std::string ldconfig(std::vector<std::string> options) const;
  // The cache that ldconfig writes for it in a format: "new", "compat" or "old".
  std::string cache(const std::string& format) const;

 private:
  TemporaryDirectory directory_;
};

// Why there is no ldconfig of glibc here, or an empty string.
std::string why_no_ldconfig();

// The lines of a text, without their ends.
std::vector<std::string> lines_of(const std::string& text);

}  // namespace rootlet::test
