#include "image/base.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>

#include "layer/content.hpp"

namespace rootlet::image {
namespace {

constexpr size_t kPiece = 256 << 10;

class Subtraction {
 public:
  Subtraction(Root& root, Root& base) : root_(root), base_(base) { places_["/"] = "/"; }

  Result<Plan> run(const Plan& plan) {
    for (const PlanEntry& entry : plan.entries) {
      if (entry.path == "/") continue;
      if (entry.type == PlanEntryType::file) files_.emplace(entry.path, &entry);
      if (auto done = take(entry); !done) return Unexpected(std::move(done).error());
    }
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
    if (!place) return differs(entry, "a directory on the way to it is none in the base");
    const Node* there = base_.walk(*place, FollowLast::no).node;
    if (entry.type == PlanEntryType::directory) return take_directory(entry, *place, there);
    if (there == nullptr) return keep(entry, *place);
    if (entry.type == PlanEntryType::symlink) {
      if (there->is_symlink() && there->target() == entry.target) return {};
      return differs(entry, "the base has something else than this link there");
    }
    const PlanEntry& file = entry.type == PlanEntryType::hard_link ? *files_.at(entry.target) : entry;
    const Node* end = base_.walk(*place).node;
    if (end == nullptr || !end->is_file()) return differs(entry, "the base has no file there, but something else");
    auto equal = same_content(file, *end);
    if (!equal) return Unexpected(std::move(equal).error());
    if (*equal) return permissions(entry, file.mode, *end);
    auto same = same_package(file, *end);
    if (!same) return Unexpected(std::move(same).error());
    return *same ? Result<void>() : differs(entry, "the base has another file there; it stays, and is what the program gets");
  }

  Result<void> take_directory(const PlanEntry& entry, const std::string& place, const Node* there) {
    if (there == nullptr) {
      const auto kept = kept_.find(place);
      if (kept != kept_.end() && kept->second.type != PlanEntryType::directory) return differs(entry, "by a link of the base another path of the layer lies there");
      places_[entry.path] = place;
      return keep(entry, place);
    }
    const Node* end = base_.walk(place).node;
    if (end == nullptr || !end->is_directory()) return differs(entry, "the base has no directory there, but something else");
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

  // Whether both are about one version of a package: dpkg's stanza names the configuration files that are shipped, its sums the files,
  // and the base has its own of them.
  Result<bool> same_package(const PlanEntry& entry, const Node& other) {
    if (entry.added != "package-metadata" || !entry.content || !entry.path.starts_with("/var/lib/dpkg/status.d/")) return false;
    if (entry.path.ends_with(".md5sums")) return true;
    constexpr uint64_t kMostBytes = 4 << 20;
    auto file = base_.open_file(other);
    if (!file) return Unexpected(std::move(file).error());
    auto stanza = read_all(**file, kMostBytes);
    if (!stanza) return Unexpected(std::move(stanza).error());
    return version_of(*stanza) == version_of(*entry.content);
  }

  static std::string_view version_of(std::string_view stanza) {
    constexpr std::string_view kField = "\nVersion: ";
    const size_t at = stanza.find(kField);
    return at == std::string_view::npos ? std::string_view() : stanza.substr(at, stanza.find('\n', at + 1) - at);
  }

  Result<bool> same_content(const PlanEntry& entry, const Node& other) {
    if (other.status().size != entry.size) return false;
    auto content = layer::Content::open(entry, root_);
    if (!content) return Unexpected(std::move(content).error());
    auto file = base_.open_file(other);
    if (!file) return Unexpected(std::move(file).error());
    ours_.resize(kPiece);
    theirs_.resize(kPiece);
    for (uint64_t offset = 0; offset < entry.size;) {
      const size_t length = std::min<uint64_t>(kPiece, entry.size - offset);
      if (auto read = content->read(offset, std::span(ours_).first(length)); !read) return Unexpected(std::move(read).error());
      auto read = (*file)->read_at(offset, std::span(theirs_).first(length));
      if (!read) return Unexpected(std::move(read).error());
      if (*read != length || !std::equal(ours_.begin(), ours_.begin() + static_cast<ptrdiff_t>(length), theirs_.begin())) return false;
      offset += length;
    }
    return true;
  }

  Result<void> differs(const PlanEntry& entry, const char* how) {
    findings_.push_back({"base-differs", entry.path, how});
    return {};
  }

  Root& root_;
  Root& base_;
  std::unordered_map<std::string, std::string> places_;          // of directories: of the plan, in the base
  std::unordered_map<std::string, const PlanEntry*> files_;      // of the plan
  std::map<std::string, PlanEntry> kept_;                        // by place
  std::vector<Finding> findings_;
  std::vector<std::byte> ours_, theirs_;
};

}  // namespace

Result<Plan> without_base(const Plan& plan, Root& root, Root& base) { return Subtraction(root, base).run(plan); }

}  // namespace rootlet::image
