#include <algorithm>

#include "fuzz/target.hpp"
#include "loader/cache.hpp"

using namespace rootlet;

namespace {

void look_up(const LibraryCache& cache, std::string_view name, const std::vector<CacheEntry>& entries) {
  elf::Header header;
  header.machine = elf::kMachineX86_64;
  const Abi& abi = abi_of(header);
  for (const CpuModel& model : abi.models) {
    for (const CacheDialect dialect : {CacheDialect{true, false}, CacheDialect{true, true}, CacheDialect{false, true}}) {
      const auto found = cache.find(name, abi, model, dialect, nullptr);
      if (!found) continue;
      fuzz::require(std::any_of(entries.begin(), entries.end(), [&](const CacheEntry& entry) { return entry.path == *found; }),
                    "what is found is listed");
    }
  }
}

// The format before glibc 2.2, of little-endian machines.
std::string old_format() {
  const std::string strings("liba.so\0/lib/liba.so\0", 21);
  std::string file("ld.so-1.7.0\0", 12);
  auto number = [&](uint32_t value) {
    for (int shift = 0; shift < 32; shift += 8) file += static_cast<char>(value >> shift);
  };
  for (const uint32_t value : {1, 3, 0, 8}) number(value);
  return file + strings;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    const auto cache = LibraryCache::parse(std::string(fuzz::as_text(data, size)), order);
    if (!cache) continue;
    const auto entries = cache->entries();
    for (const CacheEntry& entry : entries) (void)cache->hwcaps_name(entry.hardware);
    look_up(*cache, "liba.so", entries);
    for (size_t i = 0; i < std::min<size_t>(entries.size(), 8); ++i) look_up(*cache, entries[i].name, entries);
  }
  return 0;
}

std::vector<std::string> fuzz::seeds() {
  const std::vector<NewCacheEntry> entries{{"liba.so", "/lib/liba.so", 0x303, "", 0},
                                           {"liba.so", "/lib/glibc-hwcaps/x86-64-v3/liba.so", 0x303, "x86-64-v3", 4},
                                           {"liba.so.10", "/opt/liba.so.10", 0x303, "", 0},
                                           {"liba.so", "/lib32/liba.so", 3, "", 0}};
  std::string both = old_format();
  both.resize((both.size() + 7) / 8 * 8, '\0');
  return {write_library_cache(entries, ByteOrder::little), write_library_cache(entries, ByteOrder::big), old_format(),
          both + write_library_cache(entries, ByteOrder::little)};
}
