#include <set>

#include "fuzz/target.hpp"
#include "loader/conf.hpp"

using namespace rootlet;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(fuzz::as_text(data, size));
  MemoryTree tree;
  tree.file("/etc/ld.so.conf", text).file("/etc/ld.so.conf.d/a.conf", "/opt/a\n").symlink("/etc/ld.so.conf.d/b.conf", "../ld.so.conf");
  Root root = Root::in_memory(std::move(tree));
  const auto dirs = configured_dirs(root, "/etc/ld.so.conf");
  for (const std::string& dir : dirs) fuzz::require(dir.starts_with('/') && !dir.ends_with('/'), "a directory is absolute and ends in no slash");
  fuzz::require(std::set<std::string>(dirs.begin(), dirs.end()).size() == dirs.size(), "each directory stands once");
  for (const std::string& name : preload_names(text)) {
    fuzz::require(!name.empty() && name.find_first_of(": \t\n") == std::string::npos, "a name to preload has no separator");
  }
  return 0;
}

std::vector<std::string> fuzz::seeds() {
  return {"include /etc/ld.so.conf.d/*.conf\n/usr/local/lib # here\n", "include ld.so.conf.d/[ab].conf ld.so.conf\n/opt/lib/=libc6\n",
          "hwcap 1 nosegneg\n  /a b \r\n/opt//\n/opt", "liba.so:/lib/libb.so # not this\nlibc.so\tlibd.so#e\n#f"};
}
