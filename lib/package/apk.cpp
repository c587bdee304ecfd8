#include "package/apk.hpp"

#include "package/lines.hpp"
#include "package/places.hpp"

namespace rootlet::package {
namespace {

constexpr uint64_t kMostDatabaseBytes = 128 << 20;

// "so:libc.musl-x86_64.so.1", "busybox>=1.36", "cmd:sh=1.36.1-r2", "perl~5", "foo@testing", "!conflict"
void take_names(std::string_view list, std::vector<std::string>& names, size_t& room) {
  while (true) {
    const std::string_view item = take_item(list, " \t");
    if (item.empty()) return;
    if (item.front() != '!') add_name(names, before(item, "<>=~@"), room);
  }
}

bool is_field(std::string_view line) { return line.size() > 1 && line[1] == ':'; }

class ApkDatabase final : public Database {
 public:
  ApkDatabase(std::string path, std::string text, Problems& problems)
      : path_(std::move(path)), text_(std::move(text)), problems_(problems) {}

  PackageFormat format() const override { return PackageFormat::apk; }
  std::vector<Record> read() override {
    return parse_apk(text_, [this](std::string_view message) { problems_.add(path_, message); });
  }
  void paths(const Record& record, const PathVisitor& visit) override {
    each_apk_path(std::string_view(text_).substr(record.place), visit);
  }
  std::string text(const Record& record) override {
    std::string_view rest = std::string_view(text_).substr(record.place);
    const std::string_view from_here = rest;
    size_t length = 0;
    while (!rest.empty() && take_line(rest).size() >= 2) length = from_here.size() - rest.size();
    return std::string(from_here.substr(0, length));
  }

 private:
  std::string path_;
  std::string text_;
  Problems& problems_;
};

}  // namespace

std::vector<Record> parse_apk(std::string_view text, const std::function<void(std::string_view message)>& problem) {
  std::vector<Record> records;
  const std::string_view whole = text;
  Record record;
  size_t room = kMostNames;
  auto finish = [&](uint64_t next) {
    const bool named = is_plain_name(record.package.name);
    if (!named && !record.package.name.empty()) problem("a package of an impossible name is passed over");
    if (record.package.source.empty()) record.package.source = record.package.name;
    if (named) records.push_back(std::move(record));
    record = Record{};
    record.place = next;
  };
  while (!text.empty()) {
    if (records.size() >= kMostPackages) {
      problem("holds more packages than are read");
      return records;
    }
    const std::string_view line = take_line(text);
    if (line.size() < 2) {
      finish(whole.size() - text.size());
      continue;
    }
    if (!is_field(line)) continue;
    const std::string_view value = line.substr(2);
    switch (line[0]) {
      case 'P': record.package.name = value; break;
      case 'V': record.package.version = value; break;
      case 'A': record.package.architecture = value; break;
      case 'o': record.package.source = value; break;
      case 'D': take_names(value, record.package.depends, room); break;
      case 'p': take_names(value, record.provides, room); break;
      default: break;
    }
  }
  finish(whole.size());
  return records;
}

void each_apk_path(std::string_view text, const PathVisitor& visit) {
  std::string path = "/";
  size_t directory = 1;  // how much of `path` is the directory, with its slash
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.size() < 2) return;
    if (!is_field(line) || (line[0] != 'F' && line[0] != 'R')) continue;
    const std::string_view value = line.substr(2);
    if (line[0] == 'F') {
      directory = kMaxPath;  // no file fits behind a directory that is too long itself
      if (value.size() + 1 >= kMaxPath) continue;
      path = "/";
      path += value;
      visit(OwnedPath{path, path, OwnedPath::directory});
      if (path.size() > 1) path += '/';
      directory = path.size();
    } else if (!value.empty() && directory + value.size() < kMaxPath) {
      path.resize(directory);
      path += value;
      visit(OwnedPath{path, path, OwnedPath::file});
    }
  }
}

std::unique_ptr<Database> open_apk(Root& root, Problems& problems) {
  for (const char* place : kApkPlaces) {
    const std::string path = std::string(place) + "/installed";
    if (root.walk(path).node == nullptr) continue;
    TextFiles files(root, problems);
    auto text = files.read(path, kMostDatabaseBytes);
    return std::make_unique<ApkDatabase>(path, std::string(text.value_or("")), problems);
  }
  return nullptr;
}

}  // namespace rootlet::package
