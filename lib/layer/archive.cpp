#include "layer/archive.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <new>
#include <string_view>

#include "base/archive_room.hpp"
#include "base/c_locale.hpp"

namespace rootlet::layer {

namespace {

constexpr int kBlock = 256 * 1024;

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 128; });
}

}  // namespace

// Freeing an unfinished archive writes an end to it, which goes nowhere.
Archive::~Archive() { discarding_ = true; }

void Archive::Free::operator()(archive* handle) const {
  archive_write_free(handle);
}
void Archive::Free::operator()(archive_entry* entry) const {
  archive_entry_free(entry);
}

// libarchive is not told of an error: an archive that it calls failed keeps its buffers for ever
// (archive_write_free() in archive_write.c closes no filter then). check() sees to it after each call.
ssize_t Archive::write_block(archive*, void* self, const void* data, size_t length) {
  auto& that = *static_cast<Archive*>(self);
  if (that.discarding_) return static_cast<ssize_t>(length);
  try {
    auto written = that.sink_.write({static_cast<const std::byte*>(data), length});
    if (!written) that.error_ = std::move(written).error();
  } catch (const std::bad_alloc&) {
    that.no_memory_ = true;
  }
  that.discarding_ = that.error_ || that.no_memory_;
  return static_cast<ssize_t>(length);
}

Archive::Archive(Sink& sink) : sink_(sink), handle_(archive_write_new()), member_(archive_entry_new()) {
  if (!handle_ || !member_) throw std::bad_alloc();
}

Result<void> Archive::open() {
  archive* handle = handle_.get();
  // "Restricted" leaves extended headers out where a plain one says it all. No block is padded.
  bool good = archive_write_set_format_pax_restricted(handle) == ARCHIVE_OK &&
              archive_write_set_format_option(handle, "pax", "xattrheader", "SCHILY") == ARCHIVE_OK &&
              archive_write_set_bytes_per_block(handle, kBlock) == ARCHIVE_OK &&
              archive_write_set_bytes_in_last_block(handle, 1) == ARCHIVE_OK &&
              archive_write_open(handle, this, nullptr, write_block, nullptr) == ARCHIVE_OK;
  return check(good, "cannot begin an archive");
}

Result<void> Archive::check(bool good, std::string_view what) {
  if (no_memory_) throw std::bad_alloc();
  if (error_) return Unexpected(*error_);
  if (good) return {};
  const char* why = archive_error_string(handle_.get());
  return fail(ErrorCode::io, std::string(what) + ": " + (why != nullptr ? why : "libarchive fails"));
}

// Neither user and group names nor times other than that of the content are ever set.
void Archive::describe(const PlanEntry& entry) {
  archive_entry* member = archive_entry_clear(member_.get());
  std::string name = entry.path.substr(1);
  mode_t type = AE_IFREG;
  if (entry.type == PlanEntryType::directory) {
    type = AE_IFDIR;
    name += '/';
  } else if (entry.type == PlanEntryType::symlink) {
    type = AE_IFLNK;
    archive_entry_copy_symlink(member, entry.target.c_str());
  } else if (entry.type == PlanEntryType::hard_link) {
    archive_entry_copy_hardlink(member, entry.target.c_str() + 1);
  }
  archive_entry_copy_pathname(member, name.c_str());
  archive_entry_set_mode(member, type | static_cast<mode_t>(entry.mode));
  archive_entry_set_uid(member, entry.uid);
  archive_entry_set_gid(member, entry.gid);
  archive_entry_set_mtime(member, static_cast<time_t>(entry.modified), 0);
  bool file = entry.type == PlanEntryType::file;
  archive_entry_set_size(member, file ? static_cast<la_int64_t>(entry.size) : 0);
  if (file && !entry.capability.empty()) {
    archive_entry_xattr_add_entry(member, "security.capability", entry.capability.data(),
                                  entry.capability.size());
  }
}

Result<void> Archive::begin(const PlanEntry& entry) {
  make_room_for_archive();
  describe(entry);
  int status = 0;
  {
    // A name is bytes here, and libarchive would make characters of it: archive_write_pax_header()
    // (archive_write_set_format_pax.c) converts every name to UTF-8 from the charset that
    // get_current_charset() (archive_string.c) reads off the locale at the first header, so that a name
    // beyond ASCII gives other bytes in other locales; from UTF-8 it even rewrites some names
    // (strncat_from_utf8_to_utf8: surrogate pairs). In the C locale a name is either ASCII and stays, or
    // the conversion fails, and then the member gets the bytes as they are and a record
    // hdrcharset=BINARY. The option of that name does the same for the bytes of all members, but puts
    // the record, and with it an extended header of 1 KiB, before each of them.
    const CLocale c_locale;
    status = archive_write_header(handle_.get(), member_.get());
  }
  // The warning is that a name stays bytes.
  bool expected = status == ARCHIVE_WARN && !(is_ascii(entry.path) && is_ascii(entry.target));
  return check(status == ARCHIVE_OK || expected, "cannot write the header of " + entry.path);
}

Result<void> Archive::add(std::span<const std::byte> bytes) {
  la_ssize_t length = archive_write_data(handle_.get(), bytes.data(), bytes.size());
  return check(length == static_cast<la_ssize_t>(bytes.size()), "cannot write an archive");
}

Result<void> Archive::end() {
  return check(archive_write_finish_entry(handle_.get()) == ARCHIVE_OK, "cannot write an archive");
}

Result<void> Archive::finish() {
  return check(archive_write_close(handle_.get()) == ARCHIVE_OK, "cannot write an archive");
}

}  // namespace rootlet::layer
