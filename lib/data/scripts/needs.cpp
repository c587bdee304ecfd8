#include "data/scripts/needs.hpp"

#include <charconv>

namespace rootlet::scripts {
namespace {

constexpr uint64_t kMaxTextBytes = 4 << 20;

// The node that a path leads to, for a path that may be anything.
const Node* reached(Root& root, std::string_view path) {
  if (path.empty() || path.size() >= kMaxPath || path.find('\0') != std::string_view::npos) return nullptr;
  return root.walk(path).node;
}

}  // namespace

void Needs::add(ScriptNeed::Kind kind, std::string path, std::string name) {
  if (path.size() >= kMaxPath || name.size() >= kMaxPath) return;
  if (full()) {
    // One place is kept for saying so.
    needs_.emplace(ScriptNeed::unproved, "", "the script names more than " + std::to_string(kMaxNeeds) + " things; the rest is left out");
    return;
  }
  needs_.emplace(kind, std::move(path), std::move(name));
}

bool Needs::file(std::string_view path, std::string_view name) {
  if (!is_file(root_, path)) return false;
  add(ScriptNeed::file, std::string(path), std::string(name));
  return true;
}

bool Needs::directory(std::string_view path, std::string_view name) {
  if (!is_directory(root_, path)) return false;
  add(ScriptNeed::file, std::string(path), std::string(name));
  return true;
}

void Needs::command(std::string_view name, bool perhaps) {
  if (name.empty() || name.find('\0') != std::string_view::npos) return;
  if (perhaps && !full()) perhaps_.emplace(name);
  add(ScriptNeed::command, {}, std::string(name));
}

void Needs::unproved(unsigned line, std::string_view what) {
  std::string text = "line " + std::to_string(line) + ": ";
  for (char c : what.substr(0, kMaxWhat)) text += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  if (what.size() > kMaxWhat) text += "...";
  add(ScriptNeed::unproved, {}, std::move(text));
}

std::vector<ScriptNeed> Needs::take() {
  std::vector<ScriptNeed> needs;
  needs.reserve(needs_.size());
  for (const auto& [kind, path, name] : needs_) {
    needs.push_back({static_cast<ScriptNeed::Kind>(kind), path, name, kind == ScriptNeed::command && perhaps_.contains(name)});
  }
  return needs;
}

bool is_file(Root& root, std::string_view path) {
  const Node* node = reached(root, path);
  return node != nullptr && node->is_file();
}

bool is_directory(Root& root, std::string_view path) {
  const Node* node = reached(root, path);
  return node != nullptr && node->is_directory();
}

std::optional<std::string> read_text(Root& root, std::string_view path) {
  const Node* node = reached(root, path);
  if (node == nullptr || !node->is_file()) return std::nullopt;
  auto file = root.open_file(*node);
  if (!file) return std::nullopt;
  auto text = read_all(**file, kMaxTextBytes);
  if (!text) return std::nullopt;
  return std::move(text).value();
}

std::string join(std::string_view directory, std::string_view name) {
  if (name.starts_with('/')) return std::string(name);
  std::string path(directory);
  if (!path.empty() && path.back() != '/') path += '/';
  return path.append(name);
}

std::string_view parent_path(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {};
  return path.substr(0, std::max<size_t>(slash, 1));
}

std::string_view base_name(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string normal(std::string_view path) {
  const bool absolute = path.starts_with('/');
  std::vector<std::string_view> parts;
  each_part(path, "/", [&](std::string_view part) {
    if (part == ".") return;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty() && parts.back() != "..") {
      parts.pop_back();
    } else if (!absolute) {
      parts.push_back(part);
    }
  });
  std::string result = absolute ? "/" : "";
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i != 0) result += '/';
    result += parts[i];
  }
  return result.empty() ? "." : result;
}

std::optional<std::string_view> below(std::string_view path, std::string_view directory) {
  while (directory.ends_with('/')) directory.remove_suffix(1);
  if (!path.starts_with(directory) || path.size() <= directory.size() || path[directory.size()] != '/') return std::nullopt;
  return path.substr(directory.size() + 1);
}

std::vector<std::string> existing_directories(Root& root, const std::vector<std::string>& patterns) {
  constexpr size_t kMaxDirectories = 256;
  std::vector<std::string> found;
  for (const std::string& pattern : patterns) {
    for (std::string& path : root.glob(pattern, kMaxDirectories)) {
      const bool known = std::find(found.begin(), found.end(), path) != found.end();
      if (!known && found.size() < kMaxDirectories && is_directory(root, path)) found.push_back(std::move(path));
    }
  }
  return found;
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string result;
  for (size_t start = 0;;) {
    const size_t place = text.find(from, start);
    result += text.substr(start, place - start);
    if (place == std::string_view::npos) return result;
    result += to;
    start = place + from.size();
  }
}

std::vector<int> version_in(std::string_view name) {
  std::vector<int> version;
  const size_t digit = name.find_first_of("0123456789");
  if (digit == std::string_view::npos) return version;
  for (std::string_view rest = name.substr(digit); version.size() < 2;) {
    int number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error != std::errc()) break;
    version.push_back(number);
    rest = rest.substr(static_cast<size_t>(end - rest.data()));
    if (!rest.starts_with('.')) break;
    rest.remove_prefix(1);
  }
  return version;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace rootlet::scripts
