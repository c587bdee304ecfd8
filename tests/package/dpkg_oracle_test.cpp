// This machine's dpkg database, beside what dpkg itself says of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/filesystem.hpp>
#include <cstring>
#include <map>
#include <set>

#include "package/ask.hpp"
#include "package/lines.hpp"
#include "support/temporary.hpp"

namespace rootlet::test {
namespace {

Lines lines_of(const std::string& text) {
  Lines lines;
  std::string_view rest = text;
  while (!rest.empty()) lines.emplace_back(package::take_line(rest));
  return lines;
}

struct Machine {
  Machine() : root(*Root::open("/")), database(root) {
    const CommandResult known = run_command({"dpkg-query", "-W", "-f", "${binary:Package}\t${Version}\t${Architecture}\t${source:Package}\t${db:Status-Status}\n"});
    EXPECT_EQ(known.status, 0) << known.err;
    for (const std::string& line : lines_of(known.out)) {
      std::string_view rest = line;
      std::vector<std::string> fields;
      while (fields.size() < 5) fields.emplace_back(package::take_item(rest, "\t"));
      if (fields[4] == "config-files" || fields[4] == "not-installed") continue;
      const std::string name = fields[0].substr(0, fields[0].find(':'));
      packages.push_back(name + " " + fields[1] + " " + fields[2] + " (" + fields[3] + ")");
      qualified[fields[0]] = name + ":" + fields[2];
    }
    std::sort(packages.begin(), packages.end());
  }

