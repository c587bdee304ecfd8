#include "layer/tree.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

#include "layer/copy.hpp"

namespace rootlet::layer {

namespace {

constexpr int kDirectory = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

std::array<timespec, 2> times_of(const PlanEntry& entry) {
  timespec time{};
  time.tv_sec = entry.modified;
  return {time, time};
}

bool is_mount_point(const Target& target) {
  struct statx status {};
  if (::statx(target.parent.get(), target.name.c_str(), AT_SYMLINK_NOFOLLOW, STATX_TYPE, &status) != 0) return false;
  return (status.stx_attributes_mask & status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

const char* name_of(const PlanEntry& entry) { return entry.path.c_str() + entry.path.rfind('/') + 1; }

// In the top of the plan, and not the top itself.
bool is_highest(const PlanEntry& entry) { return entry.path != "/" && entry.path.rfind('/') == 0; }

}  // namespace

Tree::Tree(Target target, const Plan& plan)
    : target_(std::move(target)), plan_(plan), privileged_(::geteuid() == 0), inside_(target_.name.empty()) {}

Tree::~Tree() {
  if (!temporary_.empty()) remove();
}

Result<void> Tree::create() {
  if (!inside_ && is_mount_point(target_)) return create_in(EBUSY);
  for (int tries = 0; tries < kTemporaryNames; ++tries) {
    std::string name = temporary_name(target_);
    if (::mkdirat(target_.parent.get(), name.c_str(), 0700) == 0) {
      temporary_ = std::move(name);
      return claim_top();
    }
    if (errno != EEXIST) break;
  }
  const int error = errno;
  if (!inside_ && (error == EROFS || error == EACCES || error == EPERM)) return create_in(error);
  return output_error(error, "cannot make a temporary directory beside", target_.path);
}

// `error` is why it is not made beside the target.
Result<void> Tree::create_in(int error) {
  Descriptor directory(::openat(target_.parent.get(), target_.name.c_str(), O_RDONLY | kDirectory));
  if (!directory) return output_error(error, "cannot make a temporary directory beside", target_.path);
  target_.parent = std::move(directory);
  inside_ = true;
  return create();
}

// Undoes what the directory around it lays down for new ones: a group, an access list.
Result<void> Tree::claim_top() {
  int parent = target_.parent.get();
  top_ = Descriptor(::openat(parent, temporary_.c_str(), O_RDONLY | kDirectory));
  if (!top_ && errno == EACCES && ::fchmodat(parent, temporary_.c_str(), 0700, 0) == 0) {  // an odd umask
    top_ = Descriptor(::openat(parent, temporary_.c_str(), O_RDONLY | kDirectory));
  }
  if (!top_) return output_error(errno, "cannot open the temporary directory beside", target_.path);
  ::fremovexattr(top_.get(), "system.posix_acl_default");
  ::fremovexattr(top_.get(), "system.posix_acl_access");
  uid_t owner = privileged_ ? 0 : static_cast<uid_t>(-1);
  gid_t group = privileged_ ? 0 : ::getegid();
  if (::fchown(top_.get(), owner, group) != 0 || ::fchmod(top_.get(), 0700) != 0) {
    return output_error(errno, "cannot set the owner and mode of", target_.path);
  }
  return {};
}

Result<void> Tree::add(Root& root, Meter& meter) {
  const PlanEntry& entry = plan_.entries[added_];
  if (auto go = meter.begin(entry); !go) return go;
  ++added_;
  Result<void> done;
  if (entry.path != "/") {
    auto parent = parent_of(entry.path);
    if (!parent) return Unexpected(std::move(parent).error());
    const char* name = name_of(entry);
    switch (entry.type) {
      case PlanEntryType::directory: done = add_directory(*parent, name, entry); break;
      case PlanEntryType::file: done = add_file(*parent, name, entry, root, meter); break;
      case PlanEntryType::symlink: done = add_symlink(*parent, name, entry); break;
      case PlanEntryType::hard_link: done = add_hard_link(*parent, name, entry); break;
    }
  }
  meter.end();
  return done;
}

Result<void> Tree::add_directory(int parent, const char* name, const PlanEntry& entry) {
  // The second call is for a umask that takes the owner's bits away.
  if (::mkdirat(parent, name, 0700) != 0 || ::fchmodat(parent, name, 0700, 0) != 0) {
    return output_error(errno, "cannot make the directory", shown(entry));
  }
  return {};
}

Result<void> Tree::add_file(int parent, const char* name, const PlanEntry& entry, Root& root,
                            Meter& meter) {
  auto content = Content::open(entry, root);
  if (!content) return Unexpected(std::move(content).error());
  Descriptor out(::openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!out) return output_error(errno, "cannot make the file", shown(entry));
  buffer_.resize(kPiece);
  if (auto copied = copy_content(*content, out.get(), shown(entry), buffer_, meter); !copied) return copied;
  if (auto set = set_attributes(out.get(), entry); !set) return set;
  if (int error = out.close(); error != 0) return output_error(error, "cannot write", shown(entry));
  return {};
}

Result<void> Tree::add_symlink(int parent, const char* name, const PlanEntry& entry) {
  if (::symlinkat(entry.target.c_str(), parent, name) != 0) {
    return output_error(errno, "cannot make the link", shown(entry));
  }
  if (privileged_ && ::fchownat(parent, name, 0, 0, AT_SYMLINK_NOFOLLOW) != 0) {
    return output_error(errno, "cannot set the owner of", shown(entry));
  }
  if (::utimensat(parent, name, times_of(entry).data(), AT_SYMLINK_NOFOLLOW) != 0) {
    return output_error(errno, "cannot set the time of", shown(entry));
  }
  return {};
}

Result<void> Tree::add_hard_link(int parent, const char* name, const PlanEntry& entry) {
  // A copy, since the file's directory may take the place of the link's.
  Descriptor here(::fcntl(parent, F_DUPFD_CLOEXEC, 0));
  auto there = parent_of(entry.target);
  if (!there) return Unexpected(std::move(there).error());
  const char* existing = entry.target.c_str() + entry.target.rfind('/') + 1;
  if (!here || ::linkat(*there, existing, here.get(), name, 0) != 0) {
    return output_error(errno, "cannot make the hard link", shown(entry));
  }
  return {};
}

Result<void> Tree::set_attributes(int descriptor, const PlanEntry& entry) {
  // In this order: a change of owner takes set-id bits and capabilities away.
  if (privileged_ && ::fchown(descriptor, entry.uid, entry.gid) != 0) {
    // A user namespace (user_namespaces(7)) has no such owner. Its root is there.
    if (errno != EINVAL || ::fchown(descriptor, 0, 0) != 0) return output_error(errno, "cannot set the owner of", shown(entry));
  }
  if (::fchmod(descriptor, entry.mode) != 0) {
    return output_error(errno, "cannot set the mode of", shown(entry));
  }
  const std::string& capability = entry.capability;
  if (privileged_ && !capability.empty() &&
      ::fsetxattr(descriptor, "security.capability", capability.data(), capability.size(), 0) != 0) {
    return output_error(errno, "cannot set the file capabilities of", shown(entry));
  }
  if (::futimens(descriptor, times_of(entry).data()) != 0) {
    return output_error(errno, "cannot set the time of", shown(entry));
  }
  return {};
}

Result<void> Tree::seal() {
  sealing_ = true;
  PlanEntry top;
  top.path = "/";
  top.mode = 0755;
  for (size_t i = added_; i-- > 0;) {
    const PlanEntry& entry = plan_.entries[i];
    if (entry.type != PlanEntryType::directory) continue;
    if (entry.path == "/") {
      top = entry;
      continue;
    }
    auto parent = parent_of(entry.path);
    if (!parent) return Unexpected(std::move(parent).error());
    Descriptor directory(::openat(*parent, name_of(entry), O_RDONLY | kDirectory));
    if (!directory) return output_error(errno, "cannot open the directory", shown(entry));
    if (auto set = set_attributes(directory.get(), entry); !set) return set;
  }
  return set_attributes(top_.get(), top);
}

Result<void> Tree::move_up() {
  const int parent = target_.parent.get();
  struct stat top {};
  ::fstat(top_.get(), &top);  // what seal() gave it
  for (auto entry = plan_.entries.begin(); entry != plan_.entries.end(); ++entry) {
    const int error = is_highest(*entry) ? rename_new(top_.get(), name_of(*entry), parent, name_of(*entry)) : 0;
    if (error == 0) continue;
    for (auto back = plan_.entries.begin(); back != entry; ++back) {
      if (is_highest(*back)) ::renameat(parent, name_of(*back), top_.get(), name_of(*back));
    }
    return output_error(error, "cannot put in place", shown(*entry));
  }
  ::unlinkat(parent, temporary_.c_str(), AT_REMOVEDIR);
  temporary_.clear();
  if (::fchmod(parent, top.st_mode & 07777) != 0) return output_error(errno, "cannot set the mode of", target_.path);
  const std::array<timespec, 2> times = {top.st_atim, top.st_mtim};
  ::futimens(parent, times.data());
  return {};
}

Result<void> Tree::put_in_place() {
  if (inside_) return move_up();
  int parent = target_.parent.get();
  if (::renameat(parent, temporary_.c_str(), parent, target_.name.c_str()) == 0) {
    temporary_.clear();
    return {};
  }
  if (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR) {
    return fail(ErrorCode::already_exists,
                target_.path + " was made by someone else meanwhile; remove it or give another name",
                target_.path);
  }
  return output_error(errno, "cannot put in place", target_.path);
}

Result<int> Tree::parent_of(std::string_view path) {
  const int parent = enter(path);
  if (parent < 0) return output_error(errno, "cannot enter", target_.path + std::string(path.substr(0, path.rfind('/'))));
  return parent;
}

int Tree::enter(std::string_view path) noexcept {
  const std::string_view directory = path.substr(0, path.rfind('/'));
  if (directory != current_path_) {
    const bool below = !current_path_.empty() && directory.starts_with(current_path_) && directory[current_path_.size()] == '/';
    size_t done = below ? current_path_.size() : 0;
    int at = below ? current_.get() : top_.get();
    Descriptor opened;
    while (done < directory.size()) {
      const size_t end = std::min(directory.find('/', done + 1), directory.size());
      std::array<char, kMaxName + 1> name;
      if (end - done - 1 > kMaxName) return errno = ENAMETOOLONG, -1;
      name[directory.copy(name.data(), end - done - 1, done + 1)] = '\0';
      Descriptor next(::openat(at, name.data(), O_PATH | kDirectory));
      if (!next) return -1;
      at = next.get();
      done = end;
      opened = std::move(next);
    }
    current_ = std::move(opened);
    current_path_ = directory;
  }
  return current_path_.empty() ? top_.get() : current_.get();
}

// Takes away what was made, from the plan's own list: nothing is listed, no link is followed, and no memory is needed.
void Tree::remove() noexcept {
  if (sealing_) {
    ::fchmod(top_.get(), 0700);
    for (size_t i = 0; i < added_; ++i) {
      const PlanEntry& entry = plan_.entries[i];
      if (entry.type != PlanEntryType::directory || entry.path == "/") continue;
      if (const int parent = enter(entry.path); parent >= 0) ::fchmodat(parent, name_of(entry), 0700, 0);
    }
  }
  while (added_ > 0) {
    const PlanEntry& entry = plan_.entries[--added_];
    if (entry.path == "/") continue;
    int flags = entry.type == PlanEntryType::directory ? AT_REMOVEDIR : 0;
    if (const int parent = enter(entry.path); parent >= 0) ::unlinkat(parent, name_of(entry), flags);
  }
  ::unlinkat(target_.parent.get(), temporary_.c_str(), AT_REMOVEDIR);
}

}  // namespace rootlet::layer
