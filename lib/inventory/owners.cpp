#include <algorithm>
#include <tuple>

#include "inventory/take.hpp"
#include "package/places.hpp"

namespace rootlet::inventory {
namespace {

constexpr uint64_t kMostBytes = 1 << 16;  // of os-release

// The value of a line NAME=VALUE, without shell quotes; os-release(5) allows no expansions.
std::string unquoted(std::string_view value) {
  const bool quoted = value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front();
  if (quoted) value = value.substr(1, value.size() - 2);
  std::string text;
  for (size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\\' && i + 1 < value.size()) ++i;
    text += value[i];
  }
  return text;
}

Distribution parse_distribution(std::string_view text) {
  Distribution found;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = line.substr(0, equals), value = line.substr(equals + 1);
    if (name == "ID") found.id = unquoted(value);
    if (name == "VERSION_ID") found.version = unquoted(value);
    if (name == "PRETTY_NAME") found.name = unquoted(value);
  }
  return found;
}

}  // namespace

Distribution read_distribution(Root& root) {
  for (const char* path : package::kReleasePlaces) {
    const Node* node = root.walk(path).node;
    if (node == nullptr || !node->is_file()) continue;
    auto file = root.open_file(*node);
    if (!file) continue;
    if (auto text = read_all(**file, kMostBytes)) return parse_distribution(*text);
  }
  return {};
}

Owners::Owners(Root& root) : root_(root), packages_(PackageDatabase::kept(root)) {}

Owners::~Owners() = default;

void Owners::name(InventoryFile& file) {
  // Directories have many owners; so have links to them, where packages have a directory and this system a link: /lib of a merged /usr.
  if (file.type == NodeType::directory || file.generated) return;
  if (const Node* end = file.type == NodeType::symlink ? root_.walk(file.path).node : nullptr; end != nullptr && end->is_directory()) return;
  const Package* package = packages_->owner(file.path);
  if (package == nullptr) return;
  file.package = package->name + " " + package->version;
  file.architecture = package->architecture;
  named_.push_back(package);
}

void Owners::name_all() { named_ = packages_->packages(); }

void Owners::finish(Inventory& inventory) {
  inventory.format = packages_->format();
  const auto key = [](const Package* package) { return std::tie(package->name, package->architecture, package->version); };
  std::sort(named_.begin(), named_.end(), [&](const Package* a, const Package* b) { return key(a) < key(b); });
  named_.erase(std::unique(named_.begin(), named_.end()), named_.end());
  for (const Package* package : named_) {
    inventory.packages.push_back({package->name, package->version, package->architecture, package->source, package->depends});
  }
}

}  // namespace rootlet::inventory
