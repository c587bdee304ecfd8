// Reads manifests, which come from strangers: every member is checked for its form before it is used.
#include <algorithm>
#include <charconv>
#include <functional>
#include <span>

#include "base/canonical_path.hpp"
#include "base/json.hpp"
#include "rootlet/inventory.hpp"

namespace rootlet {
namespace {

constexpr size_t kMaxBytes = 256u << 20;
constexpr size_t kMaxValues = 8'000'000;  // what so many take in memory is bounded, too

std::optional<unsigned> digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return std::nullopt;
}

// The bytes that lower-case hexadecimal stands for.
std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (size_t i = 0; i < text.size(); i += 2) {
    const auto high = digit(text[i]), low = digit(text[i + 1]);
    if (!high || !low) return std::nullopt;
    bytes += static_cast<char>(*high << 4 | *low);
  }
  return bytes;
}

// Nothing that a path of a layer could not be is taken for one.
bool is_path_of_file(std::string_view path) { return path != "/" && path.size() < kMaxPath && is_canonical_path(path); }

class Reader {
 public:
  Result<Inventory> read(const JsonValue& top) {
    if (!top.is(JsonValue::object)) return malformed("is not an object");
    const auto schema = top.count_of("schema");
    if (schema != 1) return malformed(top.find("schema") == nullptr ? "has no /schema" : "has a /schema that is not 1");
    if (top.find("layer") == nullptr) {
      return malformed("has no /layer, as what `rootlet resolve` prints; `rootlet build --manifest` writes a manifest");
    }
    read_inventory_.name = path_of(top, "", "root", true);
    each(top, "", "entries", true, [&](const JsonValue& entry, const std::string& place) {
      if (!entry.is(JsonValue::string)) return wrong(place + " is not a text");
      read_inventory_.entries.push_back(entry.text);
    });
    each(top, "", "files", true, [&](const JsonValue& file, const std::string& place) { take_file(file, place, true); });
    each(top, "", "layer", true, [&](const JsonValue& file, const std::string& place) { take_file(file, place, false); });
    each(top, "", "packages", false, [&](const JsonValue& package, const std::string& place) { take_package(package, place); });
    take_distribution(top);
    sort();
    if (!wrong_.empty()) return malformed("is not one: " + wrong_);
    return std::move(read_inventory_);
  }

 private:
  static Unexpected malformed(const std::string& what) { return fail(ErrorCode::malformed, "the manifest " + what); }

  void wrong(std::string what) {
    if (wrong_.empty()) wrong_ = std::move(what);
  }

  using Visit = std::function<void(const JsonValue&, const std::string& place)>;
  void each(const JsonValue& from, const std::string& place, const char* name, bool required, const Visit& visit) {
    const std::string here = place + "/" + name;
    const JsonValue* array = from.find(name);
    if (array == nullptr && !required) return;
    if (array == nullptr || !array->is(JsonValue::array)) return wrong(here + " is not an array");
    for (size_t i = 0; i < array->items.size() && wrong_.empty(); ++i) visit(array->items[i], here + "/" + std::to_string(i));
  }

  std::string text_of(const JsonValue& from, const std::string& place, const std::string& name, bool required) {
    const JsonValue* value = from.find(name);
    if (value == nullptr && !required) return {};
    if (value == nullptr) return wrong(place + "/" + name + " is not there"), std::string();
    if (!value->is(JsonValue::string)) return wrong(place + "/" + name + " is not a text"), std::string();
    return value->text;
  }

  std::string hex_of(const JsonValue& from, const std::string& place, const std::string& name) {
    auto bytes = from_hex(text_of(from, place, name, false));
    if (!bytes) wrong(place + "/" + name + " is not hexadecimal");
    return std::move(bytes).value_or("");
  }

  // A member that JsonWriter::path() wrote.
  std::string path_of(const JsonValue& from, const std::string& place, const std::string& name, bool required) {
    std::string text = text_of(from, place, name, required);
    return from.find(name + "_hex") == nullptr ? text : hex_of(from, place, name + "_hex");
  }

  uint64_t count_of(const JsonValue& from, const std::string& place, const char* name, uint64_t most, bool required) {
    if (from.find(name) == nullptr && !required) return 0;
    const auto count = from.count_of(name);
    if (!count || *count > most) wrong(place + "/" + name + " is not a number from 0 to " + std::to_string(most));
    return count.value_or(0);
  }

  uint32_t mode_of(const JsonValue& from, const std::string& place) {
    const std::string text = text_of(from, place, "mode", true);
    uint32_t mode = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
    if (error != std::errc() || end != text.data() + text.size() || mode > 07777) wrong(place + "/mode is not an octal mode");
    return mode;
  }

