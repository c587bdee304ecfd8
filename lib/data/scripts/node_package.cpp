#include "base/json.hpp"
#include "data/scripts/node.hpp"

namespace rootlet::scripts {
namespace {

constexpr int kMaxDepth = 16;
constexpr size_t kMaxTargets = 10000;

// The path that conditions lead to: a string, the first of a list, an object of conditions, of which the first that holds decides.
std::string target(const JsonValue& value, bool import, int depth = 0) {
  if (depth > kMaxDepth) return {};
  if (value.is(JsonValue::string)) return value.text;
  for (const JsonValue& each : value.items) {
    if (std::string found = target(each, import, depth + 1); !found.empty()) return found;
  }
  for (const auto& [condition, each] : value.members) {
    const bool holds = one_of(condition, {"node", "default", "node-addons", "module-sync"}) || condition == (import ? "import" : "require");
    if (!holds) continue;
    if (std::string found = target(each, import, depth + 1); !found.empty()) return found;
  }
  return {};
}

}  // namespace

std::optional<NodePackage> NodePackage::read(Root& root, const std::string& directory) {
  const auto text = read_text(root, join(directory, "package.json"));
  const auto json = text ? parse_json(*text) : std::nullopt;
  if (!json || !json->is(JsonValue::object)) return std::nullopt;
  NodePackage package;
  package.directory_ = directory;
  package.name_ = json->text_of("name");
  package.main_ = json->text_of("main");
  const auto keep = [&](std::vector<Target>& targets, const std::string& key, const JsonValue& value) {
    if (targets.size() < kMaxTargets) targets.push_back({key, target(value, true), target(value, false)});
  };
  if (const JsonValue* exports = json->find("exports"); exports != nullptr && !exports->is(JsonValue::null)) {
    package.has_exports_ = true;
    const bool subpaths = !exports->members.empty() && exports->members.front().first.starts_with('.');
    if (!subpaths) {
      keep(package.exports_, ".", *exports);
    } else {
      for (const auto& [key, value] : exports->members) keep(package.exports_, key, value);
    }
  }
  if (const JsonValue* imports = json->find("imports")) {
    for (const auto& [key, value] : imports->members) keep(package.imports_, key, value);
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
