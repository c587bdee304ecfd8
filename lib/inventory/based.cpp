// The inventory of an image that is built on another one.
#include <algorithm>
#include <iterator>
#include <tuple>

#include "image/base.hpp"
#include "inventory/take.hpp"

namespace rootlet {
namespace {

// Both sorted; what stands in both is `upper`'s.
template <typename Item, typename Before>
std::vector<Item> merged(std::vector<Item> upper, std::vector<Item> lower, Before before) {
  std::vector<Item> all;
  all.reserve(upper.size() + lower.size());
  std::set_union(std::make_move_iterator(upper.begin()), std::make_move_iterator(upper.end()), std::make_move_iterator(lower.begin()),
                 std::make_move_iterator(lower.end()), std::back_inserter(all), before);
  return all;
}

}  // namespace

Result<Inventory> take_inventory(const Closure& closure, const Plan& plan, Root& root, Root& base, const InventoryOptions& options) {
  auto left = image::without_base(plan, closure, root, base);
  if (!left) return Unexpected(std::move(left).error());
  auto carried = take_inventory(closure, *left, root, options);
  if (!carried) return carried;
  auto below = take_inventory(base, options);
  if (!below) return below;
  // What the base has of the closure is there for the closure's reasons as well.
  for (InventoryFile& file : below->files) {
    if (const ClosureFile* known = closure.find(file.path); known != nullptr) file.reasons = inventory::reasons_of(*known);
  }
  const auto by_path = [](const InventoryFile& a, const InventoryFile& b) { return a.path < b.path; };
  const auto by_name = [](const InventoryPackage& a, const InventoryPackage& b) {
    return std::tie(a.name, a.architecture, a.version) < std::tie(b.name, b.architecture, b.version);
  };
  carried->files = merged(std::move(carried->files), std::move(below->files), by_path);
  carried->packages = merged(std::move(carried->packages), std::move(below->packages), by_name);
  if (below->format != PackageFormat::none) carried->format = below->format;
  if (!below->distribution.id.empty()) carried->distribution = std::move(below->distribution);
  return carried;
}

}  // namespace rootlet
