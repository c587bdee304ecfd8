#include "rootlet/inventory.hpp"

#include <algorithm>

namespace rootlet {

std::string to_string(const InventoryReason& reason) {
  std::string text = reason.kind;
  if (!reason.by.empty()) text += " by " + reason.by;
  if (!reason.detail.empty()) text += ": " + reason.detail;
  if (!reason.how.empty()) text += " (" + reason.how + ")";
  return text;
}

const InventoryFile* Inventory::find(std::string_view path) const {
  const auto found = std::lower_bound(files.begin(), files.end(), path,
                                      [](const InventoryFile& file, std::string_view wanted) { return file.path < wanted; });
  return found != files.end() && found->path == path ? &*found : nullptr;
}

}  // namespace rootlet
