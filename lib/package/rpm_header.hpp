// The header blob of rpm, as its database keeps one for each package: rpm's docs/manual/format_header.md, without the
// magic. All numbers are big-endian:
//
//   entries, data length          4 bytes each
//   tag, type, offset, count      4 bytes each, for every entry
//   data                          which the offsets count from
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "package/database.hpp"
#include "rootlet/base.hpp"

namespace rootlet::package {

enum class RpmTag : uint32_t {
  name = 1000,
  version = 1001,
  release = 1002,
  epoch = 1003,
  build_time = 1006,
  size = 1009,
  vendor = 1011,
  architecture = 1022,
  file_states = 1029,
  file_modes = 1030,
  source_rpm = 1044,
  provide_name = 1047,
  require_name = 1049,
  directory_indexes = 1116,
  base_names = 1117,
  directory_names = 1118,
};

// The numbers of one tag, of 8, 16 or 32 bits each.
class RpmNumbers {
 public:
  RpmNumbers() = default;
  RpmNumbers(Bytes data, uint32_t width, uint32_t count) : data_(data), width_(width), count_(count) {}

  // Nothing behind the last one.
  std::optional<uint32_t> at(uint32_t index) const;

 private:
  Bytes data_;
  uint32_t width_ = 1;
  uint32_t count_ = 0;
};

// The bytes must outlive it. A field that is not there, of another type than it should be, or that does not fit
// in the data, is as if it were not there.
class RpmHeader {
 public:
  static Result<RpmHeader> parse(Bytes blob);

  std::optional<std::string_view> string(RpmTag tag) const;
  // All strings of the tag, or none if one of them does not end within the data.
  std::vector<std::string_view> strings(RpmTag tag) const;
  RpmNumbers numbers(RpmTag tag) const;

 private:
  struct Entry {
    uint32_t type = 0;
    uint32_t offset = 0;
    uint32_t count = 0;
  };
  std::optional<Entry> entry(RpmTag tag) const;

  Bytes index_;
  Bytes data_;
};

// The package that a header describes; nothing if it has no name.
std::optional<Record> rpm_record(const RpmHeader& header, size_t& room);

// PackageDatabase::record() of it; empty if its version or release cannot be put down in that form.
std::string rpm_manifest_line(const RpmHeader& header);

void each_rpm_path(const RpmHeader& header, const PathVisitor& visit);

// Appends the names in a REQUIRENAME: itself, or the operands of a rich dependency, "(A or (B with C))", without
// their versions and without the conditions after "if" and "unless".
void add_rpm_requirement(std::string_view requirement, std::vector<std::string>& names, size_t& room);

}  // namespace rootlet::package
