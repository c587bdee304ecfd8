#include "refuse.hpp"

#include <dlfcn.h>
#include <iconv.h>
#include <link.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {

// A thread that starts or ends allocates and frees beside the others.
std::atomic<bool> counting = false;
std::atomic<rootlet::test::Refuse> how_long;
std::atomic<uint64_t> asked = 0, refused = 0, refuse_at = 0;
std::atomic<int64_t> live = 0;

// Where a debugger stops to see who is refused.
[[gnu::noinline]] void refusing() {
  asm volatile("");
}

// What libarchive (3.6) asks for itself is never refused, since it does not survive that: archive_strncat() and others end the process
// (__archive_errx in archive_util.c), and its reader of zip files follows a null pointer. The library makes sure of room before.
class Libarchive {
 public:
  Libarchive() { dl_iterate_phdr(visit, this); }
  bool holds(const void* address) const { return reinterpret_cast<uintptr_t>(address) - start_ < size_; }

 private:
  static int visit(dl_phdr_info* object, size_t, void* self) {
    if (std::strstr(object->dlpi_name, "/libarchive.so") == nullptr) return 0;
    for (int i = 0; i < object->dlpi_phnum; ++i) {
      const auto& part = object->dlpi_phdr[i];
      if (part.p_type != PT_LOAD || (part.p_flags & PF_X) == 0) continue;
      static_cast<Libarchive*>(self)->start_ = object->dlpi_addr + part.p_vaddr;
      static_cast<Libarchive*>(self)->size_ = part.p_memsz;
    }
    return 1;
  }
  uintptr_t start_ = 0, size_ = 0;
};
const Libarchive libarchive;

// Nor what iconv_open(3) asks for on its behalf, half of which it then keeps for ever.
bool converting = false;

bool refuse(const void* caller) {
  if (!counting || converting || libarchive.holds(caller)) return false;
  const uint64_t mine = ++asked;
  if (refuse_at == 0 || (how_long == rootlet::test::Refuse::once ? mine != refuse_at : mine < refuse_at)) return false;
  ++refused;
  errno = ENOMEM;
  refusing();
  return true;
}

void* counted(void* memory) {
  if (memory != nullptr) ++live;
  return memory;
}

}  // namespace

namespace rootlet::test {

void begin_refusing(uint64_t at, Refuse how) {
  asked = refused = 0;
  refuse_at = at;
  how_long = how;
  counting = true;
}

uint64_t end_refusing() {
  counting = false;
  return asked;
}

uint64_t refused_count() {
  return refused;
}
int64_t live_allocations() {
  return live;
}

}  // namespace rootlet::test

// Only libarchive opens converters here.
extern "C" iconv_t iconv_open(const char* to, const char* from) {
  static const auto real = reinterpret_cast<iconv_t (*)(const char*, const char*)>(dlsym(RTLD_NEXT, "iconv_open"));
  converting = true;
  const iconv_t converter = real(to, from);
  converting = false;
  return converter;
}

#if defined(ROOTLET_ADDRESS_SANITIZER)

void* operator new(size_t size) {
  void* memory = refuse(__builtin_return_address(0)) ? nullptr : counted(std::malloc(size == 0 ? 1 : size));
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return refuse(__builtin_return_address(0)) ? nullptr : counted(std::malloc(size == 0 ? 1 : size));
}
void* operator new[](size_t size) {
  return operator new(size);
}
void* operator new[](size_t size, const std::nothrow_t& tag) noexcept {
  return operator new(size, tag);
}
void operator delete(void* memory) noexcept {
  if (memory != nullptr) --live;
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept {
  operator delete(memory);
}
void operator delete[](void* memory) noexcept {
  operator delete(memory);
}
void operator delete[](void* memory, size_t) noexcept {
  operator delete(memory);
}

#else

extern "C" {

void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
void __libc_free(void*);

void* malloc(size_t size) {
  return refuse(__builtin_return_address(0)) ? nullptr : counted(__libc_malloc(size));
}
void* calloc(size_t count, size_t size) {
  return refuse(__builtin_return_address(0)) ? nullptr : counted(__libc_calloc(count, size));
}
void* memalign(size_t alignment, size_t size) {
  return refuse(__builtin_return_address(0)) ? nullptr : counted(__libc_memalign(alignment, size));
}
void* aligned_alloc(size_t alignment, size_t size) {
  return refuse(__builtin_return_address(0)) ? nullptr : counted(__libc_memalign(alignment, size));
}

int posix_memalign(void** memory, size_t alignment, size_t size) {
  void* made = refuse(__builtin_return_address(0)) ? nullptr : counted(__libc_memalign(alignment, size));
  if (made == nullptr) return ENOMEM;
  *memory = made;
  return 0;
}

void* realloc(void* old, size_t size) {
  if (old == nullptr) return refuse(__builtin_return_address(0)) ? nullptr : counted(__libc_malloc(size));
  if (size != 0 && refuse(__builtin_return_address(0))) return nullptr;
  void* memory = __libc_realloc(old, size);
  if (size == 0 && memory == nullptr) --live;
  return memory;
}

void free(void* memory) {
  if (memory != nullptr) --live;
  __libc_free(memory);
}
}

#endif
