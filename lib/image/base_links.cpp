#include "image/base_links.hpp"

#include <algorithm>
#include <deque>
#include <set>
#include <string_view>

#include "image/same_content.hpp"

namespace rootlet::image {
namespace {

using Names = std::deque<std::string>;

std::string joined(const std::string& directory, std::string_view name) { return (directory == "/" ? "" : directory) + "/" + std::string(name); }

Names names_of(std::string_view path) {
  Names names;
  while (!path.empty()) {
    const std::string_view name = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(name.size() + 1, path.size()));
    if (!name.empty() && name != ".") names.emplace_back(name);
  }
  return names;
}

bool is_below(std::string_view path, const std::string& directory) {
  return path.size() > directory.size() && path.starts_with(directory) && path[directory.size()] == '/';
}

class Linker {
 public:
  Linker(const Closure& closure, Root& root, Root& base, const std::map<std::string, PlanEntry>& kept) : closure_(closure), root_(root), base_(base), kept_(kept) {}

  Result<void> run(const ReplacedLink& link) {
    link_ = &link;
    const ClosureFile* file = closure_.find(link.entry.path);
    const Node* target = root_.walk(link.entry.path).node;
    if (file == nullptr || target == nullptr || !target->is_directory()) return {};
    for (const Reason& reason : file->reasons) {
      auto done = reason.detail.starts_with('/') ? follow(reason.detail, *target) : all_of(reason, *target);
      if (!done) return done;
    }
    return {};
  }

  LinkedPaths take() {
    for (auto& [path, link] : links_) found_.links.push_back(std::move(link));
    return std::move(found_);
  }

 private:
  // A path as it was asked for: what is left of it when it comes to the link, which may be on the way of another.
  Result<void> follow(std::string_view path, const Node& target) {
    Names names = names_of(path);
    const Node* at = &root_.top();
    for (int links = 0; !names.empty() && links <= kMaxLinks;) {
      const std::string name = names.front();
      names.pop_front();
      const Node* next = name == ".." ? (at->parent() != nullptr ? at->parent() : at) : root_.child(*at, name);
      if (next == nullptr) return {};
      if (!next->is_symlink()) {
        at = next;
        continue;
      }
      if (next->path() == link_->entry.path) {
        if (auto done = reach(names, link_->directory, target); !done) return done;
      }
      ++links;
      if (next->target().starts_with('/')) at = &root_.top();
      Names inner = names_of(next->target());
      names.insert(names.begin(), inner.begin(), inner.end());
    }
    return {};
  }

  // What a rule wants has no path of its own: all that lies in the link's directory for that reason.
  Result<void> all_of(const Reason& reason, const Node& target) {
    for (const ClosureFile& file : closure_.files) {
      const auto same = [&reason](const Reason& other) { return other.by == reason.by && other.detail == reason.detail; };
      if (!is_below(file.path, target.path()) || std::none_of(file.reasons.begin(), file.reasons.end(), same)) continue;
      if (auto done = reach(names_of(file.path.substr(target.path().size())), link_->directory, target); !done) return done;
    }
    return {};
  }

  // `theirs` is the base's directory, `ours` the root's.
  Result<void> reach(const Names& names, std::string theirs, const Node& ours) {
    const Node* at = &ours;
    for (const std::string& name : names) {
      const Node* wanted = name == ".." ? nullptr : root_.child(*at, name);
      if (wanted == nullptr) return {};
      const std::string path = joined(theirs, name);
      if (kept_.contains(path)) return {};
      if (base_.walk(path, FollowLast::no).node == nullptr) return add(path, *wanted);
      const Node* end = root_.walk(wanted->path()).node;
      const Node* there = base_.walk(path).node;
      if (end == nullptr || (end->is_directory() != (there != nullptr && there->is_directory()))) return differs(path, "the base has something else there than what the program reaches by a link");
      if (!end->is_directory()) return compare(path, *end, *there);
      theirs = there->path();
      at = end;
    }
    return all_below(theirs, *at);
  }

  // A directory that is carried whole.
  Result<void> all_below(const std::string& theirs, const Node& ours) {
    if (place_on(base_, ours.path()) == theirs || !whole_.insert(theirs + '\0' + ours.path()).second) return {};
    const ClosureFile* directory = closure_.find(ours.path());
    if (directory == nullptr || directory->reasons.empty()) return {};
    for (const ClosureFile& file : closure_.files) {
      if (!is_below(file.path, ours.path()) || file.type() == NodeType::directory) continue;
      if (auto done = reach(names_of(file.path.substr(ours.path().size())), theirs, ours); !done) return done;
    }
    return {};
  }

  Result<void> add(const std::string& path, const Node& wanted) {
    const auto place = place_on(base_, wanted.path());
    if (!place || *place == path) return {};
    PlanEntry link = link_->entry;
    link.path = path;
    link.target = *place;
    links_.try_emplace(path, std::move(link));
    return {};
  }

  Result<void> compare(const std::string& path, const Node& wanted, const Node& there) {
    if (!there.is_file() || !wanted.is_file()) return {};
    PlanEntry file;
    file.path = wanted.path();
    file.size = wanted.status().size;
    file.source = &wanted;
    auto same = same_content(file, root_, there, base_);
    if (!same) return Unexpected(std::move(same).error());
    return *same ? Result<void>() : differs(path, "the base has another file there; it stays, and is what the program gets");
  }

  Result<void> differs(const std::string& path, const char* how) {
    if (said_.insert(path).second) found_.findings.push_back({"base-differs", path, how});
    return {};
  }

  const Closure& closure_;
  Root& root_;
  Root& base_;
  const std::map<std::string, PlanEntry>& kept_;
  const ReplacedLink* link_ = nullptr;
  std::map<std::string, PlanEntry> links_;  // by place
  std::set<std::string> whole_, said_;
  LinkedPaths found_;
};

}  // namespace

std::optional<std::string> place_on(Root& base, const std::string& path) {
  std::string place = "/";
  const Names names = names_of(path);
  for (size_t i = 0; i < names.size(); ++i) {
    place = joined(place, names[i]);
    if (i + 1 == names.size() || base.walk(place, FollowLast::no).node == nullptr) continue;
    const Node* there = base.walk(place).node;
    if (there == nullptr || !there->is_directory()) return std::nullopt;
    place = there->path();
  }
  return place;
}

Result<LinkedPaths> link_paths(const std::vector<ReplacedLink>& replaced, const Closure& closure, Root& root, Root& base, const std::map<std::string, PlanEntry>& kept) {
  Linker linker(closure, root, base, kept);
  for (const ReplacedLink& link : replaced) {
    if (auto done = linker.run(link); !done) return Unexpected(std::move(done).error());
  }
  return linker.take();
}

}  // namespace rootlet::image
