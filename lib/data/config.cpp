#include "data/config.hpp"

#include <algorithm>

namespace rootlet::data {
namespace {

constexpr std::string_view kSeparators = " \t\r\n\"'=;,()<>{}|";

std::string directory_name(const std::string& path) { return path.substr(0, std::max<size_t>(path.rfind('/'), 1)); }

}  // namespace

bool is_configuration(const Node& node) {
  const std::string_view name = node.name();
  for (std::string_view ending : {".conf", ".cnf", ".cfg", ".ini", ".load", ".la", ".inc", ".rc", ".list", ".xml", ".include"}) {
    if (name.ends_with(ending)) return true;
  }
  return node.path().starts_with("/etc/") && node.status().size < ConfigFollower::kMaxConfigBytes;
}

bool ConfigFollower::follow(Taking& taking, const std::string& path, const std::vector<std::string>& base) {
  return follow_file(taking, path, base, 0);
}

bool ConfigFollower::follow_file(Taking& taking, const std::string& path, const std::vector<std::string>& base, int depth) {
  const Node* node = root_.walk(path).node;
  if (node == nullptr || !node->is_file() || !taker_.file(taking, path)) return false;
  if (depth >= kMaxDepth || node->status().size > kMaxConfigBytes || !seen_.emplace(node->path(), base.empty() ? "" : base.front()).second) return true;
  auto file = root_.open_file(*node);
  auto text = file ? read_all(**file, kMaxConfigBytes) : Result<std::string>(Unexpected(file.error()));
  if (!text || text->find('\0') != std::string::npos) return true;
  std::vector<std::string> bases = base;
  bases.push_back(directory_name(path));
  std::string_view rest = *text;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    line(taking, rest.substr(0, end), bases, depth);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return true;
}

void ConfigFollower::line(Taking& taking, std::string_view line, const std::vector<std::string>& bases, int depth) {
  const size_t first = line.find_first_not_of(" \t");
  if (first == std::string_view::npos) return;
  // "#" and ";" start comments; "#include" and "@include" name files.
  const char mark = line[first];
  if ((mark == '#' || mark == ';') && !line.substr(first).starts_with("#include")) return;
  for (size_t at = first; at < line.size();) {
    const size_t start = line.find_first_not_of(kSeparators, at);
    if (start == std::string_view::npos) return;
    const size_t end = std::min(line.find_first_of(kSeparators, start), line.size());
    at = end;
    if (line[start] == '#' && start > first) return;
    const std::string_view all = line.substr(start, end - start);
    // "unix:/run/x", "/a:/b": the parts.
    if (!word(taking, std::string(all), bases, depth)) {
      for (size_t colon = all.find(':'); colon != std::string_view::npos; colon = all.find(':', colon + 1)) {
        if (colon + 1 < all.size() && all[colon + 1] == '/') word(taking, std::string(all.substr(colon + 1, all.find(':', colon + 1) - colon - 1)), bases, depth);
      }
    }
  }
}

bool ConfigFollower::word(Taking& taking, const std::string& word, const std::vector<std::string>& bases, int depth) {
  if (word.size() < 2 || word.size() > kMaxPath || word.find('$') != std::string::npos || word.find("..") != std::string::npos) return false;
  if (word.front() == '/' && Safety::is_state(word) && root_.walk(word).node == nullptr) return taker_.directory(taking, directory_name(word), false);
  if (word.front() == '/') return taker_.matching(word, [&](const std::string& path) { return named(taking, path, bases, depth); });
  // A pattern without a directory is rarely one for files.
  const bool pattern = word.find_first_of("*?[") != std::string::npos;
  if (pattern && word.find('/') == std::string::npos) return false;
  for (const std::string& base : bases) {
    const bool any = taker_.matching(base + "/" + word, [&](const std::string& path) {
      const Node* node = root_.walk(path).node;
      return node != nullptr && node->is_file() && named(taking, path, bases, depth);
    });
    if (any) return true;
  }
  return false;
}

// Included directories hold configuration, those of sites what is served; of others only the existence may matter.
bool ConfigFollower::named_directory(Taking& taking, const std::string& path, const Node& node, const std::vector<std::string>& bases, int depth) {
  if (Safety::is_virtual(node.path()) || node.parent() == nullptr || depth >= kMaxDepth) return false;
  for (std::string_view sites : {"/srv/", "/var/www/"}) {
    if (node.path().starts_with(sites)) return taker_.tree(taking, path);
  }
  if (node.path().starts_with("/etc/") && (node.parent()->path() != "/etc" || node.name().ends_with(".d"))) {
    auto names = root_.list(node);
    bool any = false;
    for (const std::string& name : names ? *names : std::vector<std::string>()) {
      const Node* file = root_.walk(path + "/" + name).node;
      if (file != nullptr && file->is_file()) any = named(taking, path + "/" + name, bases, depth + 1) || any;
    }
    if (any) return true;
  }
  // Nobody but the administrator has put it there, and says here what for.
  const bool place = node.path().starts_with("/opt/") || node.path().starts_with("/usr/share/") || node.path().starts_with("/usr/local/share/");
  if (place && taking.origin != Origin::evidence && packages_.owner(node.path()) == nullptr) return taker_.tree(taking, path);
  return taker_.directory(taking, path, false);
}

bool ConfigFollower::named(Taking& taking, const std::string& path, const std::vector<std::string>& bases, int depth) {
  const Node* node = root_.walk(path).node;
  if (node == nullptr) return false;
  if (node->is_directory()) return named_directory(taking, path, *node, bases, depth);
  if (is_shared_object_name(node->name())) return taker_.plugin(taking, path);
  if ((node->status().mode & 0111) != 0) return taker_.program(taking, path);
  if (!is_configuration(*node)) return taker_.file(taking, path);
  // Relative names in what is included start from the same places.
  std::vector<std::string> outer(bases.begin(), bases.end() - 1);
  return follow_file(taking, path, outer, depth + 1);
}

}  // namespace rootlet::data
