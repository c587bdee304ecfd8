#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <string_view>

#include "layer/check.hpp"
#include "layer/meter.hpp"
#include "layer/output.hpp"
#include "layer/tree.hpp"
#include "rootlet/layer.hpp"

namespace rootlet {

namespace {

using layer::output_error;

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

Result<bool> is_empty(const layer::Target& target) {
  int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  layer::Descriptor descriptor(::openat(target.parent.get(), target.name.empty() ? "." : target.name.c_str(), flags));
  std::unique_ptr<DIR, CloseDirectory> directory(descriptor ? ::fdopendir(descriptor.get()) : nullptr);
  if (!directory) return output_error(errno, "cannot look into", target.path);
  descriptor.release();
  while (const dirent* entry = ::readdir(directory.get())) {
    std::string_view name = entry->d_name;
    if (name != "." && name != "..") return false;
  }
  return true;
}

Result<void> check_empty(const layer::Target& target) {
  auto empty = is_empty(target);
  if (!empty) return Unexpected(std::move(empty).error());
  if (*empty) return {};
  return fail(ErrorCode::already_exists, target.path + " exists and is not empty; remove it or give another name", target.path);
}

// The rename at the end has the last word; this spares the work where it is known to fail.
Result<void> check_target(const layer::Target& target) {
  if (target.name.empty()) return check_empty(target);
  struct stat status {};
  if (::fstatat(target.parent.get(), target.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return {};
    return output_error(errno, "cannot write to", target.path);
  }
  if (!S_ISDIR(status.st_mode)) {
    return fail(ErrorCode::already_exists,
                target.path + " exists and is not a directory; remove it or give another name", target.path);
  }
  return check_empty(target);
}

Result<void> fill(Result<layer::Target> target, const Plan& plan, Root& root, const ProgressCallback& progress) {
  if (!target) return Unexpected(std::move(target).error());
  if (auto checked = check_target(*target); !checked) return checked;
  layer::Meter meter(plan, progress);
  layer::Tree tree(std::move(*target), plan);
  if (auto created = tree.create(); !created) return created;
  for (size_t i = 0; i < plan.entries.size(); ++i) {
    if (auto added = tree.add(root, meter); !added) return added;
  }
  if (auto sealed = tree.seal(); !sealed) return sealed;
  if (auto go = meter.finish(); !go) return go;
  return tree.put_in_place();
}

}  // namespace

Result<void> write_directory(const Plan& plan, Root& root, const std::string& directory,
                             const ProgressCallback& progress) {
  if (auto checked = layer::check_plan(plan); !checked) return checked;
  return fill(layer::Target::open(directory), plan, root, progress);
}

Result<void> write_directory(const Plan& plan, Root& root, int descriptor, const ProgressCallback& progress) {
  if (auto checked = layer::check_plan(plan); !checked) return checked;
  return fill(layer::Target::open(descriptor), plan, root, progress);
}

}  // namespace rootlet
