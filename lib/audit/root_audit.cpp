// The audit of a root that somebody else made: its programs first, then what none of them reaches.
#include <algorithm>
#include <set>
#include <string_view>
#include <tuple>
#include <unordered_set>

#include "audit/collector.hpp"
#include "base/shell_pattern.hpp"
#include "package/places.hpp"
#include "rootlet/audit.hpp"
#include "rootlet/package.hpp"

namespace rootlet {
namespace {

constexpr size_t kMaxDepth = 256;  // of directories
constexpr std::string_view kKernelTrees[] = {"/proc", "/sys", "/dev"};  // of a running system, which no image has

constexpr size_t kMaxNoted = 100;  // unreached files that are findings as well, the largest

struct Found {
  std::vector<const Node*> files;   // regular files, each inode once
  std::vector<std::string> programs;  // of several names in one directory the first
  std::vector<std::pair<const Node*, Error>> malformed;  // what claims to be a program and is none
  bool knows_cpu = false;             // the level that is asked for is one of some program's machine
};

class Walker {
 public:
  Walker(Root& root, const ResolveOptions& options) : root_(root), options_(options), loader_(root, options.loader) {}

  Result<Found> run() {
    if (auto done = directory(root_.top(), 0); !done) return Unexpected(std::move(done).error());
    return std::move(found_);
  }

 private:
  Result<void> directory(const Node& at, size_t depth) {
    if (depth > kMaxDepth) return fail(ErrorCode::too_large, "directories are nested deeper than " + std::to_string(kMaxDepth), at.path());
    auto names = root_.list(at);
    if (!names) return unreadable(std::move(names).error());
    for (const std::string& name : *names) {
      const Node* node = root_.child(at, name);
      if (node == nullptr) continue;
      if (node->is_directory()) {
        if (std::find(std::begin(kKernelTrees), std::end(kKernelTrees), node->path()) != std::end(kKernelTrees)) continue;
        if (!options_.exclude.empty() && excluded(node->path())) continue;
        if (auto done = directory(*node, depth + 1); !done) return done;
      } else if (node->is_file()) {
        const Status& status = node->status();
        if (!options_.exclude.empty() && excluded(node->path())) continue;
        const bool linked = status.link_count > 1, first = !linked || seen_.emplace(status.device, status.inode).second;
        if (first) found_.files.push_back(node);
        // $ORIGIN is the directory of the name that is started, so that one file may be bound in several ways.
        if (linked && !names_.emplace(status.device, status.inode, &at).second) continue;
        // Examples are nobody's programs.
        if (!may_run(*node) || node->path().starts_with("/usr/share/doc/")) continue;
        const Loader::Content& content = loader_.content(*node);
        // An audit that passes over what it cannot read would call it bound.
        if (!content.readable) return unreadable(content.error);
        if (is_program(content)) program(*node, content);
        if (first && content.claims_elf && !content.image) found_.malformed.emplace_back(node, content.error);
      }
    }
    return {};
  }

  static Unexpected unreadable(Error error) {
    error.message += " (a path inside the root); ask as somebody who may read it, exclude it, or audit the image itself, where no mode keeps anybody from reading";
    return Unexpected(std::move(error));
  }

  void program(const Node& node, const Loader::Content& content) {
    found_.programs.push_back(node.path());
    found_.knows_cpu = found_.knows_cpu || (content.image && loader_.models(*content.image));
  }

  // What execve(2) takes from anybody: a script, or an ELF file that is no mere library.
  static bool is_program(const Loader::Content& content) {
    if (!content.claims_elf) return content.start.starts_with("#!");
    if (!content.image) return false;
    const elf::Image& image = *content.image;
    if (image.type == elf::Type::executable) return true;
    if (image.type != elf::Type::shared) return false;
    return (image.interpreter.has_value() && !image.soname) || (image.flags_1 & elf::kFlag1Pie) != 0;
  }

