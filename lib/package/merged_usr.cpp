#include "package/merged_usr.hpp"

namespace rootlet::package {
namespace {

// Those of Debian's usrmerge, of small systems whose /usr is /, of Fedora's UsrMerge and "Unify bin and sbin", and of
// Arch's filesystem package.
constexpr const char* kAtTop[] = {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/libo32"};
constexpr const char* kInUsr[] = {"/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32", "/usr"};

}  // namespace

MergedUsr::MergedUsr(Root& root) {
  auto note = [&root](const char* path, std::vector<Link>& links) {
    Walk link = root.walk(path, FollowLast::no);
    if (link.node == nullptr || !link.node->is_symlink()) return;
    Walk target = root.walk(path);
    if (target.node == nullptr || !target.node->is_directory()) return;
    links.push_back(Link{std::string(path) + "/", target.node->parent() == nullptr ? "" : target.node->path()});
  };
  for (const char* path : kAtTop) note(path, at_top_);
  for (const char* path : kInUsr) note(path, in_usr_);
}

std::string_view MergedUsr::canonical(std::string_view path, std::string& buffer) const {
  for (const Link& link : path.starts_with("/usr/") ? in_usr_ : at_top_) {
    if (!path.starts_with(link.prefix)) continue;
    buffer = link.target;
    buffer += path.substr(link.prefix.size() - 1);
    return buffer;
  }
  return path;
}

}  // namespace rootlet::package
