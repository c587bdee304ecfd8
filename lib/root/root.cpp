#include "rootlet/root.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <cerrno>

#include "base/shell_pattern.hpp"
#include "root/file_system.hpp"
#include "root/image.hpp"
#include "root/oci_image.hpp"

namespace rootlet {

std::string_view Node::name() const {
  std::string_view path = path_;
  return path.substr(path.rfind('/') + 1);
}

Root::Root(std::string name, std::unique_ptr<FileSystem> system, Status top)
    : name_(std::move(name)), system_(std::move(system)), top_(std::make_unique<Node>()) {
  top_->path_ = "/";
  top_->status_ = top;
}

Root::Root(Root&&) noexcept = default;
Root& Root::operator=(Root&&) noexcept = default;
Root::~Root() = default;

Result<Root> Root::open(const std::string& reference, const RootOptions& options) {
  if (reference.empty()) return fail(ErrorCode::not_found, "cannot use as root: the name is empty");
  if (auto good = check_wanted_platform(options.platform); !good) return Unexpected(std::move(good).error());
  Status top;
  if (is_image_reference(reference)) {
    auto image = open_image(reference, options.platform);
    if (!image) return Unexpected(std::move(image).error());
    return open_root(**image, reference);
  }
  auto system = open_posix_file_system(reference, top);
  if (!system) return Unexpected(std::move(system).error());
  return Root(reference, std::move(*system), top);
}

Result<Root> open_root(const ImageSource& image, const std::string& name) {
  Status top;
  auto system = make_image_file_system(image, name, top);
  if (!system) return Unexpected(std::move(system).error());
  Root root(name, std::move(*system), top);
  if (const JsonValue* environment = image.config.run.find("Env"); environment != nullptr) {
    for (const JsonValue& setting : environment->items) root.environment_.push_back(setting.text);
  }
  return root;
}

// Of several of one name the last, as when an image is written.
std::string Root::variable(std::string_view name) const {
  std::string value;
  for (const std::string& setting : environment_) {
    if (setting.starts_with(name) && setting.substr(name.size(), 1) == "=") value = setting.substr(name.size() + 1);
  }
  return value;
}

Root Root::in_memory(MemoryTree tree) {
  auto found = tree.items().find("/");
  Status top = found == tree.items().end() ? Status{NodeType::directory, 0755, 0, 1, 1, 1, 0} : found->second.status;
  return Root("memory", make_memory_file_system(std::move(tree)), top);
}

Node* Root::lookup(const Node& directory, std::string_view name) {
  // The system would take these for the way out of the directory, for a path, or for a shorter name.
  if (name.empty() || name == "." || name == ".." || name.find_first_of(std::string_view("/\0", 2)) != std::string_view::npos) {
    static Node none = [] {
      Node node;
      node.error_ = ENOENT;
      return node;
    }();
    return &none;
  }
  if (directory.children_ == nullptr) directory.children_ = std::make_unique<Node::Children>();
  auto found = directory.children_->find(name);
  if (found != directory.children_->end()) return found->second.get();
  ++lookups_;
  FileSystem::Entry entry;
  if (name.size() > kMaxName) {
    entry.error = ENAMETOOLONG;
  } else if (nodes_ >= kMaxNodes) {
    entry.error = EOVERFLOW;
  } else {
    entry = system_->entry(directory, name);
  }
  auto node = std::make_unique<Node>();
  node->parent_ = &directory;
  node->error_ = entry.error;
  node->status_ = entry.status;
  node->target_ = std::move(entry.target);
  node->path_.reserve(directory.path_.size() + 1 + name.size());
  if (directory.path_ != "/") node->path_ = directory.path_;
  node->path_ += '/';
  node->path_ += name;
  ++nodes_;
  const std::string_view key = node->name();
  return directory.children_->emplace(key, std::move(node)).first->second.get();
}

const Node* Root::child(const Node& directory, std::string_view name, int* error) {
  const Node* node = lookup(directory, name);
  if (error != nullptr) *error = node->error_;
  return node->error_ == 0 ? node : nullptr;
}

Walk Root::walk(std::string_view path, FollowLast follow, const Node* from) {
  Walk walk;
  auto stop = [&walk](int error) { return walk.node = nullptr, walk.error = error, walk; };
  if (path.empty()) return stop(ENOENT);
  if (path.size() >= kMaxPath) return stop(ENAMETOOLONG);
  const Node* here = path.front() == '/' || from == nullptr ? top_.get() : from;
  std::string rewritten;  // what is left of the path once a link was crossed
  std::string_view rest = path;
  while (true) {
    size_t start = rest.find_first_not_of('/');
    if (start == std::string_view::npos) {
      walk.node = here;
      return !rest.empty() && !here->is_directory() ? stop(ENOTDIR) : walk;
    }
    size_t end = std::min(rest.find('/', start), rest.size());
    std::string_view component = rest.substr(start, end - start);
    rest = rest.substr(end);
    if (!here->is_directory()) return stop(ENOTDIR);
    if (component == ".") continue;
    if (component == "..") {
      if (here->parent() != nullptr) here = here->parent();
      continue;
    }
    const Node* next = lookup(*here, component);
    if (next->error_ != 0) return stop(next->error_);
    if (!next->is_symlink() || (rest.empty() && follow == FollowLast::no)) {
      here = next;
      continue;
    }
    walk.links.push_back(next);
    if (walk.links.size() > kMaxLinks) return stop(ELOOP);
    const std::string& target = next->target();
    if (target.empty()) return stop(ENOENT);
    if (target.size() >= kMaxPath) return stop(ENAMETOOLONG);
    if (target.front() == '/') here = top_.get();
    rewritten = target + std::string(rest);
    rest = rewritten;
  }
}

Result<std::unique_ptr<File>> Root::open_file(const Node& node) {
  if (node.is_directory()) return fail(ErrorCode::invalid_argument, node.path() + " is a directory", node.path());
  if (!node.is_file()) return fail(ErrorCode::unsupported, node.path() + " is not a regular file", node.path());
  return system_->open(node);
}

Result<std::vector<std::string>> Root::list(const Node& directory) {
  auto names = system_->list(directory);
  if (names) std::sort(names->begin(), names->end());
  return names;
}

namespace {

// What may still be looked at.
class GlobWork {
 public:
  explicit GlobWork(uint64_t* left) : left_(left) {}
  bool spend(uint64_t amount) {
    if (left_ == nullptr) return true;
    *left_ -= std::min(amount, *left_);
    return *left_ > 0;
  }

