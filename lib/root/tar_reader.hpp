// The members of a tar, through libarchive: their headers, and where their content lies.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "root/unpacked.hpp"
#include "rootlet/root.hpp"

struct archive;
struct archive_entry;

namespace rootlet {

// [offset, offset + length) of a file, which lies at `place` in what holds it. What no extent covers is a hole.
struct Extent {
  uint64_t offset = 0, length = 0, place = 0;
};

struct TarMember {
  std::string name;       // as it is written
  std::string link;       // of a symbolic link, what it says; of a hard link, the member that it is
  bool is_hard_link = false;
  Status status;          // but for device, inode and link_count
  std::vector<Extent> extents;  // by offset
  std::vector<std::pair<std::string, std::string>> attributes;
};

inline constexpr uint64_t kMostTarMembers = 1'000'000;
inline constexpr size_t kMostAttributeBytes = 64 << 10;  // of a member; VFS takes no more (xattr(7))

// Whether a tar begins so: by a header whose sum is right, or by the zeros that end one.
bool is_tar(Bytes start);

class TarReader {
 public:
  // The scan stays the caller's.
  TarReader(Scan& scan, const std::string& shown);
  ~TarReader();
  TarReader(const TarReader&) = delete;
  TarReader& operator=(const TarReader&) = delete;

  // Nothing at the end. Errors: malformed, too_large, and what the scan has.
  Result<std::optional<TarMember>> next();

 private:
  struct Free {
    void operator()(archive* handle) const;
  };
  static ssize_t read_piece(archive* handle, void* self, const void** buffer);
  static int64_t skip_bytes(archive* handle, void* self, int64_t length);

  // Reads one more header, which tells where the content of the one before ends.
  Result<void> advance();
  Keeping keeping() const;
  Result<bool> read_header(archive_entry*& entry);
  Result<TarMember> describe(archive_entry* entry) const;
  Result<void> take_extents(archive_entry* entry, TarMember& member);
  Unexpected failure();

  Scan& scan_;
  const std::string& shown_;
  std::unique_ptr<archive, Free> handle_;
  std::optional<TarMember> ahead_;  // read, and not handed out yet
  uint64_t ahead_stored_ = 0;       // its content in the archive, padding included
  bool ahead_likely_ = false;       // to be read
  uint64_t given_ = 0;              // bytes, to libarchive
  uint64_t header_ = 0;             // where the last header begins, or the end
  bool begun_ = false;
  uint64_t members_ = 0;
  uint64_t header_bytes_ = 0;       // read since the last content
  bool in_header_ = false;
  std::optional<Error> error_;      // of the scan, which libarchive's frames cannot carry
  bool no_memory_ = false;
};

}  // namespace rootlet
