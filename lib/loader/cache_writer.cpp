#include <algorithm>
#include <map>
#include <tuple>

#include "loader/cache.hpp"

namespace rootlet {
namespace {

// The order of ldconfig's compare(): names descending, flags descending, entries for some processors
// before those for all, by the name of their subdirectory. What is equal keeps its order.
bool before(const NewCacheEntry& a, const NewCacheEntry& b) {
  if (int order = compare_library_names(b.name, a.name); order != 0) return order < 0;
  if (a.flags != b.flags) return a.flags > b.flags;
  if (a.hwcaps.empty() != b.hwcaps.empty()) return b.hwcaps.empty();
  return a.hwcaps < b.hwcaps;
}

class Writer {
 public:
  explicit Writer(ByteOrder order) : order_(order) {}

  void number(uint64_t value, size_t size) {
    for (size_t i = 0; i < size; ++i) {
      size_t shift = order_ == ByteOrder::little ? i : size - 1 - i;
      out_ += static_cast<char>(value >> (8 * shift));
    }
  }
  void text(std::string_view value) { out_ += value; }
  void zeros(size_t count) { out_.append(count, '\0'); }
  void align() { out_.resize((out_.size() + 3) / 4 * 4, '\0'); }
  std::string take() { return std::move(out_); }

 private:
  ByteOrder order_;
  std::string out_;
};

}  // namespace

std::string write_library_cache(std::vector<NewCacheEntry> entries, ByteOrder order) {
  constexpr uint64_t kHeader = 48, kEntry = 24;
  constexpr uint64_t kExtensionBit = uint64_t{1} << 62;
  std::stable_sort(entries.begin(), entries.end(), before);

  std::map<std::string, uint64_t> offsets;  // of strings, in the file
  std::map<std::string, uint32_t> hwcaps;   // subdirectories, sorted, with their index
  for (const NewCacheEntry& entry : entries) {
    offsets.try_emplace(entry.name);
    offsets.try_emplace(entry.path);
    if (!entry.hwcaps.empty()) hwcaps.try_emplace(entry.hwcaps);
  }
  uint32_t index = 0;
  for (auto& [name, place] : hwcaps) {
    place = index++;
    offsets.try_emplace(name);
  }
  std::string strings;
  const uint64_t strings_at = kHeader + entries.size() * kEntry;
  for (auto& [text, offset] : offsets) {
    offset = strings_at + strings.size();
    strings += text;
    strings += '\0';
  }
  const uint64_t extension_at = (strings_at + strings.size() + 3) / 4 * 4;

  Writer out(order);
  out.text("glibc-ld.so.cache1.1");
  out.number(entries.size(), 4);
  out.number(strings.size(), 4);
  out.number(order == ByteOrder::little ? 2 : 3, 1);
  out.zeros(3);
  out.number(hwcaps.empty() ? 0 : extension_at, 4);
  out.zeros(12);
  for (const NewCacheEntry& entry : entries) {
    out.number(entry.flags, 4);
    out.number(offsets[entry.name], 4);
    out.number(offsets[entry.path], 4);
    out.number(0, 4);
    out.number(entry.hwcaps.empty() ? 0 : kExtensionBit | (uint64_t{entry.isa_bits} << 32) | hwcaps[entry.hwcaps], 8);
  }
  out.text(strings);
  if (!hwcaps.empty()) {
    out.align();
    out.number(static_cast<uint32_t>(-358342284), 4);  // cache_extension_magic
    out.number(1, 4);
    out.number(1, 4);  // cache_extension_tag_glibc_hwcaps
    out.number(0, 4);
    out.number(extension_at + 24, 4);
    out.number(hwcaps.size() * 4, 4);
    for (const auto& [name, place] : hwcaps) out.number(offsets[name], 4);
  }
  return out.take();
}

}  // namespace rootlet
