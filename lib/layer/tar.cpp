#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include "layer/archive.hpp"
#include "layer/check.hpp"
#include "layer/content.hpp"
#include "layer/meter.hpp"
#include "layer/output.hpp"
#include "rootlet/layer.hpp"

namespace rootlet {

namespace {

using layer::Archive;
using layer::Content;
using layer::kPiece;
using layer::Meter;
using layer::output_error;
using layer::Target;

// A file under a temporary name beside its target, gone unless it is put in place.
class TemporaryFile {
 public:
  explicit TemporaryFile(const Target& target) : target_(target) {}
  ~TemporaryFile() {
    if (!name_.empty()) ::unlinkat(target_.parent.get(), name_.c_str(), 0);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  Result<void> create() {
    for (int tries = 0; tries < layer::kTemporaryNames; ++tries) {
      std::string name = layer::temporary_name(target_);
      int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
      descriptor_ = layer::Descriptor(::openat(target_.parent.get(), name.c_str(), flags, 0644));
      if (descriptor_) {
        name_ = std::move(name);
        return {};
      }
      if (errno != EEXIST) break;
    }
    return output_error(errno, "cannot make a temporary file beside", target_.path);
  }

  int descriptor() const { return descriptor_.get(); }

  Result<void> put_in_place() {
    int parent = target_.parent.get();
    if (int error = descriptor_.close(); error != 0) return output_error(error, "cannot write", target_.path);
    if (::renameat(parent, name_.c_str(), parent, target_.name.c_str()) != 0) {
      return output_error(errno, "cannot put in place", target_.path);
    }
    name_.clear();
    return {};
  }

 private:
  const Target& target_;
  std::string name_;
  layer::Descriptor descriptor_;
};

// Whether the file can be put there: nothing is, or another regular file.
Result<void> check_target(const Target& target) {
  struct stat status {};
  if (::fstatat(target.parent.get(), target.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return {};
    return output_error(errno, "cannot write to", target.path);
  }
  if (S_ISREG(status.st_mode)) return {};
  if (S_ISDIR(status.st_mode)) {
    return fail(ErrorCode::already_exists, target.path + " is a directory; give the name of a file",
                target.path);
  }
  const char* kind = S_ISLNK(status.st_mode) ? "a symbolic link" : "not a regular file";
  return fail(ErrorCode::invalid_argument,
              target.path + " is " + kind +
                  ", and the rename at the end would replace it; name a file, or pass an open descriptor",
              target.path);
}

Result<void> write_content(const PlanEntry& entry, Root& root, Archive& archive, Meter& meter,
                           std::vector<std::byte>& buffer) {
  auto content = Content::open(entry, root);
  if (!content) return Unexpected(std::move(content).error());
  uint64_t offset = 0;
  while (offset < content->size()) {
    Content::Run run = content->run(offset);
    if (run.hole) std::fill(buffer.begin(), buffer.end(), std::byte{0});
    while (offset < run.end) {
      auto piece = std::span(buffer).first(std::min<uint64_t>(kPiece, run.end - offset));
      if (!run.hole) {
        if (auto read = content->read(offset, piece); !read) return read;
      }
      if (auto added = archive.add(piece); !added) return added;
      offset += piece.size();
      if (auto go = meter.add(piece.size()); !go) return go;
    }
  }
  return content->finish();
}

Result<void> write_members(const Plan& plan, Root& root, int descriptor, const std::string& shown,
                           const ProgressCallback& progress) {
  Meter meter(plan, progress);
  std::vector<std::byte> buffer(kPiece);
  Archive archive(descriptor, shown);
  if (auto opened = archive.open(); !opened) return opened;
  for (const PlanEntry& entry : plan.entries) {
    if (auto go = meter.begin(entry); !go) return go;
    if (entry.path != "/") {
      if (auto begun = archive.begin(entry); !begun) return begun;
      if (entry.type == PlanEntryType::file) {
        if (auto written = write_content(entry, root, archive, meter, buffer); !written) return written;
      }
      if (auto ended = archive.end(); !ended) return ended;
    }
    meter.end();
  }
  if (auto finished = archive.finish(); !finished) return finished;
  return meter.finish();
}

}  // namespace

Result<void> write_tar(const Plan& plan, Root& root, const std::string& file,
                       const ProgressCallback& progress) {
  if (auto checked = layer::check_plan(plan); !checked) return checked;
  if (file.ends_with('/')) {
    return fail(ErrorCode::invalid_argument, file + " ends in a slash; give the name of a file", file);
  }
  auto target = Target::open(file);
  if (!target) return Unexpected(std::move(target).error());
  if (auto checked = check_target(*target); !checked) return checked;

  TemporaryFile temporary(*target);
  if (auto created = temporary.create(); !created) return created;
  if (auto written = write_members(plan, root, temporary.descriptor(), target->path, progress); !written) {
    return written;
  }
  return temporary.put_in_place();
}

Result<void> write_tar(const Plan& plan, Root& root, int descriptor, const ProgressCallback& progress) {
  if (auto checked = layer::check_plan(plan); !checked) return checked;
  return write_members(plan, root, descriptor, "descriptor " + std::to_string(descriptor), progress);
}

}  // namespace rootlet
