#include "root/tar_reader.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <new>

#include "base/archive_room.hpp"
#include "base/c_locale.hpp"

namespace rootlet {
namespace {

constexpr uint64_t kRecord = 512;
constexpr uint64_t kMostHeaderBytes = 16 << 20;  // of one member, extended headers and maps of holes included

NodeType type_of(unsigned type) {
  switch (type) {
    case AE_IFREG: return NodeType::file;
    case AE_IFDIR: return NodeType::directory;
    case AE_IFLNK: return NodeType::symlink;
    default: return NodeType::other;
  }
}

uint32_t id_of(int64_t id) { return id < 0 || id > std::numeric_limits<uint32_t>::max() ? 65534 : static_cast<uint32_t>(id); }

std::string text_of(const char* text) { return text == nullptr ? std::string() : text; }

}  // namespace

// POSIX.1-2017, pax, "ustar Interchange Format": the sum of the header's bytes, its own eight taken for blanks, is in octal at 148.
bool is_tar(Bytes start) {
  constexpr uint64_t kSum = 148, kSumLength = 8;
  const auto header = start.sub(0, kRecord);
  if (!header) return false;
  uint64_t sum = 0, said = 0;
  for (uint64_t i = 0; i < kRecord; ++i) sum += i >= kSum && i < kSum + kSumLength ? ' ' : std::to_integer<uint8_t>(header->span()[i]);
  if (sum == kSumLength * ' ') return true;
  for (const char digit : header->text().substr(kSum, kSumLength)) {
    if (digit >= '0' && digit <= '7') said = 8 * said + static_cast<uint64_t>(digit - '0');
  }
  return sum == said;
}

void TarReader::Free::operator()(archive* handle) const { archive_read_free(handle); }

TarReader::TarReader(Scan& scan, const std::string& shown) : scan_(scan), shown_(shown), handle_(archive_read_new()) {
  if (!handle_) throw std::bad_alloc();
}

TarReader::~TarReader() = default;

ssize_t TarReader::read_piece(archive* handle, void* self, const void** buffer) {
  auto& that = *static_cast<TarReader*>(self);
  try {
    auto piece = that.scan_.next(that.keeping());
    if (piece) {
      that.given_ += piece->size();
      that.header_bytes_ += piece->size();
      if (!that.in_header_ || that.header_bytes_ <= kMostHeaderBytes) {
        *buffer = piece->data();
        return static_cast<ssize_t>(piece->size());
      }
      that.error_ = Error{ErrorCode::too_large, that.shown_ + ": the header of a member takes more than the " + std::to_string(kMostHeaderBytes) + " bytes that are read", that.shown_};
    } else {
      that.error_ = std::move(piece).error();
    }
  } catch (const std::bad_alloc&) {
    that.no_memory_ = true;
  }
  archive_set_error(handle, EIO, "cannot be read");
  return -1;
}

int64_t TarReader::skip_bytes(archive*, void* self, int64_t length) {
  auto& that = *static_cast<TarReader*>(self);
  try {
    const uint64_t skipped = length <= 0 ? 0 : that.scan_.skip(static_cast<uint64_t>(length));
    that.given_ += skipped;
    return static_cast<int64_t>(skipped);
  } catch (const std::bad_alloc&) {
    return 0;  // it is read instead, if there is memory for that
  }
}

// Content is skipped behind the header that was read last. What is large and no program or library is seldom asked for.
Keeping TarReader::keeping() const {
  if (in_header_ || given_ + kUnpackedBlock > header_ + ahead_stored_) return Keeping::small;
  return ahead_likely_ ? Keeping::inside : Keeping::never;
}

Unexpected TarReader::failure() {
  if (no_memory_ || archive_errno(handle_.get()) == ENOMEM) throw std::bad_alloc();
  if (error_) return Unexpected(*error_);
  const int64_t position = archive_read_header_position(handle_.get());  // negative where there was none
  const std::string at = position < 0 ? "" : " at byte " + std::to_string(position);
  return fail(ErrorCode::malformed, shown_ + " is no tar, or a damaged one: " + text_of(archive_error_string(handle_.get())) + at, shown_);
}

Result<bool> TarReader::read_header(archive_entry*& entry) {
  const CLocale locale;  // names as they are written, also where libarchive would like to convert them
  archive* handle = handle_.get();
  make_room_for_archive();
  in_header_ = true;
  if (!begun_) {
    begun_ = true;
    if (archive_read_support_format_tar(handle) != ARCHIVE_OK || archive_read_support_format_empty(handle) != ARCHIVE_OK ||
        archive_read_set_read_callback(handle, read_piece) != ARCHIVE_OK || archive_read_set_skip_callback(handle, skip_bytes) != ARCHIVE_OK ||
        archive_read_set_callback_data(handle, this) != ARCHIVE_OK || archive_read_open1(handle) != ARCHIVE_OK) {
      return failure();
    }
  } else {
    in_header_ = false;
    if (archive_read_data_skip(handle) < ARCHIVE_WARN) return failure();
  }
  in_header_ = true;
  header_bytes_ = 0;
  const int status = archive_read_next_header(handle, &entry);
  if (no_memory_ || error_) return failure();
  if (status == ARCHIVE_EOF) return false;
  // A warning is of a name that is not in the locale's characters, or of an extended header that is not known.
  return status == ARCHIVE_OK || status == ARCHIVE_WARN ? Result<bool>(true) : failure();
}

Result<TarMember> TarReader::describe(archive_entry* entry) const {
  TarMember member;
  member.name = text_of(archive_entry_pathname(entry));
  Status& status = member.status;
  status.type = type_of(archive_entry_filetype(entry));
  status.mode = archive_entry_mode(entry) & 07777;
  status.modified = archive_entry_mtime(entry);
  status.uid = id_of(archive_entry_uid(entry));
  status.gid = id_of(archive_entry_gid(entry));
  if (const char* target = archive_entry_hardlink(entry)) {
    member.is_hard_link = true;
    member.link = target;
    status.type = NodeType::file;
  } else if (status.type == NodeType::symlink) {
    member.link = text_of(archive_entry_symlink(entry));
    status.size = member.link.size();
  } else if (status.type == NodeType::file) {
    const int64_t size = archive_entry_size(entry);
    if (size < 0) return fail(ErrorCode::malformed, shown_ + ": " + member.name + " has a negative size", shown_);
    status.size = static_cast<uint64_t>(size);
  }
  size_t bytes = 0;
  archive_entry_xattr_reset(entry);
  const char* name = nullptr;
  const void* value = nullptr;
  for (size_t length = 0; archive_entry_xattr_next(entry, &name, &value, &length) == ARCHIVE_OK;) {
    bytes += text_of(name).size() + length;
    if (bytes > kMostAttributeBytes) return fail(ErrorCode::too_large, shown_ + ": " + member.name + " has more attributes than any file system keeps", shown_);
    if (name != nullptr) member.attributes.emplace_back(name, std::string(static_cast<const char*>(value), length));
  }
  return member;
}

Result<void> TarReader::take_extents(archive_entry* entry, TarMember& member) {
  uint64_t stored = 0;
  int64_t offset = 0, length = 0;
  if (archive_entry_sparse_reset(entry) == 0) {
    if (member.status.size > 0) member.extents.push_back({0, member.status.size, 0});
    stored = member.status.size;
  }
  uint64_t behind = 0;  // the last extent
  while (archive_entry_sparse_next(entry, &offset, &length) == ARCHIVE_OK) {
    const auto at = static_cast<uint64_t>(offset), bytes = static_cast<uint64_t>(length);
    if (offset < 0 || length < 0 || at < behind || at + bytes > member.status.size) {
      return fail(ErrorCode::malformed, shown_ + ": the map of holes in " + member.name + " contradicts itself", shown_);
    }
    if (bytes > 0) member.extents.push_back({at, bytes, stored});
    stored += bytes;
    behind = at + bytes;
  }
  ahead_stored_ = stored + (kRecord - stored % kRecord) % kRecord;
  return {};
}

Result<void> TarReader::advance() {
  archive_entry* entry = nullptr;
  auto found = read_header(entry);
  if (!found) return Unexpected(std::move(found).error());
  header_ = static_cast<uint64_t>(std::max<int64_t>(0, archive_read_header_position(handle_.get())));
  if (!*found) return {};
  if (++members_ > kMostTarMembers) return fail(ErrorCode::too_large, shown_ + " has more members than the " + std::to_string(kMostTarMembers) + " that are read", shown_);
  auto member = describe(entry);
  if (!member) return Unexpected(std::move(member).error());
  ahead_stored_ = 0;
  if (member->status.type == NodeType::file && !member->is_hard_link) {
    if (auto taken = take_extents(entry, *member); !taken) return taken;
  }
  ahead_likely_ = (member->status.mode & 0111) != 0 || member->name.find(".so") != std::string::npos;
  ahead_ = std::move(*member);
  return {};
}

Result<std::optional<TarMember>> TarReader::next() {
  if (!begun_) {
    if (auto done = advance(); !done) return Unexpected(std::move(done).error());
  }
  std::optional<TarMember> member = std::exchange(ahead_, std::nullopt);
  if (!member) return member;
  const uint64_t stored = ahead_stored_;
  if (auto done = advance(); !done) return Unexpected(std::move(done).error());
  // Content, padded to whole records, ends where the next header begins.
  if (stored > header_) return fail(ErrorCode::malformed, shown_ + ": the content of " + member->name + " is not all there", shown_);
  for (Extent& extent : member->extents) extent.place += header_ - stored;
  return member;
}

}  // namespace rootlet
