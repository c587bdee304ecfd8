#include "loader/cache.hpp"

#include <algorithm>

namespace rootlet {
namespace {

constexpr std::string_view kOldMagic = "ld.so-1.7.0";
constexpr std::string_view kNewMagic = "glibc-ld.so.cache1.1";
constexpr uint64_t kOldHeader = 16, kOldEntry = 12, kNewHeader = 48, kNewEntry = 24;
constexpr uint64_t kExtensionBit = uint64_t{1} << 62;
constexpr uint64_t kTlsBit = uint64_t{1} << 63;
constexpr uint64_t kPlatformBits = uint64_t{0xf} << 48;  // _DL_HWCAP_PLATFORM of x86
constexpr uint32_t kExtensionMagic = static_cast<uint32_t>(-358342284);
constexpr uint32_t kHwcapsTag = 1;

bool is_named(uint64_t hardware) { return ((hardware >> 32) & ~uint64_t{0x3ff}) == kExtensionBit >> 32; }

bool digit(std::string_view text, size_t i) { return i < text.size() && text[i] >= '0' && text[i] <= '9'; }

int order_of(int32_t left, int32_t right) { return left < right ? -1 : left > right; }

// As the loader's own subtraction, which overflows: numbers of ten digits and more may be in a circle.
int order_by_difference(int32_t left, int32_t right) {
  return static_cast<int32_t>(static_cast<uint32_t>(left) - static_cast<uint32_t>(right));
}

// _dl_cache_libcmp.
int compare(std::string_view a, std::string_view b, int (*compare_numbers)(int32_t, int32_t)) {
  size_t i = 0, k = 0;
  auto number = [](std::string_view text, size_t& at) {
    uint32_t value = 0;
    while (digit(text, at)) value = value * 10 + static_cast<uint32_t>(text[at++] - '0');
    return static_cast<int32_t>(value);
  };
  while (i < a.size()) {
    if (digit(a, i) && digit(b, k)) {
      const int32_t left = number(a, i), right = number(b, k);
      if (left != right) return compare_numbers(left, right);
    } else if (digit(a, i)) {
      return 1;
    } else if (digit(b, k)) {
      return -1;
    } else if (k >= b.size() || a[i] != b[k]) {
      int right = k < b.size() ? b[k] : 0;
      return a[i] - right;
    } else {
      ++i;
      ++k;
    }
  }
  return k < b.size() ? -static_cast<int>(b[k]) : 0;
}

}  // namespace

int compare_library_names(std::string_view a, std::string_view b) { return compare(a, b, order_of); }

Result<LibraryCache> LibraryCache::parse(std::string content, ByteOrder order) {
  LibraryCache cache;
  cache.content_.assign(content.begin(), content.end());
  cache.order_ = order;
  Bytes file{std::string_view(cache.content_.data(), cache.content_.size())};
  if (!cache.locate_new(file) && !cache.locate_old(file)) {
    return fail(ErrorCode::malformed, "neither \"" + std::string(kNewMagic) + "\" nor \"" + std::string(kOldMagic) +
                                          "\" with as many entries as it says, in this byte order");
  }
  return cache;
}

bool LibraryCache::locate_new(Bytes file) {
  uint64_t base = 0;
  if (!file.text().starts_with(kNewMagic)) {
    // The old table may be followed by the new one, which is then found in its string table.
    auto count = file.number<uint32_t>(12, order_);
    if (!file.text().starts_with(kOldMagic) || !count) return false;
    const uint64_t end = kOldHeader + uint64_t{*count} * kOldEntry;
    for (uint64_t align : {8, 4}) {
      base = (end + align - 1) / align * align;
      auto rest = file.from(base);
      if (rest && rest->text().starts_with(kNewMagic)) break;
      base = 0;
    }
    if (base == 0) return false;
  }
  auto count = file.number<uint32_t>(base + 20, order_);
  auto flags = file.sub(base + 28, 1);
  if (!count || !flags || file.size() < base + kNewHeader) return false;
  const auto endian = std::to_integer<uint8_t>(flags->span()[0]);
  if (endian != 0 && (endian & 3) != (order_ == ByteOrder::little ? 2 : 3)) return false;
  if ((file.size() - base - kNewHeader) / kNewEntry < *count) return false;
  new_format_ = true;
  table_ = base + kNewHeader;
  strings_ = base;
  count_ = *count;
  locate_hwcaps(file);
  return true;
}

bool LibraryCache::locate_old(Bytes file) {
  auto count = file.number<uint32_t>(12, order_);
  if (!file.text().starts_with(kOldMagic) || !count || file.size() <= kOldHeader) return false;
  if ((file.size() - kOldHeader) / kOldEntry < *count) return false;
  table_ = kOldHeader;
  count_ = *count;
  strings_ = kOldHeader + uint64_t{count_} * kOldEntry;
  return true;
}

// cache_extension_load: offsets count from the start of the file.
void LibraryCache::locate_hwcaps(Bytes file) {
  auto extension = file.number<uint32_t>(strings_ + 32, order_);
  if (!extension || *extension == 0 || *extension % 4 != 0) return;
  auto magic = file.number<uint32_t>(*extension, order_);
  auto count = file.number<uint32_t>(*extension + uint64_t{4}, order_);
  if (!magic || *magic != kExtensionMagic || !count) return;
  auto sections = file.sub(*extension + uint64_t{8}, uint64_t{*count} * 16);
  if (!sections) return;
  for (uint32_t i = 0; i < *count; ++i) {
    uint32_t tag = *sections->number<uint32_t>(i * uint64_t{16}, order_);
    uint32_t offset = *sections->number<uint32_t>(i * uint64_t{16} + 8, order_);
    uint32_t size = *sections->number<uint32_t>(i * uint64_t{16} + 12, order_);
    if (!file.sub(offset, size)) return;
    if (tag != kHwcapsTag || size % 4 != 0 || offset % 4 != 0) continue;
    hwcaps_ = offset;
    hwcaps_count_ = size / 4;
  }
}

std::optional<std::string_view> LibraryCache::key(uint32_t index) const {
  Bytes file{std::string_view(content_.data(), content_.size())};
  auto offset = file.number<uint32_t>(table_ + uint64_t{index} * (new_format_ ? kNewEntry : kOldEntry) + 4, order_);
  return offset ? file.c_string(strings_ + *offset) : std::nullopt;
}

CacheEntry LibraryCache::at(uint32_t index) const {
  Bytes file{std::string_view(content_.data(), content_.size())};
  const uint64_t place = table_ + uint64_t{index} * (new_format_ ? kNewEntry : kOldEntry);
  CacheEntry entry;
  entry.flags = file.number<uint32_t>(place, order_).value_or(0);
  entry.name = key(index).value_or(std::string_view());
  if (auto value = file.number<uint32_t>(place + 8, order_)) entry.path = file.c_string(strings_ + *value).value_or(std::string_view());
  if (new_format_) entry.hardware = file.number<uint64_t>(place + 16, order_).value_or(0);
  return entry;
}

std::vector<CacheEntry> LibraryCache::entries() const {
  std::vector<CacheEntry> all;
  for (uint32_t i = 0; i < count_; ++i) {
    CacheEntry entry = at(i);
    if (!entry.name.empty() && !entry.path.empty()) all.push_back(entry);
  }
  return all;
}

std::string_view LibraryCache::hwcaps_name(uint64_t hardware) const {
  const uint64_t index = hardware & 0xffffffff;
  if (!is_named(hardware) || index >= hwcaps_count_) return {};
  Bytes file{std::string_view(content_.data(), content_.size())};
  auto offset = file.number<uint32_t>(hwcaps_ + index * 4, order_);
  return offset ? file.c_string(*offset).value_or(std::string_view()) : std::string_view();
}

std::optional<std::string_view> LibraryCache::find(std::string_view name, const Abi& abi, const CpuModel& model,
                                                   const CacheDialect& dialect, bool* depends_on_cpu) const {
  int64_t left = 0, right = int64_t{count_} - 1, first = -1;
  while (left <= right && first < 0) {
    const int64_t middle = (left + right) / 2;
    auto here = key(static_cast<uint32_t>(middle));
    if (!here) return std::nullopt;
    const int order = compare(name, *here, order_by_difference);
    if (order == 0) first = middle;
    if (order < 0) left = middle + 1;
    if (order > 0) right = middle - 1;
  }
  if (first < 0) return std::nullopt;
  auto matches = [&](int64_t index) {
    auto here = key(static_cast<uint32_t>(index));
    return here && compare(name, *here, order_by_difference) == 0;
  };
  while (first > 0 && matches(first - 1)) --first;

  std::optional<std::string_view> best;
  size_t best_priority = SIZE_MAX;
  for (int64_t i = first; i < int64_t{count_} && matches(i); ++i) {
    const CacheEntry entry = at(static_cast<uint32_t>(i));
    if (std::find(abi.cache_flags.begin(), abi.cache_flags.end(), entry.flags) == abi.cache_flags.end()) continue;
    if (entry.path.empty()) continue;
    const bool named = dialect.named_hwcaps && is_named(entry.hardware);
    if (entry.hardware != 0 && depends_on_cpu != nullptr) *depends_on_cpu = true;
    if (new_format_ && !named && best) break;  // in the old format a later entry may still be the better one
    if (named) {
      const uint32_t isa = static_cast<uint32_t>(entry.hardware >> 32) & 0x3ff;
      if ((isa & model.isa_bits) != isa) continue;
      auto priority = std::find(model.hwcaps.begin(), model.hwcaps.end(), hwcaps_name(entry.hardware));
      const auto rank = static_cast<size_t>(priority - model.hwcaps.begin());
      if (priority == model.hwcaps.end() || rank >= best_priority) continue;
      best = entry.path;
      best_priority = rank;
      continue;
    }
    const uint64_t known = dialect.legacy_hwcaps ? model.legacy_bits | kPlatformBits | kTlsBit : 0;
    if ((entry.hardware & ~known) != 0) continue;
    const uint64_t platform = entry.hardware & kPlatformBits;
    if (platform != 0 && platform != model.legacy_platform) continue;
    best = entry.path;
    if (entry.flags == abi.cache_flags.back()) break;
  }
  return best;
}

}  // namespace rootlet
