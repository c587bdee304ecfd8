// layer: writes a Plan, as a directory or as a tar.
//
// An output appears complete under its name or not at all: it is written under a temporary name
// beside the target and renamed at the end; after an error the temporary is removed and the target
// is as it was before. Same plan, same bytes, on every machine, at every time, for every user.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "rootlet/base.hpp"
#include "rootlet/plan.hpp"
#include "rootlet/root.hpp"

namespace rootlet {

struct Progress {
  uint64_t files_done = 0;   // entries that are complete, whatever their type
  uint64_t files_total = 0;  // entries of the plan
  uint64_t bytes_done = 0;   // of content, holes included
  uint64_t bytes_total = 0;  // Plan::bytes
  std::string_view path;     // the entry being written
};

// Called on the caller's thread before each entry, after about each MiB of content, and once more
// when all is written but not yet in place; returning false stops the writing with an error of code
// `cancelled`. May be empty.
using ProgressCallback = std::function<bool(const Progress&)>;

// How a layer is packed. The digest of the unpacked layer, its diff ID, does not depend on it.
enum class Compression : uint8_t { none, gzip, zstd };

// All three write what the plan says and decide nothing. They fail with invalid_argument if the plan
// breaks a promise of plan.hpp; with whatever Root::open_file() returns for a file that cannot be
// read; and with `io` for a file that has another size than planned or changes while it is read.
// They print nothing and change nothing of the process: no working directory, umask, locale or
// signal disposition. A process that is killed leaves at most the temporary behind, which is called
// ".NAME.rootlet-XXXXXX" beside the target NAME.

// Writes a directory, which must not exist yet or be empty; anything else there is already_exists.
// An empty directory is replaced by another, not filled; but where it cannot be (a mount point, or nothing may be written
// beside it) the temporary is made inside, and its entries are moved up when all are complete. Modes are exact whatever the umask is, and
// times as exact as the file system keeps them. The top gets mode 0755 and time 0 unless the plan
// has an entry "/". Holes of files in the root stay holes. Owners are set as planned where the
// process may do so (effective user 0), and are the caller's otherwise; file capabilities are set likewise. In a user
// namespace that has no such owner the entry belongs to its root.
Result<void> write_directory(const Plan& plan, Root& root, const std::string& directory,
                             const ProgressCallback& progress = {});

// The same into an open directory, which must be empty and stays open. The temporary is made inside of it.
Result<void> write_directory(const Plan& plan, Root& root, int descriptor, const ProgressCallback& progress = {});

// What packs a tar. The bytes depend on the compression, its level and the version of libdeflate or libzstd, never on the number of threads;
// those of the tar inside depend on none of it. Threads are started and joined inside the call, with all signals blocked; where the
// system has none to give, gzip does without. Whatever the size of what is written, memory stays under 64 MiB for gzip and for zstd up to level 5.
// Above it zstd's own tables grow: with two threads a process takes 64 MiB at level 9, 170 at 12 and 280 at 19.
struct TarOptions {
  Compression compression = Compression::none;
  int level = 0;         // gzip: 1 to 9; zstd: 1 to 19; 0: the usual one, 6 or 3
  unsigned threads = 0;  // that compress; 0: as many as the process may run on
};

// Writes a POSIX pax tar archive, packed as `options` say, of mode 0644 less the umask. An existing regular
// file is replaced at the end; a directory there is already_exists, and anything else (a link, a
// device) is invalid_argument. Member names are relative ("usr/bin/curl"); directories end in a
// slash, and "/" has no member. A member has an extended header only where a plain one cannot say
// it: a long name, one beyond ASCII, 8 GiB or more, a time before 1970 or after 2038, a file
// capability (SCHILY.xattr.security.capability). Names are bytes, whatever the locale. Holes are
// written as zeros, since sparse members are not portable between readers (OCI image-spec, layer.md).
Result<void> write_tar(const Plan& plan, Root& root, const std::string& file,
                       const ProgressCallback& progress = {}, const TarOptions& options = {});

// The same to an open descriptor, which stays open. What was written before an error stays written.
// A socket whose peer is gone is an error and raises no SIGPIPE; a pipe raises it as any write does.
Result<void> write_tar(const Plan& plan, Root& root, int descriptor,
                       const ProgressCallback& progress = {}, const TarOptions& options = {});

// Writes a text, as write_tar() writes an archive.
Result<void> write_file(std::string_view text, const std::string& file);
Result<void> write_file(std::string_view text, int descriptor);

}  // namespace rootlet
