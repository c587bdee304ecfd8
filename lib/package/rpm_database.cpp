#include <unordered_map>
#include <utility>

#include "package/places.hpp"
#include "package/rpm_header.hpp"
#include "package/rpm_image.hpp"

namespace rootlet::package {
namespace {

constexpr uint64_t kMostDatabaseBytes = 512 << 20;

// %_dbpath of Fedora and SUSE today, of most before, of rpm-ostree.

class RpmDatabase final : public Database {
 public:
  RpmDatabase(std::string path, RpmImage image, Problems& problems) : path_(std::move(path)), image_(std::move(image)), problems_(problems) {}

  PackageFormat format() const override { return PackageFormat::rpm; }
  std::vector<Record> read() override;
  void paths(const Record& record, const PathVisitor& visit) override;
  std::string text(const Record& record) override;

 private:
  std::string path_;
  RpmImage image_;
  Problems& problems_;
};

// The architecture that most packages are built for.
std::string main_architecture(const std::vector<Record>& records) {
  std::unordered_map<std::string, size_t> counts;
  for (const Record& record : records) {
    if (record.package.architecture != "noarch") ++counts[record.package.architecture];
  }
  std::string main;
  size_t most = 0;
  for (const auto& [architecture, count] : counts) {
    if (count < most || (count == most && architecture > main)) continue;
    main = architecture;
    most = count;
  }
  return main;
}

std::vector<Record> RpmDatabase::read() {
  std::vector<Record> records;
  size_t room = kMostNames;
  auto done = image_.each([&](int64_t number, Bytes blob) {
    const std::string which = path_ + " (package " + std::to_string(number) + ")";
    if (records.size() >= kMostPackages) return problems_.add(which, "is one more than are read");
    auto header = RpmHeader::parse(blob);
    if (!header) return problems_.add(which, header.error().message);
    auto record = rpm_record(*header, room);
    if (!record) return problems_.add(which, "has no usable name");
    record->place = static_cast<uint64_t>(number);
    records.push_back(std::move(*record));
  });
  if (!done) problems_.add(path_, done.error().message);
  const std::string main = main_architecture(records);
  for (Record& record : records) record.foreign = record.package.architecture != main && record.package.architecture != "noarch";
  return records;
}

void RpmDatabase::paths(const Record& record, const PathVisitor& visit) {
  auto done = image_.one(static_cast<int64_t>(record.place), [&](int64_t, Bytes blob) {
    if (auto header = RpmHeader::parse(blob)) each_rpm_path(*header, visit);
  });
  if (!done) problems_.add(path_, done.error().message);
}

std::string RpmDatabase::text(const Record& record) {
  std::string line;
  auto done = image_.one(static_cast<int64_t>(record.place), [&](int64_t, Bytes blob) {
    if (auto header = RpmHeader::parse(blob)) line = rpm_manifest_line(*header);
  });
  if (!done) problems_.add(path_, done.error().message);
  return line;
}

// A database that is there and cannot be read: said, and empty.
class UnreadableDatabase final : public Database {
 public:
  PackageFormat format() const override { return PackageFormat::rpm; }
  std::vector<Record> read() override { return {}; }
  void paths(const Record&, const PathVisitor&) override {}
  std::string text(const Record&) override { return {}; }
};

std::unique_ptr<Database> open_image(Root& root, const std::string& path, const Node& node, Problems& problems) {
  auto refuse = [&](std::string_view message) {
    problems.add(path, message);
    return std::make_unique<UnreadableDatabase>();
  };
  auto file = root.open_file(node);
  if (!file) return refuse(file.error().message);
  auto content = read_all(**file, kMostDatabaseBytes);
  if (!content) return refuse(content.error().message);
  auto image = RpmImage::open(std::move(*content));
  if (!image) return refuse(image.error().message);
  const Node* log = root.walk(path + "-wal").node;
  if (log != nullptr && log->status().size > 0) {
    problems.add(path, "has changes in rpmdb.sqlite-wal that are not read; any rpm command run by root writes them into it");
  }
  return std::make_unique<RpmDatabase>(path, std::move(*image), problems);
}

}  // namespace

std::unique_ptr<Database> open_rpm(Root& root, Problems& problems) {
  for (const std::string directory : kRpmPlaces) {
    const std::string path = directory + "/rpmdb.sqlite";
    if (const Node* node = root.walk(path).node) return open_image(root, path, *node, problems);
  }
  for (const std::string directory : kRpmPlaces) {
    for (const auto& [name, kind] : {std::pair("Packages.db", "NDB"), std::pair("Packages", "Berkeley DB")}) {
      const std::string path = directory + "/" + name;
      const Node* node = root.walk(path).node;
      if (node == nullptr || !node->is_file()) continue;
      problems.add(path, std::string("an rpm database in the format ") + kind +
                             ", which is not read; rpmdb --rebuilddb of a newer rpm turns it into SQLite");
      return std::make_unique<UnreadableDatabase>();
    }
  }
  return nullptr;
}

}  // namespace rootlet::package
