// The inventory of a plan.
#include <algorithm>
#include <vector>

#include "inventory/take.hpp"
#include "layer/content.hpp"

namespace rootlet {
namespace {

constexpr uint64_t kPiece = 1 << 18;

NodeType type_of(PlanEntryType type) {
  switch (type) {
    case PlanEntryType::directory: return NodeType::directory;
    case PlanEntryType::symlink: return NodeType::symlink;
    case PlanEntryType::file:
    case PlanEntryType::hard_link: break;
  }
  return NodeType::file;
}

// A file in a link's place is no package's: the layer's own database does not list it either.
bool is_as_in_the_root(const PlanEntry& entry) {
  return entry.type != PlanEntryType::file || (entry.source != nullptr && entry.source->path() == entry.path);
}

class Taker {
 public:
  Taker(const Closure& closure, const Plan& plan, Root& root, const InventoryOptions& options)
      : closure_(closure), plan_(plan), root_(root), options_(options), owners_(root), digests_(options.sha1), buffer_(kPiece) {}

  Result<Inventory> run() {
    taken_.name = closure_.root;
    taken_.entries = closure_.entries;
    taken_.files.reserve(plan_.entries.size());
    state_.files_total = plan_.entries.size();
    state_.bytes_total = plan_.bytes;
    for (const PlanEntry& entry : plan_.entries) {
      if (auto done = report(entry.path); !done) return Unexpected(std::move(done).error());
      if (auto done = take(entry); !done) return Unexpected(std::move(done).error());
      ++state_.files_done;
    }
    if (auto done = report({}); !done) return Unexpected(std::move(done).error());
    owners_.finish(taken_);
    taken_.distribution = inventory::read_distribution(root_);
    return std::move(taken_);
  }

 private:
  Result<void> report(std::string_view path) {
    state_.path = path;
    if (options_.progress && !options_.progress(state_)) return fail(ErrorCode::cancelled, "the inventory was cancelled", std::string(path));
    return {};
  }

  Result<void> take(const PlanEntry& entry) {
    if (entry.path == "/") return {};
    InventoryFile file;
    file.path = entry.path;
    file.type = type_of(entry.type);
    file.mode = entry.type == PlanEntryType::symlink ? 0 : entry.mode;
    file.uid = entry.uid;
    file.gid = entry.gid;
    file.capability = entry.capability;
    if (entry.type == PlanEntryType::symlink) file.target = entry.target;
    if (entry.type == PlanEntryType::file) {
      if (auto done = digest(entry, file); !done) return done;
    } else if (entry.type == PlanEntryType::hard_link) {
      if (auto done = share(entry, file); !done) return done;
    }
    explain(entry, file);
    if (is_as_in_the_root(entry)) owners_.name(file);
    taken_.files.push_back(std::move(file));
    return {};
  }

  Result<void> digest(const PlanEntry& entry, InventoryFile& file) {
    auto content = layer::Content::open(entry, root_);
    if (!content) return Unexpected(std::move(content).error());
    for (uint64_t offset = 0; offset < entry.size;) {
      const auto piece = std::span(buffer_).first(std::min(kPiece, entry.size - offset));
      if (auto done = content->read(offset, piece); !done) return done;
      digests_.add(piece);
      offset += piece.size();
      state_.bytes_done += piece.size();
      if (offset % (1 << 20) == 0) {
        if (auto done = report(entry.path); !done) return done;
      }
    }
    if (auto done = content->finish(); !done) return done;
    file.size = entry.size;
    digests_.finish(file);
    return {};
  }

  // A hard link has what its first name has, which stands before it.
  Result<void> share(const PlanEntry& entry, InventoryFile& file) {
    const InventoryFile* first = taken_.find(entry.target);
    if (first == nullptr || first->type != NodeType::file) {
      return fail(ErrorCode::invalid_argument, "the plan has a hard link to " + entry.target + ", which is no earlier file of it", entry.path);
    }
    file.size = first->size;
    file.sha256 = first->sha256;
    file.sha1 = first->sha1;
    file.mode = first->mode;
    file.capability = first->capability;
    return {};
  }

  void explain(const PlanEntry& entry, InventoryFile& file) {
    file.generated = entry.type == PlanEntryType::file && entry.content.has_value();
    const ClosureFile* known = closure_.find(entry.path);
    if (known == nullptr) {
      if (!entry.added.empty()) file.reasons.push_back({std::string(to_string(ReasonKind::generated)), "", entry.added, ""});
      return;
    }
    file.generated = file.generated || known->generated();
    file.package_note = known->package_note;
    file.reasons = inventory::reasons_of(*known);
  }

  const Closure& closure_;
  const Plan& plan_;
  Root& root_;
  const InventoryOptions& options_;
  inventory::Owners owners_;
  inventory::Digests digests_;
  std::vector<std::byte> buffer_;
  Progress state_;
  Inventory taken_;
};

}  // namespace

std::vector<InventoryReason> inventory::reasons_of(const ClosureFile& file) {
  std::vector<InventoryReason> reasons;
  for (const Reason& reason : file.reasons) {
    reasons.push_back({std::string(to_string(reason.kind)), std::string(reason.by), std::string(reason.detail),
                       reason.how ? std::string(to_string(*reason.how)) : std::string()});
  }
  return reasons;
}

Result<Inventory> take_inventory(const Closure& closure, const Plan& plan, Root& root, const InventoryOptions& options) {
  return Taker(closure, plan, root, options).run();
}

}  // namespace rootlet
