// What a reference of the command line leads to.
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <memory>

#include "rootlet/inventory.hpp"

namespace rootlet {
namespace {

constexpr uint64_t kMostManifestBytes = 256u << 20;

struct Close {
  void operator()(FILE* file) const { std::fclose(file); }
};

// The text of a regular file that starts as JSON does; nothing for all else.
Result<std::optional<std::string>> read_if_json(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::optional<std::string>();
  const std::unique_ptr<FILE, Close> file(std::fopen(path.c_str(), "rbe"));
  if (file == nullptr) return Unexpected(error_from_errno(errno, "cannot open", path));
  int first = std::fgetc(file.get());
  while (first == ' ' || first == '\t' || first == '\r' || first == '\n') first = std::fgetc(file.get());
  if (first != '{') return std::optional<std::string>();
  std::string text(1, '{'), piece(1 << 16, '\0');
  while (const size_t length = std::fread(piece.data(), 1, piece.size(), file.get())) {
    if (text.size() + length > kMostManifestBytes) return fail(ErrorCode::too_large, "the manifest " + path + " has more than 256 MiB", path);
    text.append(piece, 0, length);
  }
  if (std::ferror(file.get()) != 0) return Unexpected(error_from_errno(errno, "cannot read", path));
  return std::optional(std::move(text));
}

}  // namespace

Result<Inventory> open_inventory(const std::string& reference, const InventoryOptions& options, const RootOptions& root_options) {
  auto text = read_if_json(reference);
  if (!text) return Unexpected(std::move(text).error());
  if (text->has_value()) {
    auto inventory = read_manifest(**text);
    if (!inventory) return fail(inventory.error().code, reference + ": " + inventory.error().message, reference);
    inventory->name = reference;
    return inventory;
  }
  auto root = Root::open(reference, root_options);
  if (!root) return Unexpected(std::move(root).error());
  return take_inventory(*root, options);
}

}  // namespace rootlet
