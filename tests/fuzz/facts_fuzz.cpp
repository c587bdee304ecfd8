#include "fuzz/target.hpp"
#include "loader/facts.hpp"

using namespace rootlet;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view binary = fuzz::as_text(data, size);
  for (const std::string& dir : read_loader_dirs(binary).default_dirs) {
    fuzz::require(dir.starts_with('/') && dir.ends_with('/'), "a default directory is absolute and ends in a slash");
  }
  fuzz::require(read_loader_release(binary).cache_path.starts_with('/'), "the cache's path is absolute");
  return 0;
}

std::vector<std::string> fuzz::seeds() {
  using namespace std::string_literals;
  return {"\0/lib/x86_64-linux-gnu/\0/usr/lib/x86_64-linux-gnu/\0/lib/\0/usr/lib/\0\0"s,
          "ld.so (GNU libc) stable release version 2.36.\n\0/etc/ld.so.cache\0\0/lib64/\0/usr/lib64/\0"s};
}
