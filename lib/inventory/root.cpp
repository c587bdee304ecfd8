// The inventory of what a Root shows.
#include <algorithm>
#include <vector>

#include "inventory/take.hpp"

namespace rootlet {
namespace {

constexpr uint64_t kPiece = 1 << 18;

class Walker {
 public:
  Walker(Root& root, const InventoryOptions& options) : root_(root), options_(options), digests_(options.sha1), buffer_(kPiece) {}

  Result<Inventory> run() {
    std::vector<const Node*> open{&root_.top()};
    while (!open.empty()) {
      const Node* directory = open.back();
      open.pop_back();
      if (auto done = look_into(*directory, open); !done) return Unexpected(std::move(done).error());
    }
    std::sort(nodes_.begin(), nodes_.end(), [](const Node* a, const Node* b) { return a->path() < b->path(); });
    return take();
  }

 private:
  Result<void> look_into(const Node& directory, std::vector<const Node*>& open) {
    auto names = root_.list(directory);
    if (!names) return Unexpected(std::move(names).error());
    for (const std::string& name : *names) {
      int error = 0;
      const Node* node = root_.child(directory, name, &error);
      if (node == nullptr) {
        std::string path = (directory.path() == "/" ? "" : directory.path()) + "/" + name;
        return Unexpected(error_from_errno(error, "cannot look up", std::move(path)));
      }
      nodes_.push_back(node);
      if (node->is_file()) state_.bytes_total += node->status().size;
      if (node->is_directory()) open.push_back(node);
    }
    return {};
  }

  Result<Inventory> take() {
    taken_.name = root_.name();
    taken_.owners = root_.top().status().uid == 0;
    taken_.files.reserve(nodes_.size());
    state_.files_total = nodes_.size();
    for (const Node* node : nodes_) {
      if (auto done = report(node->path()); !done) return Unexpected(std::move(done).error());
      if (auto done = take(*node); !done) return Unexpected(std::move(done).error());
      ++state_.files_done;
    }
    if (auto done = report({}); !done) return Unexpected(std::move(done).error());
    inventory::Owners owners(root_);
    for (InventoryFile& file : taken_.files) owners.name(file);
    owners.name_all();
    owners.finish(taken_);
    taken_.distribution = inventory::read_distribution(root_);
    return std::move(taken_);
  }

  Result<void> take(const Node& node) {
    const Status& status = node.status();
    InventoryFile file;
    file.path = node.path();
    file.type = status.type;
    file.mode = node.is_symlink() ? 0 : status.mode;
    file.uid = status.uid;
    file.gid = status.gid;
    if (node.is_symlink()) file.target = node.target();
    if (node.is_file()) {
      file.capability = root_.attribute(node, "security.capability").value_or(std::string());
      if (auto done = digest(node, file); !done) return done;
    }
    taken_.files.push_back(std::move(file));
    return {};
  }

  Result<void> digest(const Node& node, InventoryFile& file) {
    auto opened = root_.open_file(node);
    if (!opened) return Unexpected(std::move(opened).error());
    while (true) {
      auto length = (*opened)->read_at(file.size, buffer_);
      if (!length) return Unexpected(std::move(length).error());
      const bool ended = *length == 0;
      if (ended ? file.size < node.status().size : *length > node.status().size - file.size) {
        return fail(ErrorCode::io, "changed while it was read: " + node.path() + "; let nothing write to the root meanwhile, and try again", node.path());
      }
      if (ended) break;
      digests_.add(std::span(buffer_).first(*length));
      file.size += *length;
      state_.bytes_done += *length;
      if (file.size % (1 << 20) == 0) {
        if (auto done = report(node.path()); !done) return done;
      }
    }
    digests_.finish(file);
    return {};
  }

  Result<void> report(std::string_view path) {
    state_.path = path;
    if (options_.progress && !options_.progress(state_)) return fail(ErrorCode::cancelled, "the inventory was cancelled", std::string(path));
    return {};
  }

  Root& root_;
  const InventoryOptions& options_;
  inventory::Digests digests_;
  std::vector<std::byte> buffer_;
  std::vector<const Node*> nodes_;
  Progress state_;
  Inventory taken_;
};

}  // namespace

Result<Inventory> take_inventory(Root& root, const InventoryOptions& options) { return Walker(root, options).run(); }

}  // namespace rootlet
