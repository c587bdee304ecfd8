#include "layer/copy.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "layer/output.hpp"

namespace rootlet::layer {

namespace {

// Zero, or the errno value.
int write_at(int out, uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    ssize_t length = ::pwrite(out, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return errno;
    bytes = bytes.subspan(static_cast<size_t>(length));
    offset += static_cast<uint64_t>(length);
  }
  return 0;
}

// Copies [offset, end) as far as the kernel will and returns where it stopped. It refuses between
// some file systems, and says "nothing more" of files that it makes up (/proc): whatever the reason,
// reading and writing what is left gives the bytes or the proper error.
Result<uint64_t> copy_in_kernel(int in, int out, uint64_t offset, uint64_t end, Meter& meter) {
  while (offset < end) {
    auto from = static_cast<loff_t>(offset);
    auto to = from;
    ssize_t length = ::copy_file_range(in, &from, out, &to, std::min<uint64_t>(kPiece, end - offset), 0);
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0) break;
    offset += static_cast<uint64_t>(length);
    if (auto go = meter.add(static_cast<uint64_t>(length)); !go) return Unexpected(std::move(go).error());
  }
  return offset;
}

}  // namespace

Result<void> copy_content(const Content& content, int out, const std::string& shown,
                          std::span<std::byte> buffer, Meter& meter) {
  uint64_t offset = 0;
  while (offset < content.size()) {
    Content::Run run = content.run(offset);
    if (run.hole) {
      if (auto go = meter.add(run.end - offset); !go) return go;
      offset = run.end;
      if (offset == content.size() && ::ftruncate(out, static_cast<off_t>(offset)) != 0) {
        return output_error(errno, "cannot write", shown);
      }
      continue;
    }
    if (content.descriptor() >= 0) {
      auto reached = copy_in_kernel(content.descriptor(), out, offset, run.end, meter);
      if (!reached) return Unexpected(std::move(reached).error());
      offset = *reached;
    }
    while (offset < run.end) {
      auto piece = buffer.first(std::min<uint64_t>(buffer.size(), run.end - offset));
      if (auto read = content.read(offset, piece); !read) return read;
      if (int error = write_at(out, offset, piece); error != 0)
        return output_error(error, "cannot write", shown);
      offset += piece.size();
      if (auto go = meter.add(piece.size()); !go) return go;
    }
  }
  return content.finish();
}

}  // namespace rootlet::layer
