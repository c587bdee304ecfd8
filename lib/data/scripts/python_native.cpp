#include <array>

#include "data/scripts/python.hpp"

namespace rootlet::scripts {
namespace {

constexpr size_t kMaxNames = 4096;
constexpr size_t kMaxLength = 200;

// "a.b" or "_a": a name that is a module rather than any other word.
bool likely(std::string_view text) {
  if (text.size() < 4 || !is_python_module_name(text)) return false;
  return text.find('.') != std::string_view::npos || (text.front() == '_' && !text.starts_with("__"));
}

}  // namespace

std::vector<std::string> python_native_names(Root& root, std::string_view path, uint64_t& limit) {
  std::vector<std::string> names;
  const Walk walk = root.walk(path);
  if (walk.node == nullptr || !walk.node->is_file()) return names;
  auto file = root.open_file(*walk.node);
  if (!file) return names;
  // Whole strings only: between two NULs.
  std::string word;
  bool valid = false;
  std::array<std::byte, 1 << 16> buffer;
  for (uint64_t offset = 0; limit > 0 && names.size() < kMaxNames;) {
    const std::span<std::byte> room(buffer.data(), static_cast<size_t>(std::min<uint64_t>(limit, buffer.size())));
    const auto count = (*file)->read_at(offset, room);
    if (!count || *count == 0) break;
    offset += *count;
    limit -= *count;
    for (const char c : Bytes(room.first(*count)).text()) {
      if (c == '\0') {
        if (valid && likely(word) && names.size() < kMaxNames) names.push_back(word);
        word.clear();
        valid = true;
      } else if (valid) {
        valid = (is_word(c) || c == '.') && word.size() < kMaxLength;
        if (valid) word += c;
      }
    }
  }
  return names;
}

}  // namespace rootlet::scripts
