#include "support/guard_page.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace rootlet::test {

GuardedBytes::GuardedBytes(size_t capacity) {
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  capacity_ = (std::max<size_t>(capacity, 1) + page - 1) / page * page;
  mapped_ = capacity_ + page;
  void* area = ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (area == MAP_FAILED || ::mprotect(static_cast<char*>(area) + capacity_, page, PROT_NONE) != 0) {
    std::perror("cannot build a guard page");
    std::abort();
  }
  start_ = static_cast<char*>(area);
}

GuardedBytes::~GuardedBytes() { ::munmap(start_, mapped_); }

Bytes GuardedBytes::place(std::string_view content) {
  if (content.size() > capacity_) std::abort();
  char* at = start_ + (capacity_ - content.size());
  std::copy(content.begin(), content.end(), at);
  return Bytes(std::string_view(at, content.size()));
}

}  // namespace rootlet::test
