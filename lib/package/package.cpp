#include "rootlet/package.hpp"

#include <algorithm>
#include <functional>
#include <unordered_set>

#include "package/database.hpp"
#include "package/lines.hpp"
#include "package/merged_usr.hpp"
#include "package/path_index.hpp"
#include "package/places.hpp"

namespace rootlet {

using package::Database;
using package::OwnedPath;
using package::Record;

struct PackageDatabase::State {
  explicit State(Root& used_root) : root(used_root) {}

  void load();
  void build_index();
  const package::MergedUsr& merged();
  std::optional<uint32_t> owner(std::string_view path);
  // The record of a package of this database, or of one that says the same.
  const Record* record_of(const Package& package) const;
  std::vector<Record>::const_iterator first_of(std::string_view name) const;

  Root& root;
  package::Problems problems;
  std::unique_ptr<Database> database;  // null if the root has none
  std::vector<Record> records;         // by name, of one name the system's own architecture first
  bool loaded = false;

  std::optional<package::MergedUsr> merged_usr;
  package::PathIndex index;
  bool indexed = false;
};

void PackageDatabase::State::load() {
  if (std::exchange(loaded, true)) return;
  for (auto open : {package::open_dpkg, package::open_apk, package::open_rpm, package::open_pacman}) {
    std::unique_ptr<Database> found = open(root, problems);
    if (found == nullptr) continue;
    records = found->read();
    if (database == nullptr || !records.empty()) database = std::move(found);
    if (!records.empty()) break;
  }
  for (Record& record : records) {
    if (!package::is_plain_name(record.package.architecture)) record.package.architecture.clear();
  }
  package::sort_records(records);
  package::resolve_dependencies(records, [this](std::string_view path) { return owner(path); });
}

void PackageDatabase::State::build_index() {
  if (std::exchange(indexed, true) || database == nullptr) return;
  constexpr size_t kPathsOfAPackage = 200, kMostReserved = 1'000'000;  // Debian's mean; more is made room for as it comes
  index.reserve(std::min(records.size() * kPathsOfAPackage, kMostReserved));
  std::string buffer;
  for (uint32_t i = 0; i < records.size(); ++i) {
    database->paths(records[i], [&](const OwnedPath& owned) {
      if (!owned.place.empty()) index.add(merged().canonical(owned.place, buffer), i);
    });
  }
  if (index.lost() > 0) problems.add("package database", std::to_string(index.lost()) + " paths are too many to be looked up");
}

const package::MergedUsr& PackageDatabase::State::merged() {
  if (!merged_usr) merged_usr.emplace(root);
  return *merged_usr;
}

std::optional<uint32_t> PackageDatabase::State::owner(std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  build_index();
  if (database == nullptr) return std::nullopt;
  std::string buffer;
  return index.find(merged().canonical(path, buffer));
}

const Record* PackageDatabase::State::record_of(const Package& package) const {
  auto by_address = [](const Package* wanted, const Record& record) { return std::less<>()(wanted, &record.package); };
  auto behind = std::upper_bound(records.begin(), records.end(), &package, by_address);
  if (behind != records.begin() && &std::prev(behind)->package == &package) return &*std::prev(behind);
  for (auto found = first_of(package.name); found != records.end() && found->package.name == package.name; ++found) {
    if (found->package.architecture == package.architecture && found->package.version == package.version) return &*found;
  }
  return nullptr;
}

std::vector<Record>::const_iterator PackageDatabase::State::first_of(std::string_view name) const {
  return std::lower_bound(records.begin(), records.end(), name,
                          [](const Record& record, std::string_view wanted) { return record.package.name < wanted; });
}

namespace {

// Takes the database away from its root unless it has become whole.
struct UnlessWhole {
  Root& root;
  bool whole = false;
  ~UnlessWhole() {
    if (!whole) root.take<PackageDatabase>();
  }
};

}  // namespace

std::shared_ptr<PackageDatabase> PackageDatabase::kept(Root& root) {
  UnlessWhole guard{root};
  auto database = root.kept<PackageDatabase>();
  const bool fresh = database == nullptr;
  if (fresh) database = std::make_shared<PackageDatabase>(root);
  database->owner("/");  // whatever the answer: now it has read what its answers need
  if (fresh) root.keep(database);
  guard.whole = true;
  return database;
}

PackageDatabase::PackageDatabase(Root& root) : state_(std::make_unique<State>(root)) {}
PackageDatabase::~PackageDatabase() = default;

bool PackageDatabase::is_record(std::string_view path) {
  const auto below = [path](std::string_view place) { return path.starts_with(place) && path.substr(place.size()).starts_with('/'); };
  return below(package::kDpkgPlace) || below(package::kPacmanPlace) || std::any_of(std::begin(package::kApkPlaces), std::end(package::kApkPlaces), below) ||
         std::any_of(std::begin(package::kRpmPlaces), std::end(package::kRpmPlaces), below);
}

PackageFormat PackageDatabase::format() {
  state_->load();
  return state_->database == nullptr ? PackageFormat::none : state_->database->format();
}

const Package* PackageDatabase::owner(std::string_view path) {
  state_->load();
  const auto found = state_->owner(path);
  return found ? &state_->records[*found].package : nullptr;
}

const Package* PackageDatabase::find(std::string_view name) {
  state_->load();
  const std::string_view plain = package::before(name, ":");
  const bool qualified = plain.size() != name.size();
  for (auto found = state_->first_of(plain); found != state_->records.end() && found->package.name == plain; ++found) {
    if (!qualified || found->package.architecture == name.substr(plain.size() + 1)) return &found->package;
  }
  return nullptr;
}

std::vector<std::string> PackageDatabase::files(const Package& package) {
  state_->load();
  const Record* record = state_->record_of(package);
  if (record == nullptr) return {};
  std::vector<std::pair<std::string, bool>> paths;  // and whether it may be a directory
  std::unordered_set<std::string> parents;
  state_->database->paths(*record, [&](const OwnedPath& owned) {
    parents.emplace(owned.path.substr(0, owned.path.rfind('/')));
    if (owned.kind != OwnedPath::directory && owned.path != "/") paths.emplace_back(owned.path, owned.kind == OwnedPath::unknown);
  });
  std::vector<std::string> files;
  for (auto& [path, unknown] : paths) {
    if (unknown && parents.contains(path)) continue;
    const Node* node = unknown ? state_->root.walk(path, FollowLast::no).node : nullptr;
    if (node == nullptr || !node->is_directory()) files.push_back(std::move(path));
  }
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  return files;
}

std::string PackageDatabase::record(const Package& package) {
  state_->load();
  const Record* record = state_->record_of(package);
  return record == nullptr ? std::string() : state_->database->text(*record);
}

std::map<std::string, std::string> PackageDatabase::sums(const Package& package) {
  state_->load();
  std::map<std::string, std::string> sums;
  std::string buffer;
  const Record* record = state_->record_of(package);
  if (record == nullptr) return sums;
  state_->database->sums(*record, [&](std::string_view place, std::string_view md5) {
    sums.insert_or_assign(std::string(state_->merged().canonical(place, buffer)), std::string(md5));
  });
  return sums;
}

std::string PackageDatabase::canonical(std::string_view path) {
  std::string buffer;
  return std::string(state_->merged().canonical(path, buffer));
}

std::vector<const Package*> PackageDatabase::packages() {
  state_->load();
  std::vector<const Package*> all;
  all.reserve(state_->records.size());
  for (const Record& record : state_->records) all.push_back(&record.package);
  return all;
}

const std::vector<std::string>& PackageDatabase::problems() const { return state_->problems.all(); }

}  // namespace rootlet