  static bool may_run(const Node& node) { return (node.status().mode & 0111) != 0 && node.status().size != 0; }

  bool excluded(const std::string& path) const {
    return std::any_of(options_.exclude.begin(), options_.exclude.end(), [&path](const std::string& pattern) { return shell_match(pattern, path); });
  }

  Root& root_;
  const ResolveOptions& options_;
  Loader loader_;
  Found found_;
  std::set<std::pair<uint64_t, uint64_t>> seen_;
  std::set<std::tuple<uint64_t, uint64_t, const Node*>> names_;  // with the directory
};

bool is_release(std::string_view path) {
  const auto is_path = [path](const char* place) { return path == place; };
  return std::any_of(std::begin(package::kReleasePlaces), std::end(package::kReleasePlaces), is_path) ||
         std::any_of(std::begin(package::kOlderReleasePlaces), std::end(package::kOlderReleasePlaces), is_path);
}

std::vector<UnreachedFile> unreached(Root& root, const Closure& closure, const Found& found) {
  std::unordered_set<std::string_view> reached;
  for (const auto& [node, error] : found.malformed) reached.insert(node->path());  // a finding of its own
  std::set<std::pair<uint64_t, uint64_t>> inodes;  // a hard link reaches its file under every name
  for (const ClosureFile& file : closure.files) {
    reached.insert(file.path);
    if (file.node != nullptr && file.node->status().link_count > 1) inodes.emplace(file.node->status().device, file.node->status().inode);
  }
  std::vector<UnreachedFile> unreached;
  const std::shared_ptr<PackageDatabase> packages = PackageDatabase::kept(root);
  for (const Node* node : found.files) {
    const std::string_view path = node->path();
    if (is_release(path) || PackageDatabase::is_record(path)) continue;  // both are for scanners
    if (reached.contains(path) || inodes.contains({node->status().device, node->status().inode})) continue;
    const Package* package = packages->owner(node->path());
    unreached.push_back({node->path(), node->status().size, package != nullptr ? package->name + " " + package->version : ""});
  }
  std::stable_sort(unreached.begin(), unreached.end(), [](const UnreachedFile& a, const UnreachedFile& b) { return a.size > b.size; });
  return unreached;
}

}  // namespace

Result<Audit> audit_root(Root& root, const std::vector<std::string>& entries, const ResolveOptions& asked,
                         const std::function<bool(const AuditProgress&)>& progress) {
  auto found = Walker(root, asked).run();
  if (!found) return Unexpected(std::move(found).error());
  if (found->programs.empty() && found->malformed.empty()) return fail(ErrorCode::not_found, "there is no program in " + root.name() + ": no file that anybody may execute and that is ELF or a script");
  ResolveOptions options = asked;
  options.loader.cpu_of_others = found->knows_cpu;
  Result<Closure> closure = found->programs.empty() ? Closure() : resolve(root, found->programs, options);
  if (!closure) return Unexpected(std::move(closure).error());
  Result<Audit> made = found->programs.empty() ? Audit() : audit(root, *closure, {options.loader, progress});
  if (!made) return made;
  Result<Closure> wanted = entries.empty() ? Closure() : resolve(root, entries, options);
  if (!wanted) return Unexpected(std::move(wanted).error());
  made->unreached = unreached(root, entries.empty() ? *closure : *wanted, *found);
  auditing::Collector more_findings;
  for (size_t i = 0; i < std::min(kMaxNoted, made->unreached.size()); ++i) more_findings.unreached(made->unreached[i]);
  for (const auto& [node, error] : found->malformed) {
    more_findings.begin(node->path(), false);
    more_findings.malformed(node->path(), error);
  }
  std::vector<AuditFinding> more = more_findings.take();
  made->findings.insert(made->findings.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  auditing::sort(made->findings);
  made->root = root.name();
  made->entries = entries;
  return made;
}

}  // namespace rootlet
