// Package databases: the first byte chooses a parser, the rest is its text or bytes.
#include <algorithm>

#include "fuzz/target.hpp"
#include "package/apk.hpp"
#include "package/dpkg.hpp"
#include "package/fixtures.hpp"
#include "package/pacman.hpp"
#include "package/rpm_header.hpp"
#include "package/rpm_header_builder.hpp"

using namespace rootlet;
using namespace rootlet::package;

namespace {

constexpr size_t kRoom = 1000;

void check_path(std::string_view path) {
  fuzz::require(path.starts_with('/') && path.size() < kMaxPath, "a path is absolute and no longer than a path can be");
}

void check_owned(const OwnedPath& owned) { check_path(owned.path); }

void check_names(const std::vector<std::string>& names, size_t room) {
  fuzz::require(names.size() + room == kRoom, "every name was counted");
  for (const std::string& name : names) fuzz::require(!name.empty(), "a name has a character");
}

void stanzas(std::string_view text) {
  each_stanza(text, [](const DpkgStanza& stanza) {
    fuzz::require(!stanza.package.empty(), "a stanza names a package");
    size_t room = kRoom;
    std::vector<std::string> names;
    add_relations(stanza.depends, names, room);
    check_names(names, room);
    has_files(stanza.status);
  });
}

void header(std::string_view bytes) {
  auto parsed = RpmHeader::parse(Bytes(bytes));
  if (!parsed) return;
  size_t room = kRoom;
  rpm_record(*parsed, room);
  each_rpm_path(*parsed, check_owned);
  const std::string line = rpm_manifest_line(*parsed);
  fuzz::require(line.empty() || std::count(line.begin(), line.end(), '\t') == 9, "a line has ten fields");
  fuzz::require(line.find('\n') == std::string::npos, "a line is one line");
}

void requirement(std::string_view text) {
  size_t room = kRoom;
  std::vector<std::string> names;
  add_rpm_requirement(text, names, room);
  check_names(names, room);
}

void description(std::string_view text) {
  size_t room = kRoom;
  parse_pacman_desc(text, room);
}

// A whole database with this one file in it, asked everything.
void database(std::string_view text, const char* path) {
  MemoryTree tree;
  tree.symlink("/lib", "usr/lib").directory("/usr/lib").file(path, std::string(text));
  tree.file("/var/lib/dpkg/info/a.list", "/.\n/lib/a\n/usr/lib/b\n");
  Root root = Root::in_memory(std::move(tree));
  PackageDatabase database(root);
  for (const Package* package : database.packages()) {
    fuzz::require(database.find(package->name) != nullptr, "a package is found by its name");
    for (const std::string& name : package->depends) fuzz::require(database.find(name) != nullptr, "a dependency is installed");
    for (const std::string& file : database.files(*package)) database.owner(file), is_runtime_path(file);
    database.record(*package), database.sums(*package);
  }
  fuzz::require(database.problems().size() <= 101, "problems are bounded");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text = fuzz::as_text(data + 1, size - 1);
  switch (data[0] % 14) {
    case 0: stanzas(text); break;
    case 1: Diversions(text).place("/bin/sh", "dash"); break;
    case 2: each_listed_path(text, check_path); break;
    case 3: each_summed_path(text, [](std::string_view path, std::string_view) { check_path(path); }); break;
    case 4: parse_apk(text, [](std::string_view) {}); break;
    case 5: each_apk_path(text, check_owned); break;
    case 6: description(text); break;
    case 7: each_pacman_path(text, check_owned); break;
    case 8: header(text); break;
    case 9: requirement(text); break;
    case 10: database(text, "/var/lib/dpkg/status"); break;
    case 11: database(text, "/usr/lib/apk/db/installed"); break;
    case 12: database(text, "/var/lib/pacman/local/a-1-1/desc"); break;
    default: database(text, "/var/lib/rpm/rpmdb.sqlite"); break;
  }
  return 0;
}

std::vector<std::string> fuzz::seeds() {
  const std::string sum = "0123456789abcdef0123456789abcdef";
  std::vector<std::string> seeds = {test::kDpkgStatus,
                                    "/bin/sh\n/bin/sh.distrib\ndash\n/a\n/b\n:\n",
                                    "/.\n/usr\n/usr/bin\n/usr/bin/x\n",
                                    sum + "  usr/bin/x\n" + sum + " *./y\n",
                                    test::kApkInstalled,
                                    test::kApkInstalled,
                                    test::kPacmanDesc,
                                    test::kPacmanFiles,
                                    test::sample_rpm_header().blob(),
                                    "((python3dist(x) >= 1 with b < 2) or c if d else e)",
                                    test::kDpkgStatus,
                                    test::kApkInstalled,
                                    test::kPacmanDesc,
                                    std::string("SQLite format 3\0\x02\0\x01\x01\0\x40\x20\x20", 24) + std::string(488, '\0')};
  for (size_t i = 0; i < seeds.size(); ++i) seeds[i].insert(seeds[i].begin(), static_cast<char>(i));
  return seeds;
}
