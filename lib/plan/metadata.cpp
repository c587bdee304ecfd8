#include "plan/metadata.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "package/places.hpp"

namespace rootlet::plan {
namespace {

// What the plan has at this path is what the root has there: no generated content, no file in place of a link.
bool as_it_was(const PlanEntry& entry) {
  if (entry.type == PlanEntryType::directory) return false;
  return entry.type != PlanEntryType::file || (entry.source != nullptr && entry.source->path() == entry.path);
}

// A link to a directory is nobody's: a database lists /lib as the directory that it was before /usr was merged, in many packages.
bool leads_to_directory(Root& root, const PlanEntry& entry) {
  if (entry.type != PlanEntryType::symlink) return false;
  const Node* target = root.walk(entry.path).node;
  return target != nullptr && target->is_directory();
}

std::vector<Shipped> shipped_packages(Root& root, PackageDatabase& database, const Entries& entries) {
  std::map<const Package*, std::vector<const PlanEntry*>> files;
  for (const auto& [path, entry] : entries) {
    if (!as_it_was(entry) || leads_to_directory(root, entry)) continue;
    if (const Package* package = database.owner(path)) files[package].push_back(&entry);
  }
  std::vector<Shipped> packages;
  for (auto& [package, owned] : files) packages.push_back({package, std::move(owned)});
  auto key = [](const Shipped& shipped) { return std::tie(shipped.package->name, shipped.package->architecture, shipped.package->version); };
  std::sort(packages.begin(), packages.end(), [&](const Shipped& a, const Shipped& b) { return key(a) < key(b); });
  return packages;
}

// Both places of os-release(5), and the older files.
void add_distribution(Additions& additions) {
  using package::kReleasePlaces;
  for (int i : {0, 1}) {
    if (!additions.copy(kReleasePlaces[i], kReleasePlaces[i], "os-release")) additions.copy(kReleasePlaces[1 - i], kReleasePlaces[i], "os-release");
  }
  for (const char* path : package::kOlderReleasePlaces) additions.copy(path, path, "os-release");
}

void add_licenses(Root& root, Additions& additions, const std::vector<Shipped>& packages) {
  constexpr size_t kMostFiles = 1000;  // of one package
  for (const Shipped& shipped : packages) {
    const std::string& name = shipped.package->name;
    const std::string copyright = "/usr/share/doc/" + name + "/copyright";
    bool found = additions.copy(copyright, copyright, "licenses");
    const std::string directory = "/usr/share/licenses/" + name;
    const Node* node = root.walk(directory).node;
    if (auto names = node != nullptr && node->is_directory() ? root.list(*node) : std::vector<std::string>()) {
      names->resize(std::min(names->size(), kMostFiles));
      for (const std::string& file : *names) found |= additions.copy(directory + "/" + file, directory + "/" + file, "licenses");
    }
    if (!found) additions.finding(copyright, "is not there: the layer has no license text of " + name);
  }
}

void add_format(const Context& context) {
  switch (context.database.format()) {
    case PackageFormat::dpkg: return add_dpkg(context);
    case PackageFormat::apk: return add_apk(context);
    case PackageFormat::rpm: return add_rpm(context);
    case PackageFormat::pacman: return add_pacman(context);
    case PackageFormat::none: return;
  }
}

}  // namespace

bool ships(const Context& context, const Shipped& shipped, std::string_view path) {
  const std::string place = context.database.canonical(path);
  auto at = std::lower_bound(shipped.files.begin(), shipped.files.end(), place, [](const PlanEntry* entry, const std::string& wanted) { return entry->path < wanted; });
  return at != shipped.files.end() && (*at)->path == place;
}

void add_metadata(Root& root, const PlanOptions& options, Entries& entries, std::vector<Finding>& findings) {
  if (!options.package_metadata && !options.licenses) return;
  const auto database = PackageDatabase::kept(root);
  std::vector<Shipped> packages = shipped_packages(root, *database, entries);
  if (!packages.empty()) {
    Additions additions(root, options.epoch, entries, findings);
    if (options.package_metadata) add_distribution(additions);
    packages = shipped_packages(root, *database, entries);  // and those whose files came just now
    if (options.licenses) {
      add_licenses(root, additions, packages);
      packages = shipped_packages(root, *database, entries);
    }
    if (options.package_metadata) add_format({root, *database, packages, additions});
  }
}

}  // namespace rootlet::plan
