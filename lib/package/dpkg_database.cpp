// dpkg's database, and that of distroless images, which have a stanza a file in status.d instead of `status`.
#include <map>
#include <utility>

#include "package/dpkg.hpp"
#include "package/lines.hpp"
#include "package/places.hpp"

namespace rootlet::package {
namespace {

constexpr uint64_t kMostStatusBytes = 128 << 20;
constexpr uint64_t kMostFileBytes = 64 << 20;

class DpkgDatabase final : public Database {
 public:
  DpkgDatabase(Root& root, Problems& problems, const Node& admin) : root_(root), problems_(problems), files_(root, problems), admin_(admin) {}

  PackageFormat format() const override { return PackageFormat::dpkg; }
  std::vector<Record> read() override;
  void paths(const Record& record, const PathVisitor& visit) override;
  std::string text(const Record& record) override { return lists_[record.place].stanza; }
  void sums(const Record& record, const SumVisitor& visit) override;

 private:
  struct List {
    std::string path;  // below admin_
    bool sums = false;
    std::string stanza;
  };

  void read_status_directory();
  void read_updates();
  void take(const DpkgStanza& stanza, std::string_view file, const std::string& sums);
  void read_diversions();

  Root& root_;
  Problems& problems_;
  TextFiles files_;
  const Node& admin_;
  std::map<std::pair<std::string, std::string>, Record> records_;  // by name and architecture, until they are read
  std::vector<List> lists_;                                        // by Record::place
  Diversions diversions_;
  bool diversions_read_ = false;
  size_t room_ = kMostNames;
};

std::vector<Record> DpkgDatabase::read() {
  read_status_directory();
  if (auto status = files_.read("status", kMostStatusBytes, &admin_)) {
    each_stanza(*status, [this](const DpkgStanza& stanza) { take(stanza, "status", {}); });
  }
  read_updates();
  std::string native;
  if (auto architectures = files_.read("arch", kMostFileBytes, &admin_)) native = trim(take_line(*architectures));
  std::vector<Record> records;
  records.reserve(records_.size());
  for (auto& [key, record] : records_) {
    record.foreign = !native.empty() && key.second != native && key.second != "all";
    records.push_back(std::move(record));
  }
  records_.clear();
  return records;
}

void DpkgDatabase::read_status_directory() {
  const Node* directory = root_.walk("status.d", FollowLast::yes, &admin_).node;
  if (directory == nullptr || !directory->is_directory()) return;
  auto names = root_.list(*directory);
  if (!names) return problems_.add(directory->path(), names.error().message);
  for (const std::string& name : *names) {
    if (name.ends_with(".md5sums")) continue;
    const std::string file = "status.d/" + name;
    auto text = files_.read(file, kMostFileBytes, &admin_);
    if (!text) continue;
    each_stanza(*text, [&](const DpkgStanza& stanza) { take(stanza, file, file + ".md5sums"); });
  }
}

// Changes that a dpkg which did not end well has not yet written to `status`, in their order.
void DpkgDatabase::read_updates() {
  const Node* directory = root_.walk("updates", FollowLast::yes, &admin_).node;
  if (directory == nullptr || !directory->is_directory()) return;
  auto names = root_.list(*directory);
  if (!names) return problems_.add(directory->path(), names.error().message);
  for (const std::string& name : *names) {
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    auto text = files_.read("updates/" + name, kMostFileBytes, &admin_);
    if (text) each_stanza(*text, [&](const DpkgStanza& stanza) { take(stanza, "updates/" + name, {}); });
  }
}

void DpkgDatabase::take(const DpkgStanza& stanza, std::string_view file, const std::string& sums) {
  if (!is_plain_name(stanza.package) || (!stanza.architecture.empty() && !is_plain_name(stanza.architecture))) {
    return problems_.add(admin_.path() + "/" + std::string(file), "a package of an impossible name is passed over");
  }
  std::pair<std::string, std::string> key(stanza.package, stanza.architecture);
  if (!has_files(stanza.status)) {
    records_.erase(key);
    return;
  }
  if (lists_.size() >= kMostPackages) return problems_.add(kDpkgPlace, "holds more packages than are read");
  Record record;
  record.package.name = key.first;
  record.package.architecture = key.second;
  record.package.version = stanza.version;
  record.package.essential = stanza.essential == "yes";
  record.package.source = before(stanza.source.empty() ? stanza.package : stanza.source, " \t\n(");
  add_relations(stanza.pre_depends, record.package.depends, room_);
  add_relations(stanza.depends, record.package.depends, room_);
  add_relations(stanza.provides, record.provides, room_);
  record.place = lists_.size();
  const std::string qualifier = stanza.multi_arch == "same" ? ":" + key.second : "";
  const bool distroless = !sums.empty();
  lists_.push_back({distroless ? sums : "info/" + key.first + qualifier + ".list", distroless, std::string(stanza.text)});
  records_[std::move(key)] = std::move(record);
}

void DpkgDatabase::read_diversions() {
  if (std::exchange(diversions_read_, true)) return;
  if (auto text = files_.read("diversions", kMostFileBytes, &admin_)) diversions_ = Diversions(*text);
}

void DpkgDatabase::paths(const Record& record, const PathVisitor& visit) {
  read_diversions();
  const List& list = lists_[record.place];
  auto text = files_.read(list.path, kMostFileBytes, &admin_);
  if (!text && !list.sums) {
    // Before the format of info/ became 1, a list had no architecture in its name.
    text = files_.read("info/" + record.package.name + ".list", kMostFileBytes, &admin_);
  }
  if (!text) {
    // A distroless package without files has no sums.
    if (!list.sums) problems_.add(admin_.path() + "/" + list.path, "is missing: files of " + record.package.name + " are not known");
    return;
  }
  auto each = [&](std::string_view path) {
    visit(OwnedPath{path, diversions_.place(path, record.package.name), list.sums ? OwnedPath::file : OwnedPath::unknown});
  };
  list.sums ? each_summed_path(*text, [&](std::string_view path, std::string_view) { each(path); }) : each_listed_path(*text, each);
}

void DpkgDatabase::sums(const Record& record, const SumVisitor& visit) {
  read_diversions();
  const List& list = lists_[record.place];
  const std::string stem = list.path.substr(0, list.path.rfind('.'));
  auto text = files_.read(stem + ".md5sums", kMostFileBytes, &admin_);
  if (!text && !list.sums) text = files_.read("info/" + record.package.name + ".md5sums", kMostFileBytes, &admin_);
  if (!text) return;  // packages of directories or configuration alone have none
  each_summed_path(*text, [&](std::string_view path, std::string_view md5) { visit(diversions_.place(path, record.package.name), md5); });
}

}  // namespace

std::unique_ptr<Database> open_dpkg(Root& root, Problems& problems) {
  const Node* admin = root.walk(kDpkgPlace).node;
  if (admin == nullptr || !admin->is_directory()) return nullptr;
  for (const char* name : {"status", "status.d"}) {
    if (root.walk(name, FollowLast::yes, admin).node != nullptr) return std::make_unique<DpkgDatabase>(root, problems, *admin);
  }
  return nullptr;
}

}  // namespace rootlet::package
