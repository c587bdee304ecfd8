// What the tests of directories share: one plan with something of everything, and what it looks like.
#pragma once

#include <sys/stat.h>

#include "layer/plans.hpp"

namespace rootlet::test {

class DirectoryLayer : public testing::Test {
 protected:
  std::string write(const Plan& plan, const ProgressCallback& progress = {}) {
    return outcome(write_directory(plan, root, out, progress));
  }
  // Everything beside the target, itself included.
  std::string beside() const { return run_command({"ls", "-A", work.path()}).out; }

  TemporaryDirectory work;
  std::string out = work / "out";
  Root root = Root::in_memory({});
};

inline struct stat status_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
  return status;
}

// Type, mode, owner, time, links, size and target of every path, as GNU find sees them.
inline std::string listing(const std::string& directory) {
  auto found =
      run_command({"sh", "-c", "cd \"$1\" && find . -printf '%p %y %m %U:%G %T@ %n %l\\n' | LC_ALL=C sort",
                   "sh", directory});
  EXPECT_EQ(found.status, 0) << found.err;
  return found.out;
}

inline Plan varied_plan() {
  return PlanBuilder()
      .directory("/", 0711, 5)
      .directory("/locked", 0555, 1000000000)
      .directory("/locked/inner", 0500, 12)
      .file("/locked/inner/file", "in a directory that takes no writes\n", 0400, 1)
      .file("/usr/bin/tool", std::string(3000, 'x'), 0755, 1700000000)
      .hard_link("/usr/bin/tool-2", "/usr/bin/tool", 0755, 1700000000)
      .hard_link("/zz/tool-3", "/usr/bin/tool", 0755, 1700000000)
      .symlink("/usr/bin/alias", "../bin/tool", -77)
      .file("/usr/bin-file", "sorts between a directory and what is in it", 0644, 7)
      .file("/empty", "", 0, 4102444800)
      .directory("/tmp", 01777, 3)
      .build();
}

inline const char kVariedListing[] =
    "./empty f 0 %s 4102444800.0000000000 1 \n"
    "./locked d 555 %s 1000000000.0000000000 3 \n"
    "./locked/inner d 500 %s 12.0000000000 2 \n"
    "./locked/inner/file f 400 %s 1.0000000000 1 \n"
    "./tmp d 1777 %s 3.0000000000 2 \n"
    "./usr d 755 %s 0.0000000000 3 \n"
    "./usr/bin d 755 %s 0.0000000000 2 \n"
    "./usr/bin-file f 644 %s 7.0000000000 1 \n"
    "./usr/bin/alias l 777 %s -77.0000000000 1 ../bin/tool\n"
    "./usr/bin/tool f 755 %s 1700000000.0000000000 3 \n"
    "./usr/bin/tool-2 f 755 %s 1700000000.0000000000 3 \n"
    "./zz d 755 %s 0.0000000000 2 \n"
    "./zz/tool-3 f 755 %s 1700000000.0000000000 3 \n"
    ". d 711 %s 5.0000000000 6 \n";

inline std::string varied_listing(const std::string& owner) {
  std::string text = kVariedListing;
  for (size_t at = 0; (at = text.find("%s", at)) != std::string::npos;) text.replace(at, 2, owner);
  return text;
}

// The same lines; how "." sorts among "./x" is sort's affair.
inline void expect_same_lines(std::string a, std::string b) {
  auto lines = [](const std::string& text) {
    std::multiset<std::string> set;
    for (size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
      set.insert(text.substr(at, text.find('\n', at) - at));
    return set;
  };
  EXPECT_EQ(lines(a), lines(b)) << a;
}

}  // namespace rootlet::test