  Root root;
  PackageDatabase database;
  Lines packages;
  std::map<std::string, std::string> qualified;  // by the name as dpkg prints it: NAME:ARCH
};

// Built once: dpkg's own answers take time.
Machine& machine() {
  static Machine the_machine;
  return the_machine;
}

std::string qualified(const Package* package) { return package == nullptr ? "nobody" : package->name + ":" + package->architecture; }

// Both spellings of a path that a merged /usr gives two.
Lines spellings(const std::string& path) {
  for (const char* top : {"/bin/", "/sbin/", "/lib/", "/lib32/", "/lib64/", "/libx32/"}) {
    if (!boost::filesystem::is_symlink(std::string(top, std::strlen(top) - 1))) continue;
    if (path.starts_with(top)) return {path, "/usr" + path};
    if (path.starts_with("/usr" + std::string(top))) return {path, path.substr(4)};
  }
  return {path};
}

// Who owns each path, as `dpkg -S` prints it: "a, b:amd64: /path", and of diversions "diversion by NAME from: /path".
struct Searched {
  std::map<std::string, std::set<std::string>> owners;
  std::map<std::string, std::string> diverted_by;
};

Searched search(const Lines& paths) {
  std::vector<std::string> command = {"dpkg", "-S"};
  for (const std::string& path : paths) {
    for (const std::string& spelling : spellings(path)) command.push_back(spelling);
  }
  Searched searched;
  for (const std::string& line : lines_of(run_command(command).out)) {
    const size_t colon = line.find(": /");
    if (colon == std::string::npos) continue;
    const std::string path = line.substr(colon + 2);
    std::string_view names = std::string_view(line).substr(0, colon);
    if (names.starts_with("diversion by ")) {
      if (names.ends_with(" from")) searched.diverted_by[path] = names.substr(13, names.size() - 18);
      continue;
    }
    while (true) {
      const std::string name(package::take_item(names, ", "));
      if (name.empty()) break;
      searched.owners[path].insert(machine().qualified.at(name));
    }
  }
  return searched;
}

// The first by name, and of one name the system's own architecture.
std::string first(const std::set<std::string>& owners) {
  std::set<std::pair<std::string, std::string>> by_name;
  for (const std::string& owner : owners) by_name.emplace(owner.substr(0, owner.find(':')), owner);
  if (by_name.empty()) return "nobody";
  const auto& [name, owner] = *by_name.begin();
  const Package* own = machine().database.find(name);
  return own != nullptr && owners.contains(qualified(own)) ? qualified(own) : owner;
}

// So many paths of all lists, at equal distances. None that dpkg would take for a pattern.
Lines sample(size_t wanted) {
  Lines lists, all, some;
  for (const auto& item : boost::filesystem::directory_iterator("/var/lib/dpkg/info")) {
    if (item.path().extension() == ".list") lists.push_back(item.path().string());
  }
  std::sort(lists.begin(), lists.end());
  for (const std::string& list : lists) {
    for (std::string& line : lines_of(read_file(list))) {
      if (line != "/." && line.find_first_of("*?[\\") == std::string::npos) all.push_back(std::move(line));
    }
  }
  for (size_t i = 0; i < wanted; ++i) some.push_back(all[i * all.size() / wanted]);
  return some;
}

void expect_owners_of_dpkg(const Lines& paths, size_t least_owned) {
  const Searched searched = search(paths);
  size_t owned = 0;
  for (const std::string& path : paths) {
    std::set<std::string> expected;
    for (const std::string& spelling : spellings(path)) {
      auto of_spelling = searched.owners.find(spelling);
      if (of_spelling == searched.owners.end()) continue;
      auto diverted = searched.diverted_by.find(spelling);
      for (const std::string& owner : of_spelling->second) {
        if (diverted == searched.diverted_by.end() || owner.substr(0, owner.find(':')) == diverted->second) expected.insert(owner);
      }
    }
    owned += expected.size();
    for (const std::string& spelling : spellings(path)) EXPECT_EQ(qualified(machine().database.owner(spelling)), first(expected)) << spelling;
  }
  EXPECT_GE(owned, least_owned);
}

TEST(DpkgOracle, ThePackagesAreThoseOfDpkgQuery) {
  Lines ours;
  for (const Package* package : machine().database.packages()) {
    ours.push_back(package->name + " " + package->version + " " + package->architecture + " (" + package->source + ")");
  }
  std::sort(ours.begin(), ours.end());
  EXPECT_GT(ours.size(), 100u);
  EXPECT_EQ(ours, machine().packages);
  EXPECT_EQ(machine().database.problems(), Lines{});
}

TEST(DpkgOracle, FilesAndDirectoriesHaveTheOwnersOfDpkgSearch) { expect_owners_of_dpkg(sample(600), 600); }

TEST(DpkgOracle, DirectoriesOfManyHaveTheFirstByName) {
  expect_owners_of_dpkg({"/usr", "/lib", "/usr/lib", "/bin", "/etc", "/usr/share/doc", "/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/var/lib"}, 100);
}

TEST(DpkgOracle, DivertedFilesBelongToWhoDivertedThem) {
  Lines paths;
  const Lines diversions = lines_of(read_file("/var/lib/dpkg/diversions"));
  for (size_t i = 0; i + 2 < diversions.size(); i += 3) paths.push_back(diversions[i]);
  ASSERT_FALSE(paths.empty());
  expect_owners_of_dpkg(paths, 1);
}

TEST(DpkgOracle, PathsOfNoPackageHaveNoOwner) {
  expect_owners_of_dpkg({"/no/such/path", "/usr/bin/no-such-program", "/etc/hostname", "/var/lib/dpkg/status", "/proc/self", "/lib/no"}, 0);
}

// What `dpkg -L` prints of a package, without paths that others of it lie below and without directories of this machine.
Lines listed_files(const Package& package) {
  const std::string name = package.architecture == "all" ? package.name : qualified(&package);
  std::set<std::string> listed, parents;
  for (std::string& line : lines_of(run_command({"dpkg", "-L", name}).out)) {
    if (!line.starts_with('/') || line == "/.") continue;
    for (size_t slash = line.rfind('/'); slash > 0; slash = line.rfind('/', slash - 1)) parents.insert(line.substr(0, slash));
    listed.insert(std::move(line));
  }
  Lines files;
  for (const std::string& path : listed) {
    boost::system::error_code ignored;
    const bool directory = boost::filesystem::symlink_status(path, ignored).type() == boost::filesystem::directory_file;
    if (!directory && !parents.contains(path)) files.push_back(path);
  }
  return files;
}

TEST(DpkgOracle, TheFilesOfAPackageAreThoseOfDpkgListWithoutDirectories) {
  const std::vector<const Package*> all = machine().database.packages();
  size_t compared = 0;
  for (size_t i = 0; i < all.size(); i += 1 + all.size() / 40) {
    const Lines ours = machine().database.files(*all[i]);
    EXPECT_EQ(ours, listed_files(*all[i])) << all[i]->name;
    compared += ours.size();
  }
  EXPECT_GT(compared, 500u);
}

TEST(DpkgOracle, EveryDependencyIsInstalledAndAskedFor) {
  size_t dependencies = 0;
  for (const Package* package : machine().database.packages()) {
    for (const std::string& name : package->depends) {
      ++dependencies;
      ASSERT_NE(machine().database.find(name), nullptr) << package->name << " -> " << name;
    }
  }
  EXPECT_GT(dependencies, 500u);
  const std::string asked = run_command({"dpkg-query", "-W", "-f", "${Pre-Depends}, ${Depends}", "apt"}).out;
  const Package* apt = machine().database.find("apt");
  ASSERT_NE(apt, nullptr);
  EXPECT_GE(apt->depends.size(), 5u);
  for (const std::string& name : apt->depends) EXPECT_NE(asked.find(name), std::string::npos) << name;
}

}  // namespace
}  // namespace rootlet::test
