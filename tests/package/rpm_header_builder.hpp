// rpm header blobs, put together field by field (rpm's docs/manual/format_header.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "package/rpm_header.hpp"

namespace rootlet::test {

class RpmHeaderBuilder {
 public:
  using Tag = package::RpmTag;

  RpmHeaderBuilder& string(Tag tag, std::string_view value) { return entry(tag, 6, 1, std::string(value) + '\0'); }
  RpmHeaderBuilder& strings(Tag tag, const std::vector<std::string>& values) {
    std::string data;
    for (const std::string& value : values) data += value + '\0';
    return entry(tag, 8, static_cast<uint32_t>(values.size()), data);
  }
  RpmHeaderBuilder& numbers(Tag tag, const std::vector<uint32_t>& values, uint32_t width = 4) {
    std::string data;
    for (uint32_t value : values) data += big(value).substr(4 - width);
    return entry(tag, width == 1 ? 1 : width == 2 ? 3 : 4, static_cast<uint32_t>(values.size()), data);
  }
  // An entry as it stands, its data at the end of the data so far.
  RpmHeaderBuilder& entry(Tag tag, uint32_t type, uint32_t count, std::string_view data) {
    while (data_.size() % 4 != 0) data_ += '\0';
    index_ += big(static_cast<uint32_t>(tag)) + big(type) + big(static_cast<uint32_t>(data_.size())) + big(count);
    data_ += data;
    return *this;
  }

  std::string blob() const { return big(static_cast<uint32_t>(index_.size() / 16)) + big(static_cast<uint32_t>(data_.size())) + index_ + data_; }

  static std::string big(uint32_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
    return bytes;
  }

 private:
  std::string index_;
  std::string data_;
};

inline RpmHeaderBuilder sample_rpm_header() {
  using Tag = package::RpmTag;
  RpmHeaderBuilder builder;
  builder.string(Tag::name, "tool").string(Tag::version, "1.2").string(Tag::release, "3.fc40").numbers(Tag::epoch, {1});
  builder.string(Tag::architecture, "x86_64").string(Tag::source_rpm, "tool-suite-1.2-3.fc40.src.rpm");
  builder.numbers(Tag::file_states, {0, 2, 0, 3}, 1).numbers(Tag::file_modes, {0100755, 0100644, 040755, 0120777}, 2);
  builder.strings(Tag::provide_name, {"tool", "tool(x86-64)", "virtual"});
  builder.strings(Tag::require_name, {"libc.so.6()(64bit)", "/bin/sh", "rpmlib(CompressedFileNames)"});
  builder.numbers(Tag::directory_indexes, {0, 1, 2, 0});
  builder.strings(Tag::base_names, {"tool", "README", "", "link"});
  return builder.strings(Tag::directory_names, {"/usr/bin/", "/usr/share/doc/tool/", "/usr/share/tool/"});
}

}  // namespace rootlet::test
