#include "data/taker.hpp"

#include <algorithm>
#include <array>

#include "data/matcher.hpp"

namespace rootlet::data {

bool is_shared_object_name(std::string_view name) {
  const size_t so = name.rfind(".so");
  if (so == std::string_view::npos || so == 0) return false;
  const std::string_view rest = name.substr(so + 3);
  return rest.empty() || (rest.front() == '.' && std::all_of(rest.begin(), rest.end(), [](char c) { return c == '.' || (c >= '0' && c <= '9'); }));
}

bool is_script(Root& root, const Node& node) {
  auto file = root.open_file(node);
  std::array<std::byte, 2> start{};
  return file && (*file)->read_at(0, start) && Bytes(start).text() == "#!";
}

const Node* Taker::allowed(Taking& taking, const std::string& path) {
  if (Safety::is_virtual(path)) return nullptr;
  const Node* node = root_.walk(path).node;
  if (node == nullptr || (!node->is_file() && !node->is_directory()) || node->parent() == nullptr) return nullptr;
  auto left_out = [&](const std::string& pattern) { return pattern_matches(pattern, path) || pattern_matches(pattern, node->path()); };
  if (std::any_of(taking.exclude.begin(), taking.exclude.end(), left_out)) return nullptr;
  std::string why = safety_.refusal(*node, taking.asker);
  if (why.empty()) return node;
  // A directory is refused without words: it is a finding that a file was wanted.
  if (node->is_file() && !Safety::is_virtual(node->path()) && refused_.insert(node->path()).second) {
    // A path that an object or a script names is its own evidence: who asks is said beside the finding.
    const bool named = taking.detail.empty() || taking.detail == path || taking.detail == node->path();
    taking.needs.push_back({Need::finding, "not-taken", node->path() + (named ? "" : ", asked for by " + taking.detail + ",") + " is left out: " + why + "; --include takes it", taking.origin, taking.detail, {}, {node->path(), path}});
  }
  return nullptr;
}

bool Taker::one(Taking& taking, const std::string& path, Need::Kind kind) {
  const Node* node = allowed(taking, path);
  if (node == nullptr || !node->is_file()) return false;
  taking.needs.push_back({kind, path, {}, taking.origin, taking.detail, {}});
  return true;
}

bool Taker::file(Taking& taking, const std::string& path) { return one(taking, path, Need::file); }

bool Taker::plugin(Taking& taking, const std::string& path) { return one(taking, path, Need::plugin); }

bool Taker::program(Taking& taking, const std::string& path) {
  if (!taking.programs) return false;
  const Node* node = root_.walk(path).node;
  return node != nullptr && (node->status().mode & 0111) != 0 && one(taking, path, Need::program);
}

bool Taker::directory(Taking& taking, const std::string& path, bool make) {
  const Node* node = root_.walk(path).node;
  if (node == nullptr ? !make : !node->is_directory() || node->parent() == nullptr) return false;
  if (Safety::is_virtual(path)) return false;
  taking.needs.push_back({node == nullptr ? Need::made_directory : Need::file, path, {}, taking.origin, taking.detail, {}});
  return true;
}

bool Taker::tree_below(Taking& taking, const Node& directory, const std::string& spelled, int depth, size_t& left) {
  auto names = root_.list(directory);
  if (!names || depth > kMaxTreeDepth) return false;
  bool any = false;
  for (const std::string& name : *names) {
    if (left == 0) return any;
    --left;
    const std::string path = (spelled == "/" ? "" : spelled) + "/" + name;
    const Node* node = root_.child(directory, name);
    if (node == nullptr || !is_runtime_path((directory.path() == "/" ? "" : directory.path()) + "/" + name)) continue;
    if (node->is_directory()) {
      any = tree_below(taking, *node, path, depth + 1, left) || any;
      continue;
    }
    const Node* target = node->is_symlink() ? allowed(taking, path) : node;
    if (target == nullptr) continue;
    if (target->is_directory()) {
      taking.needs.push_back({Need::file, path, {}, taking.origin, taking.detail, {}});
    } else if (is_shared_object_name(target->name())) {
      any = plugin(taking, path) || any;
    } else {
      any = one(taking, path, (target->status().mode & 0111) != 0 && !is_script(root_, *target) ? Need::program : Need::file) || any;
    }
  }
  return any;
}

bool Taker::tree(Taking& taking, const std::string& path) {
  const Node* node = root_.walk(path).node;
  if (node == nullptr || !node->is_directory() || Safety::is_virtual(node->path())) return false;
  if (node->parent() == nullptr || !safety_.refusal(*node, taking.asker).empty()) return false;
  size_t left = kMaxTreeFiles;
  if (!tree_below(taking, *node, path, 0, left)) taking.needs.push_back({Need::file, path, {}, taking.origin, taking.detail, {}});
  return true;
}

}  // namespace rootlet::data
