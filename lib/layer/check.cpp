#include "layer/check.hpp"

#include <algorithm>
#include <string_view>

#include "base/canonical_path.hpp"

namespace rootlet::layer {

namespace {

// The entry of that path before `end`, or null.
const PlanEntry* find(const Plan& plan, size_t end, std::string_view path) {
  auto last = plan.entries.begin() + static_cast<std::ptrdiff_t>(end);
  auto place = std::lower_bound(plan.entries.begin(), last, path,
                                [](const PlanEntry& entry, std::string_view p) { return entry.path < p; });
  return place != last && place->path == path ? &*place : nullptr;
}

// Why the entry cannot be written as it is, or null.
const char* complaint(const Plan& plan, size_t index) {
  const PlanEntry& entry = plan.entries[index];
  if (!is_canonical_path(entry.path)) return "the path is not absolute and canonical";
  if (index > 0 && plan.entries[index - 1].path >= entry.path) return "the entries are not sorted";
  if (entry.mode > 07777) return "the mode has more than permission bits";
  if (entry.path == "/")
    return entry.type == PlanEntryType::directory ? nullptr : "the top is not a directory";

  if (size_t slash = entry.path.rfind('/'); slash > 0) {
    const PlanEntry* parent = find(plan, index, std::string_view(entry.path).substr(0, slash));
    if (parent == nullptr) return "its parent directory is not in the plan before it";
    if (parent->type != PlanEntryType::directory) return "its parent is not a directory";
  }
  switch (entry.type) {
    case PlanEntryType::directory: break;
    case PlanEntryType::file:
      if (entry.content ? entry.content->size() != entry.size : entry.source == nullptr) {
        return "it has no content of the size it states";
      }
      break;
    case PlanEntryType::symlink:
      if (entry.target.empty() || entry.target.find('\0') != entry.target.npos)
        return "the link leads nowhere";
      break;
    case PlanEntryType::hard_link: {
      const PlanEntry* file = find(plan, index, entry.target);
      if (file == nullptr || file->type != PlanEntryType::file)
        return "no file before it has the link's target";
      break;
    }
  }
  return nullptr;
}

}  // namespace

Result<void> check_plan(const Plan& plan) {
  for (size_t i = 0; i < plan.entries.size(); ++i) {
    if (const char* why = complaint(plan, i); why != nullptr) {
      const std::string& path = plan.entries[i].path;
      return fail(ErrorCode::invalid_argument, "the plan cannot be written: " + path + ": " + why, path);
    }
  }
  return {};
}

}  // namespace rootlet::layer
