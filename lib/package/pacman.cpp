#include "package/pacman.hpp"

#include <algorithm>

#include "package/lines.hpp"
#include "package/places.hpp"

namespace rootlet::package {
namespace {

constexpr uint64_t kMostFileBytes = 64 << 20;

// A name ends before these: "glibc>=2.38", "libreadline.so=8-64".
constexpr std::string_view kVersionFollows = "<>=";

bool is_header(std::string_view line) { return line.size() > 2 && line.front() == '%' && line.back() == '%'; }

class PacmanDatabase final : public Database {
 public:
  PacmanDatabase(Root& root, Problems& problems, const Node& local) : root_(root), problems_(problems), files_(root, problems), local_(local) {}

  PackageFormat format() const override { return PackageFormat::pacman; }

  std::vector<Record> read() override {
    std::vector<Record> records;
    auto names = root_.list(local_);
    if (!names) return problems_.add(local_.path(), names.error().message), records;
    if (names->size() > kMostPackages) problems_.add(local_.path(), "holds more packages than are read");
    names->resize(std::min(names->size(), kMostPackages));
    for (std::string& name : *names) {
      auto text = files_.read(name + "/desc", kMostFileBytes, &local_);
      if (!text) continue;
      auto record = parse_pacman_desc(*text, room_);
      if (!record) {
        problems_.add(local_.path() + "/" + name + "/desc", "names no package");
        continue;
      }
      record->place = directories_.size();
      directories_.push_back(std::move(name));
      records.push_back(std::move(*record));
    }
    return records;
  }

  void paths(const Record& record, const PathVisitor& visit) override {
    if (auto text = files_.read(directories_[record.place] + "/files", kMostFileBytes, &local_)) each_pacman_path(*text, visit);
  }

  std::string text(const Record& record) override {
    return std::string(files_.read(directories_[record.place] + "/desc", kMostFileBytes, &local_).value_or(""));
  }

 private:
  Root& root_;
  Problems& problems_;
  TextFiles files_;
  const Node& local_;
  std::vector<std::string> directories_;  // by Record::place: "zlib-1:1.3.1-2"
  size_t room_ = kMostNames;
};

}  // namespace

std::optional<Record> parse_pacman_desc(std::string_view text, size_t& room) {
  Record record;
  std::string_view section;
  while (!text.empty()) {
    const std::string_view line = trim(take_line(text));
    if (line.empty()) continue;
    if (is_header(line)) {
      section = line;
    } else if (section == "%NAME%") {
      record.package.name = line;
    } else if (section == "%VERSION%") {
      record.package.version = line;
    } else if (section == "%ARCH%") {
      record.package.architecture = line;
    } else if (section == "%BASE%") {
      record.package.source = line;
    } else if (section == "%DEPENDS%") {
      add_name(record.package.depends, before(line, kVersionFollows), room);
    } else if (section == "%PROVIDES%") {
      add_name(record.provides, before(line, kVersionFollows), room);
    }
  }
  if (!is_plain_name(record.package.name)) return std::nullopt;
  if (record.package.source.empty()) record.package.source = record.package.name;
  return record;
}

void each_pacman_path(std::string_view text, const PathVisitor& visit) {
  bool files = false;
  std::string path;
  while (!text.empty()) {
    std::string_view line = take_line(text);
    if (is_header(line)) {
      files = line == "%FILES%";
      continue;
    }
    if (!files || line.empty() || line.front() == '/' || line.size() + 1 >= kMaxPath) continue;
    const bool directory = line.back() == '/';
    path = "/";
    path += line.substr(0, line.size() - (directory ? 1 : 0));
    visit(OwnedPath{path, path, directory ? OwnedPath::directory : OwnedPath::file});
  }
}

std::unique_ptr<Database> open_pacman(Root& root, Problems& problems) {
  const Node* local = root.walk(kPacmanPlace).node;
  return local == nullptr || !local->is_directory() ? nullptr : std::make_unique<PacmanDatabase>(root, problems, *local);
}

}  // namespace rootlet::package