 private:
  uint64_t* left_;
};

// Adds the entries of the directory `base`, which ends in a slash or is empty, that match one component of a pattern.
void match_component(Root& root, const std::string& base, const std::string& component, size_t limit, GlobWork& work,
                     std::vector<std::string>& found) {
  if (!work.spend(base.size() + component.size())) return;
  const Walk here = root.walk(base.empty() ? "/" : base);
  if (here.node == nullptr || !here.node->is_directory()) return;
  if (component.find_first_of("*?[\\") == std::string::npos) {
    if (component == "." || component == ".." || root.child(*here.node, component) != nullptr) found.push_back(base + component);
    return;
  }
  auto names = root.list(*here.node);
  if (!names || !work.spend(16 * names->size())) return;
  names->insert(names->end(), {".", ".."});
  for (const std::string& name : *names) {
    if (found.size() < limit && shell_match(component, name, FNM_PERIOD)) found.push_back(base + name);
  }
}

}  // namespace

std::vector<std::string> Root::glob(std::string_view pattern, size_t limit, uint64_t* work_left) {
  if (pattern.empty()) return {};
  GlobWork work(work_left);
  size_t start = std::min(pattern.find_first_not_of('/'), pattern.size());
  std::vector<std::string> found = {std::string(pattern.substr(0, start))};
  while (start < pattern.size()) {
    const size_t end = std::min(pattern.find('/', start), pattern.size());
    const std::string component(pattern.substr(start, end - start));
    start = std::min(pattern.find_first_not_of('/', end), pattern.size());
    // Slashes are kept as they are; those at the end ask for directories, and are one.
    const bool directories = end < pattern.size() && start == pattern.size();
    const std::string_view slashes = directories ? "/" : pattern.substr(end, start - end);
    std::vector<std::string> next;
    for (const std::string& base : found) match_component(*this, base, component, limit, work, next);
    if (directories) std::erase_if(next, [this](const std::string& path) { return walk(path + "/").node == nullptr; });
    for (std::string& path : next) path += slashes;
    found = std::move(next);
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::optional<std::string> Root::attribute(const Node& node, const char* name) { return system_->attribute(node, name); }

}  // namespace rootlet
