#include "package/database.hpp"

#include <algorithm>
#include <cerrno>
#include <tuple>

namespace rootlet::package {

void Problems::add(std::string_view path, std::string_view message) {
  constexpr size_t kMost = 100;
  if (all_.size() > kMost) return;
  if (all_.size() == kMost) {
    all_.emplace_back("package database: further problems are not listed");
    return;
  }
  all_.push_back(std::string(path) + ": " + std::string(message));
}

std::optional<std::string_view> TextFiles::read(std::string_view path, uint64_t limit, const Node* from) {
  auto fail_with = [&](std::string_view message) -> std::optional<std::string_view> {
    const bool relative = from != nullptr && !path.starts_with('/');
    problems_.add(relative ? from->path() + "/" + std::string(path) : path, message);
    return std::nullopt;
  };
  Walk walk = root_.walk(path, FollowLast::yes, from);
  if (walk.node == nullptr && (walk.error == ENOENT || walk.error == ENOTDIR)) return std::nullopt;
  if (walk.node == nullptr) return fail_with(error_from_errno(walk.error, "cannot be looked up", "").message);
  auto file = root_.open_file(*walk.node);
  if (!file) return fail_with(file.error().message);
  const uint64_t size = (*file)->size();
  if (size > limit) return fail_with("holds " + std::to_string(size) + " bytes, of which at most " + std::to_string(limit) + " are read");
  if (size > kMostListBytes - read_) return fail_with("is not read: the files of this database hold too many bytes together");
  read_ += size;
  if (buffer_.size() < size) buffer_.resize(size);
  auto length = (*file)->read_at(0, std::as_writable_bytes(std::span(buffer_)).first(size));
  if (!length) return fail_with(length.error().message);
  return std::string_view(buffer_).substr(0, *length);
}

void sort_records(std::vector<Record>& records) {
  auto key = [](const Record& record) {
    return std::tie(record.package.name, record.foreign, record.package.architecture, record.place);
  };
  std::sort(records.begin(), records.end(), [&](const Record& a, const Record& b) { return key(a) < key(b); });
}

}  // namespace rootlet::package
