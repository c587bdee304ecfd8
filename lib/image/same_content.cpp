#include "image/same_content.hpp"

#include <algorithm>
#include <vector>

#include "layer/content.hpp"

namespace rootlet::image {

Result<bool> same_content(const PlanEntry& entry, Root& root, const Node& other, Root& base) {
  constexpr size_t kPiece = 256 << 10;
  if (other.status().size != entry.size) return false;
  auto content = layer::Content::open(entry, root);
  if (!content) return Unexpected(std::move(content).error());
  auto file = base.open_file(other);
  if (!file) return Unexpected(std::move(file).error());
  std::vector<std::byte> ours(std::min<uint64_t>(kPiece, entry.size)), theirs(ours.size());
  for (uint64_t offset = 0; offset < entry.size;) {
    const size_t length = std::min<uint64_t>(kPiece, entry.size - offset);
    if (auto read = content->read(offset, std::span(ours).first(length)); !read) return Unexpected(std::move(read).error());
    auto read = (*file)->read_at(offset, std::span(theirs).first(length));
    if (!read) return Unexpected(std::move(read).error());
    if (*read != length || !std::equal(ours.begin(), ours.begin() + static_cast<ptrdiff_t>(length), theirs.begin())) return false;
    offset += length;
  }
  return true;
}

}  // namespace rootlet::image
