#include <nlohmann/json.hpp>

#include "data/scripts/node.hpp"

namespace rootlet::scripts {
namespace {

using Json = nlohmann::ordered_json;  // the first condition that holds decides

constexpr int kMaxDepth = 16;
constexpr size_t kMaxTargets = 10000;

// The path that conditions lead to: a string, the first of a list, an object of conditions.
std::string target(const Json& value, bool import, int depth = 0) {
  if (depth > kMaxDepth) return {};
  if (value.is_string()) return value.get<std::string>();
  if (value.is_array()) {
    for (const Json& each : value) {
      if (std::string found = target(each, import, depth + 1); !found.empty()) return found;
    }
  }
  if (value.is_object()) {
    for (const auto& [condition, each] : value.items()) {
      const bool holds = one_of(condition, {"node", "default", "node-addons", "module-sync"}) || condition == (import ? "import" : "require");
      if (!holds) continue;
      if (std::string found = target(each, import, depth + 1); !found.empty()) return found;
    }
  }
  return {};
}

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// The objects of a package.json are small; one that is nested deeper than any real one is passed over.
bool shallow(std::string_view text) {
  size_t depth = 0;
  for (char c : text) {
    if ((c == '{' || c == '[') && ++depth > 200) return false;
    if ((c == '}' || c == ']') && depth > 0) --depth;
  }
  return true;
}

}  // namespace

std::optional<NodePackage> NodePackage::read(Root& root, const std::string& directory) {
  const auto text = read_text(root, join(directory, "package.json"));
  if (!text || !shallow(*text)) return std::nullopt;
  const Json json = Json::parse(*text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  NodePackage package;
  package.directory_ = directory;
  package.name_ = text_of(json, "name");
  package.main_ = text_of(json, "main");
  const auto keep = [&](std::vector<Target>& targets, const std::string& key, const Json& value) {
    if (targets.size() < kMaxTargets) targets.push_back({key, target(value, true), target(value, false)});
  };
  if (const auto exports = json.find("exports"); exports != json.end() && !exports->is_null()) {
    package.has_exports_ = true;
    const bool subpaths = exports->is_object() && !exports->empty() && exports->begin().key().starts_with('.');
    if (!subpaths) {
      keep(package.exports_, ".", *exports);
    } else {
      for (const auto& [key, value] : exports->items()) keep(package.exports_, key, value);
    }
  }
  if (const auto imports = json.find("imports"); imports != json.end() && imports->is_object()) {
    for (const auto& [key, value] : imports->items()) keep(package.imports_, key, value);
  }
  return package;
}

// The exact key, or the pattern with the longest part in front of its star.
std::string NodePackage::matched(const std::vector<Target>& targets, const std::string& key, bool import) {
  const Target* best = nullptr;
  std::string star;
  for (const Target& each : targets) {
    if (each.key == key) return import ? each.import : each.require;
    const size_t place = each.key.find('*');
    const std::string front = place == std::string::npos ? each.key : each.key.substr(0, place);
    const std::string back = place == std::string::npos ? std::string() : each.key.substr(place + 1);
    const bool folder = place == std::string::npos && each.key.ends_with('/');  // of old: "./": "./"
    if ((place == std::string::npos && !folder) || !key.starts_with(front) || key.size() < front.size() + back.size() || !key.ends_with(back)) continue;
    if (best != nullptr && best->key.find('*') > place) continue;
    best = &each;
    star = key.substr(front.size(), key.size() - front.size() - back.size());
  }
  if (best == nullptr) return {};
  const std::string& found = import ? best->import : best->require;
  return best->key.ends_with('/') ? found + star : replaced(found, "*", star);
}

std::string NodePackage::exported(const std::string& subpath, bool import) const { return matched(exports_, subpath, import); }
std::string NodePackage::imported(const std::string& name, bool import) const { return matched(imports_, name, import); }

}  // namespace rootlet::scripts