  std::string digest_of(const JsonValue& from, const std::string& place) {
    std::string text = text_of(from, place, "sha256", true);
    if (text.size() != 64 || !from_hex(text)) wrong(place + "/sha256 is not a SHA-256 in hexadecimal");
    return text;
  }

  NodeType type_of(const JsonValue& from, const std::string& place) {
    const std::string text = text_of(from, place, "type", true);
    if (text == "file") return NodeType::file;
    if (text == "directory") return NodeType::directory;
    if (text == "symlink") return NodeType::symlink;
    wrong(place + "/type is not file, directory or symlink");
    return NodeType::other;
  }

  void take_file(const JsonValue& from, const std::string& place, bool with_reasons) {
    if (!from.is(JsonValue::object)) return wrong(place + " is not an object");
    InventoryFile file;
    file.path = path_of(from, place, "path", true);
    if (!wrong_.empty() || file.path == "/") return;
    if (!is_path_of_file(file.path)) return wrong(place + "/path is not the path of a file in a layer");
    file.type = type_of(from, place);
    if (file.type == NodeType::symlink) file.target = path_of(from, place, "target", true);
    else file.mode = mode_of(from, place);
    if (file.type == NodeType::file) {
      file.size = count_of(from, place, "size", INT64_MAX, true);
      file.sha256 = digest_of(from, place);
    }
    file.uid = static_cast<uint32_t>(count_of(from, place, "uid", UINT32_MAX, false));
    file.gid = static_cast<uint32_t>(count_of(from, place, "gid", UINT32_MAX, false));
    file.capability = hex_of(from, place, "capability");
    const JsonValue* generated = from.find("generated");
    if (generated != nullptr && !generated->is(JsonValue::boolean)) wrong(place + "/generated is not true or false");
    file.generated = generated != nullptr && generated->text == "true";
    file.package = text_of(from, place, "package", false);
    file.architecture = text_of(from, place, "architecture", false);
    file.package_note = text_of(from, place, "package_note", false);
    each(from, place, "reasons", with_reasons, [&](const JsonValue& reason, const std::string& here) {
      if (!reason.is(JsonValue::object)) return wrong(here + " is not an object");
      file.reasons.push_back({text_of(reason, here, "kind", true), path_of(reason, here, "by", true), path_of(reason, here, "detail", true),
                              text_of(reason, here, "how", false)});
    });
    read_inventory_.files.push_back(std::move(file));
  }

  void take_package(const JsonValue& from, const std::string& place) {
    if (!from.is(JsonValue::object)) return wrong(place + " is not an object");
    InventoryPackage package{text_of(from, place, "name", true), text_of(from, place, "version", true),
                             text_of(from, place, "architecture", false), text_of(from, place, "source", false), {}};
    each(from, place, "depends", false, [&](const JsonValue& name, const std::string& here) {
      if (!name.is(JsonValue::string)) return wrong(here + " is not a text");
      package.depends.push_back(name.text);
    });
    read_inventory_.packages.push_back(std::move(package));
  }

  void take_distribution(const JsonValue& top) {
    const JsonValue* from = top.find("distribution");
    if (from == nullptr) return;
    if (!from->is(JsonValue::object)) return wrong("/distribution is not an object");
    read_inventory_.distribution = {text_of(*from, "/distribution", "id", false), text_of(*from, "/distribution", "version", false),
                                    text_of(*from, "/distribution", "name", false)};
    const std::string packages = text_of(*from, "/distribution", "packages", false);
    constexpr std::string_view kFormats[] = {"none", "dpkg", "apk", "rpm", "pacman"};
    const auto found = std::find(std::begin(kFormats), std::end(kFormats), packages);
    if (found != std::end(kFormats)) read_inventory_.format = static_cast<PackageFormat>(found - std::begin(kFormats));
  }

  void sort() {
    auto& files = read_inventory_.files;
    std::sort(files.begin(), files.end(), [](const InventoryFile& a, const InventoryFile& b) { return a.path < b.path; });
    const auto twice = std::adjacent_find(files.begin(), files.end(), [](const InventoryFile& a, const InventoryFile& b) { return a.path == b.path; });
    if (twice != files.end()) wrong("it has the path " + twice->path + " twice");
  }

  Inventory read_inventory_;
  std::string wrong_;  // the first thing that is
};

}  // namespace

Result<Inventory> read_manifest(std::string_view text) {
  if (text.size() > kMaxBytes) return fail(ErrorCode::too_large, "the manifest has more than 256 MiB");
  auto top = read_json(text, "the manifest", kMaxValues);
  if (!top) return Unexpected(std::move(top).error());
  return Reader().read(*top);
}

}  // namespace rootlet
