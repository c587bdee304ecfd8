#include "image/base.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <unordered_map>

#include "image/base_links.hpp"
#include "image/base_metadata.hpp"
#include "image/same_content.hpp"

namespace rootlet::image {
namespace {

class Subtraction {
 public:
  Subtraction(const Closure& closure, Root& root, Root& base) : closure_(closure), root_(root), base_(base) { places_["/"] = "/"; }

  Result<Plan> run(const Plan& plan) {
    for (const PlanEntry& entry : plan.entries) {
      if (entry.path == "/") continue;
      if (entry.type == PlanEntryType::file) files_.emplace(entry.path, &entry);
      if (auto done = take(entry); !done) return Unexpected(std::move(done).error());
    }
    auto linked = link_paths(replaced_, closure_, root_, base_, kept_);
    if (!linked) return Unexpected(std::move(linked).error());
    for (PlanEntry& link : linked->links) kept_.try_emplace(link.path, std::move(link));
    std::move(linked->findings.begin(), linked->findings.end(), std::back_inserter(findings_));
    Plan left;
    left.findings = std::move(findings_);
    for (auto& [path, entry] : kept_) {
      left.bytes += entry.type == PlanEntryType::file ? entry.size : 0;
      left.entries.push_back(std::move(entry));
    }
    return left;
  }

 private:
  // Where the entry comes to stand, or nothing where its parent cannot be.
  std::optional<std::string> place_of(const std::string& path) const {
    const size_t slash = path.rfind('/');
    const auto parent = places_.find(slash == 0 ? "/" : path.substr(0, slash));
    if (parent == places_.end()) return std::nullopt;
    return (parent->second == "/" ? "" : parent->second) + path.substr(slash);
  }

  Result<void> take(const PlanEntry& entry) {
    const auto place = place_of(entry.path);
    if (!place) {
      constexpr const char* kWhy = "a directory on the way to it is none in the base";
      return blocked(entry) ? impossible(entry, kWhy) : differs(entry, kWhy);
    }
    const Node* there = base_.walk(*place, FollowLast::no).node;
    if (entry.type == PlanEntryType::directory) return take_directory(entry, *place, there);
    if (there == nullptr) return keep(entry, *place);
    if (entry.type == PlanEntryType::symlink) return take_link(entry, *place, *there);
    const PlanEntry& file = entry.type == PlanEntryType::hard_link ? *files_.at(entry.target) : entry;
    const Node* end = base_.walk(*place).node;
    if (end == nullptr || !end->is_file()) return impossible(entry, end != nullptr && end->is_directory() ? "the base has a directory there" : "the base has no file there, but something else");
    if (file.added == "package-metadata" && file.content) return take_metadata(file, *end);
    auto equal = same_content(file, root_, *end, base_);
    if (!equal) return Unexpected(std::move(equal).error());
    if (!*equal) return differs(entry, kAnother);
    if (base_.attribute(*end, "security.capability").value_or(std::string()) != file.capability) return differs(entry, "the base has it with other file capabilities, which stay");
    return permissions(entry, file.mode, *end);
  }

  Result<void> take_link(const PlanEntry& entry, const std::string& place, const Node& there) {
    if (there.is_symlink() && there.target() == entry.target) return {};
    const Node* end = base_.walk(place).node;
    const Node* target = root_.walk(entry.path).node;
    if (end == nullptr || !end->is_directory() || target == nullptr || !target->is_directory()) return differs(entry, "the base has something else than this link there");
    const auto same = place_on(base_, target->path());
    if (same && base_.walk(*same).node == end) return differs(entry, "the base has something else than this link there");
    replaced_.push_back({entry, end->path()});
    return differs(entry, "the base has another directory there; what the program reaches by this link is linked in it");
  }

  Result<void> take_directory(const PlanEntry& entry, const std::string& place, const Node* there) {
    if (there == nullptr) {
      const auto kept = kept_.find(place);
      if (kept != kept_.end() && kept->second.type != PlanEntryType::directory) return differs(entry, "by a link of the base another path of the layer lies there");
      places_[entry.path] = place;
      return keep(entry, place);
    }
    const Node* end = base_.walk(place).node;
    if (end == nullptr || !end->is_directory()) {
      blocked_.insert(entry.path);
      return differs(entry, "the base has no directory there, but something else");
    }
    places_[entry.path] = end->path();
    return permissions(entry, entry.mode & 0555, *end);  // what is written in there is the program's own affair
  }

