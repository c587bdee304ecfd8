#include "package/rpm_header.hpp"

namespace rootlet::package {
namespace {

constexpr uint64_t kIntroSize = 8, kEntrySize = 16;
constexpr uint32_t kMostEntries = 0xffff, kMostItems = 0xfffff;  // HEADER_TAGS_MAX and HEADER_ARRAY_MAX of lib/header.cc

enum Type : uint32_t { kChar = 1, kInt8 = 2, kInt16 = 3, kInt32 = 4, kString = 6, kStringArray = 8, kI18nString = 9 };

}  // namespace

Result<RpmHeader> RpmHeader::parse(Bytes blob) {
  const auto entries = blob.number<uint32_t>(0, ByteOrder::big), length = blob.number<uint32_t>(4, ByteOrder::big);
  if (!entries || !length) return fail(ErrorCode::malformed, "header too short: " + std::to_string(blob.size()) + " of the 8 bytes of its intro");
  if (*entries > kMostEntries) return fail(ErrorCode::too_large, "header has " + std::to_string(*entries) + " entries");
  auto index = blob.sub(kIntroSize, *entries * kEntrySize);
  auto data = index ? blob.sub(kIntroSize + index->size(), *length) : std::nullopt;
  if (!data) {
    return fail(ErrorCode::malformed, std::to_string(*entries) + " entries at 0x8 and " + std::to_string(*length) +
                                          " bytes of data exceed header of " + std::to_string(blob.size()) + " bytes");
  }
  RpmHeader header;
  header.index_ = *index;
  header.data_ = *data;
  return header;
}

std::optional<RpmHeader::Entry> RpmHeader::entry(RpmTag tag) const {
  for (uint64_t at = 0; at < index_.size(); at += kEntrySize) {
    auto field = [&](uint64_t offset) { return *index_.number<uint32_t>(at + offset, ByteOrder::big); };
    if (field(0) != static_cast<uint32_t>(tag)) continue;
    const Entry entry{field(4), field(8), field(12)};
    if (entry.count > kMostItems) return std::nullopt;
    return entry;
  }
  return std::nullopt;
}

std::optional<std::string_view> RpmHeader::string(RpmTag tag) const {
  const auto found = entry(tag);
  if (!found || (found->type != kString && found->type != kI18nString) || found->count == 0) return std::nullopt;
  return data_.c_string(found->offset);
}

std::vector<std::string_view> RpmHeader::strings(RpmTag tag) const {
  const auto found = entry(tag);
  std::vector<std::string_view> all;
  if (!found || (found->type != kString && found->type != kStringArray)) return all;
  uint64_t offset = found->offset;
  for (uint32_t i = 0; i < found->count; ++i) {
    const auto text = data_.c_string(offset);
    if (!text) return {};
    all.push_back(*text);
    offset += text->size() + 1;
  }
  return all;
}

RpmNumbers RpmHeader::numbers(RpmTag tag) const {
  const auto found = entry(tag);
  const auto data = found ? data_.from(found->offset) : std::nullopt;
  if (!data) return {};
  switch (found->type) {
    case kChar:
    case kInt8: return RpmNumbers(*data, 1, found->count);
    case kInt16: return RpmNumbers(*data, 2, found->count);
    case kInt32: return RpmNumbers(*data, 4, found->count);
    default: return {};
  }
}

std::optional<uint32_t> RpmNumbers::at(uint32_t index) const {
  if (index >= count_) return std::nullopt;
  const uint64_t offset = uint64_t{index} * width_;
  if (width_ == 1) return data_.number<uint8_t>(offset, ByteOrder::big);
  if (width_ == 2) return data_.number<uint16_t>(offset, ByteOrder::big);
  return data_.number<uint32_t>(offset, ByteOrder::big);
}

}  // namespace rootlet::package
