// ld.so.cache, as ldconfig writes it and dl-cache.c reads it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loader/machine.hpp"
#include "rootlet/base.hpp"

namespace rootlet {

// What the loader in question understands of a cache entry's hardware field.
struct CacheDialect {
  bool named_hwcaps = true;    // glibc 2.33 and later: glibc-hwcaps subdirectories
  bool legacy_hwcaps = false;  // glibc before 2.37: hardware bits
};

struct CacheEntry {
  std::string_view name;
  std::string_view path;
  uint32_t flags = 0;
  uint64_t hardware = 0;
};

// A cache file in memory. Views point into it.
class LibraryCache {
 public:
  // Accepts the format of glibc 2.2 and later, the one before, and the one that holds both
  // (_dl_load_cache_lookup). `order` is that of the program: a cache of the other order is ignored by
  // the loader, and is an error here.
  static Result<LibraryCache> parse(std::string content, ByteOrder order);

  LibraryCache(const LibraryCache&) = delete;
  LibraryCache& operator=(const LibraryCache&) = delete;
  LibraryCache(LibraryCache&&) = default;

  // The path that the loader would take for `name` (search_cache). `depends_on_cpu` is set if an entry
  // of that name is for some processors only.
  std::optional<std::string_view> find(std::string_view name, const Abi& abi, const CpuModel& model,
                                       const CacheDialect& dialect, bool* depends_on_cpu) const;

  // Every readable entry, in the order of the file.
  std::vector<CacheEntry> entries() const;

  // The glibc-hwcaps subdirectory of an entry's hardware field, or empty.
  std::string_view hwcaps_name(uint64_t hardware) const;

 private:
  LibraryCache() = default;
  bool locate_new(Bytes file);
  bool locate_old(Bytes file);
  void locate_hwcaps(Bytes file);
  std::optional<std::string_view> key(uint32_t index) const;
  CacheEntry at(uint32_t index) const;

  std::vector<char> content_;
  ByteOrder order_ = ByteOrder::little;
  bool new_format_ = false;
  uint64_t table_ = 0;    // file offset of the entries
  uint64_t strings_ = 0;  // file offset that string indices count from
  uint32_t count_ = 0;
  uint64_t hwcaps_ = 0;   // file offset of the hwcaps name table
  uint32_t hwcaps_count_ = 0;
};

// Orders names as the cache does: digits by value (_dl_cache_libcmp).
int compare_library_names(std::string_view a, std::string_view b);

// One library to be listed in a new cache.
struct NewCacheEntry {
  std::string name;
  std::string path;
  uint32_t flags = 0;
  std::string hwcaps;  // glibc-hwcaps subdirectory, or empty
  uint32_t isa_bits = 0;
};

// A cache of glibc's current format with exactly these entries, sorted as ldconfig sorts them; of equal
// ones the earlier is found first. The bytes depend on nothing else.
std::string write_library_cache(std::vector<NewCacheEntry> entries, ByteOrder order);

inline constexpr uint64_t kMaxCacheBytes = 64 << 20;

}  // namespace rootlet