  Result<void> permissions(const PlanEntry& entry, uint32_t wanted, const Node& there) {
    return (wanted & ~there.status().mode) == 0 ? Result<void>() : differs(entry, "the base has it with fewer permissions, which stay");
  }

  Result<void> keep(const PlanEntry& entry, const std::string& place) {
    PlanEntry kept = entry;
    kept.path = place;
    if (entry.type == PlanEntryType::hard_link) {
      const auto target = place_of(entry.target);
      const auto first = target ? kept_.find(*target) : kept_.end();
      if (first != kept_.end() && first->second.type == PlanEntryType::file && first->first < place) {
        kept.target = first->first;
      } else {
        kept = *files_.at(entry.target);  // the file of that name is the base's
        kept.path = place;
      }
    }
    // Two paths of the plan may be one in the base.
    const bool directory = kept.type == PlanEntryType::directory;
    const auto [there, added] = kept_.try_emplace(place, std::move(kept));
    if (added || (directory && there->second.type == PlanEntryType::directory)) return {};
    return differs(entry, "by a link of the base another path of the layer lies there");
  }

  // What scanners and package tools read is of the packages of both. Of one version of a package dpkg's stanza may name other configuration
  // files; the base's stays.
  Result<void> take_metadata(const PlanEntry& entry, const Node& other) {
    constexpr uint64_t kMostBytes = 128 << 20;
    auto file = base_.open_file(other);
    if (!file) return Unexpected(std::move(file).error());
    auto text = read_all(**file, kMostBytes);
    if (!text) return Unexpected(std::move(text).error());
    const bool sums = entry.path.ends_with(kDpkgSums);
    if (entry.path.starts_with(kDpkgStanzas) && !sums && version_of(*text) == version_of(*entry.content)) same_packages_.insert(entry.path);
    if (*text == *entry.content || same_packages_.contains(entry.path)) return {};
    const std::string package = sums ? entry.path.substr(0, entry.path.size() - kDpkgSums.size()) : std::string();
    if (sums && !same_packages_.contains(package)) return {};  // the base has its own, of another version
    auto merged = merged_metadata(entry.path, *text, *entry.content);
    if (!merged) return differs(entry, kAnother);
    if (*merged == *text) return {};
    PlanEntry whole = entry;
    whole.size = merged->size();
    whole.content = std::move(*merged);
    return keep(whole, other.path());
  }

  // Whether the base has something else than a directory on the way.
  bool blocked(const PlanEntry& entry) const {
    for (size_t slash = entry.path.rfind('/'); slash != 0; slash = entry.path.rfind('/', slash - 1)) {
      if (blocked_.contains(entry.path.substr(0, slash))) return true;
    }
    return false;
  }

  // Whether it starts without it: what was asked for by a path in its bytes, by a rule or with its package.
  bool starts_without(const std::string& path) const {
    const ClosureFile* file = closure_.find(path);
    return file != nullptr && std::all_of(file->reasons.begin(), file->reasons.end(), [](const Reason& reason) {
      return reason.kind == ReasonKind::data || reason.kind == ReasonKind::rule || reason.kind == ReasonKind::package;
    });
  }

  // A program's file that cannot be there; what is added for others is left out.
  Result<void> impossible(const PlanEntry& entry, const char* why) {
    if (!entry.added.empty() || (entry.type != PlanEntryType::file && entry.type != PlanEntryType::hard_link) || starts_without(entry.path)) return differs(entry, why);
    return fail(ErrorCode::invalid_argument, entry.path + " cannot be in an image on the base " + base_.name() + ": " + why + "; take another base, or leave it out with --exclude", entry.path);
  }

  Result<void> differs(const PlanEntry& entry, const char* how) {
    findings_.push_back({"base-differs", entry.path, how});
    return {};
  }

  static constexpr const char* kAnother = "the base has another file there; it stays, and is what the program gets";

  const Closure& closure_;
  Root& root_;
  Root& base_;
  std::unordered_map<std::string, std::string> places_;          // of directories: of the plan, in the base
  std::unordered_map<std::string, const PlanEntry*> files_;      // of the plan
  std::map<std::string, PlanEntry> kept_;                        // by place
  std::set<std::string> blocked_;                                // directories of the plan where the base has something else
  std::set<std::string> same_packages_;                          // dpkg's stanzas of packages that the base has in the same version
  std::vector<ReplacedLink> replaced_;
  std::vector<Finding> findings_;
};

}  // namespace

Result<Plan> without_base(const Plan& plan, const Closure& closure, Root& root, Root& base) { return Subtraction(closure, root, base).run(plan); }

}  // namespace rootlet::image
