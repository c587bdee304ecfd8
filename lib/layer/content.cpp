#include "layer/content.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace rootlet::layer {

Unexpected Content::changed() const {
  return fail(ErrorCode::io,
              "changed while it was read: " + entry_->path +
                  "; let nothing write to the root meanwhile, and try again",
              entry_->path);
}

Result<Content> Content::open(const PlanEntry& entry, Root& root) {
  Content content(entry);
  if (entry.content) {
    content.source_ = std::make_unique<MemorySource>(Bytes(*entry.content));
    return content;
  }
  auto file = root.open_file(*entry.source);
  if (!file) return Unexpected(std::move(file).error());
  content.descriptor_ = (*file)->descriptor();
  content.source_ = std::move(*file);
  if (content.source_->size() != entry.size) return content.changed();
  if (content.descriptor_ >= 0) {
    if (::fstat(content.descriptor_, &content.opened_) != 0) {
      return Unexpected(error_from_errno(errno, "cannot examine", entry.path));
    }
    content.sparse_ = content.opened_.st_blocks * 512 < content.opened_.st_size;
  }
  return content;
}

Content::Run Content::run(uint64_t offset) const {
  const Run rest{size(), false};
  if (!sparse_) return rest;
  off_t data = ::lseek(descriptor_, static_cast<off_t>(offset), SEEK_DATA);
  if (data < 0) return errno == ENXIO ? Run{size(), true} : rest;
  if (static_cast<uint64_t>(data) > offset) return {std::min<uint64_t>(data, size()), true};
  off_t hole = ::lseek(descriptor_, static_cast<off_t>(offset), SEEK_HOLE);
  if (hole < 0 || static_cast<uint64_t>(hole) <= offset) return rest;
  return {std::min<uint64_t>(hole, size()), false};
}

Result<void> Content::read(uint64_t offset, std::span<std::byte> out) const {
  auto length = source_->read_at(offset, out);
  if (!length) return Unexpected(std::move(length).error());
  if (*length != out.size()) return changed();
  return {};
}

Result<void> Content::finish() const {
  if (descriptor_ >= 0) {
    struct stat now {};
    bool same = ::fstat(descriptor_, &now) == 0 && now.st_size == opened_.st_size &&
                now.st_mtim.tv_sec == opened_.st_mtim.tv_sec &&
                now.st_mtim.tv_nsec == opened_.st_mtim.tv_nsec;
    if (!same || static_cast<uint64_t>(now.st_size) != size()) return changed();
    return {};
  }
  std::byte beyond{};
  auto length = source_->read_at(size(), std::span(&beyond, 1));
  if (!length) return Unexpected(std::move(length).error());
  if (*length != 0) return changed();
  return {};
}

}  // namespace rootlet::layer
