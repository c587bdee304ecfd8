// Text databases that are cut short or altered: packages or problems, and never a byte read behind the end.
#include <gtest/gtest.h>

#include <functional>

#include "package/apk.hpp"
#include "package/ask.hpp"
#include "package/dpkg.hpp"
#include "package/fixtures.hpp"
#include "package/pacman.hpp"
#include "support/dice.hpp"
#include "support/guard_page.hpp"

namespace rootlet::test {
namespace {

using package::OwnedPath;

struct Parser {
  const char* name;
  std::string fixture;
  std::function<size_t(std::string_view)> read;  // how many items were found
};

void expect_path(std::string_view path) { EXPECT_TRUE(path.starts_with('/') && path.size() < kMaxPath) << path; }

template <typename Each>
std::function<size_t(std::string_view)> count_paths(Each each) {
  return [each](std::string_view text) {
    size_t count = 0;
    each(text, [&count](std::string_view path) { expect_path(path), ++count; });
    return count;
  };
}

size_t count_sums(std::string_view text) {
  size_t count = 0;
  package::each_summed_path(text, [&count](std::string_view path, std::string_view md5) {
    expect_path(path);
    EXPECT_EQ(md5.size(), 32u);
    ++count;
  });
  return count;
}

template <typename Each>
std::function<size_t(std::string_view)> count_owned(Each each) {
  return [each](std::string_view text) {
    size_t count = 0;
    each(text, [&count](const OwnedPath& owned) { expect_path(owned.path), ++count; });
    return count;
  };
}

size_t count_stanzas(std::string_view text) {
  size_t found = 0;
  package::each_stanza(text, [&found](const package::DpkgStanza& stanza) {
    std::vector<std::string> names;
    size_t room = 100;
    package::add_relations(stanza.depends, names, room);
    found += 1 + names.size() + package::has_files(stanza.status);
  });
  return found;
}

std::vector<Parser> parsers() {
  auto pacman_description = [](std::string_view text) {
    size_t room = 100;
    return package::parse_pacman_desc(text, room) ? size_t{1} : size_t{0};
  };
  return {{"status", kDpkgStatus, count_stanzas},
          {"diversions", "/bin/sh\n/bin/sh.distrib\ndash\n/a\n/b\n:\n", [](std::string_view text) { return package::Diversions(text).size(); }},
          {"list", "/.\n/usr\n/usr/bin\n/usr/bin/x\n", count_paths(package::each_listed_path)},
          {"md5sums", "0123456789abcdef0123456789abcdef  usr/bin/x\n0123456789abcdef0123456789abcdef  usr/bin/y\n", count_sums},
          {"apk", kApkInstalled, [](std::string_view text) { return package::parse_apk(text, [](std::string_view) {}).size(); }},
          {"apk paths", kApkInstalled, count_owned(package::each_apk_path)},
          {"desc", kPacmanDesc, pacman_description},
          {"files", kPacmanFiles, count_owned(package::each_pacman_path)}};
}

std::string mutate(std::string text, Dice& dice) {
  static const std::vector<std::string> pieces = {"\n", "\n\n", ":", "/", " ", "%", std::string(1, '\0'), ",", "|", "(", "..", "\t", "=",
                                                  std::string(5000, 'x'), "Package: ", "P:", "F:", "R:", "%FILES%\n"};
  for (size_t edits = dice.between(1, 5); edits > 0; --edits) {
    const size_t at = dice.below(text.size() + 1);
    switch (dice.below(4)) {
      case 0: text.insert(at, dice.pick(pieces)); break;
      case 1: text.erase(at, dice.between(1, 20)); break;
      case 2: text.insert(at, text.substr(dice.below(text.size() + 1), dice.below(200))); break;
      default: text.insert(at, 1, static_cast<char>(dice.below(256))); break;
    }
  }
  return text;
}

TEST(HostileText, EveryPrefixIsReadWithinItsEndAndHoldsNoMoreThanTheWhole) {
  for (const Parser& parser : parsers()) {
    SCOPED_TRACE(parser.name);
    GuardedBytes wall(parser.fixture.size());
    const size_t whole = parser.read(wall.place(parser.fixture).text());
    EXPECT_GT(whole, 0u);
    size_t last = 0;
    for (size_t length = 0; length <= parser.fixture.size(); ++length) {
      const size_t found = parser.read(wall.place(std::string_view(parser.fixture).substr(0, length)).text());
      // A name that is cut may be another one, so that one item may come and go.
      EXPECT_LE(last, found + 1) << length;
      EXPECT_LE(found, whole + 1) << length;
      last = found;
    }
    EXPECT_EQ(last, whole);
    EXPECT_EQ(parser.read(""), 0u);
  }
}

TEST(HostileText, AlteredTextIsReadWithinItsEnd) {
  for (const Parser& parser : parsers()) {
    SCOPED_TRACE(parser.name);
    GuardedBytes wall(parser.fixture.size() + (64 << 10));
    Dice dice(1);
    size_t found = 0;
    for (int round = 0; round < 3000; ++round) found += parser.read(wall.place(mutate(parser.fixture, dice)).text());
    EXPECT_GT(found, 2000u);
  }
}

TEST(HostileText, AlteredDatabasesAnswerEveryQuestion) {
  Dice dice(2);
  for (const MemoryTree& tree : {dpkg_tree(), apk_tree(), pacman_tree()}) {
    std::vector<std::string> paths;
    for (const auto& [path, item] : tree.items()) {
      if (item.status.type == NodeType::file) paths.push_back(path);
    }
    size_t different = 0;
    Root whole = Root::in_memory(tree);
    const std::string answer = ask_everything(whole);
    for (int round = 0; round < 1000; ++round) {
      MemoryTree changed = tree;
      for (size_t edits = dice.between(1, 3); edits > 0; --edits) {
        const std::string& path = dice.pick(paths);
        changed.file(path, mutate(changed.items().at(path).content, dice));
      }
      Root root = Root::in_memory(std::move(changed));
      different += ask_everything(root) != answer;
      ASSERT_FALSE(testing::Test::HasFailure()) << "in round " << round;
    }
    EXPECT_GT(different, 300u);
  }
}

// 50,000 packages that all ask for what all provide once took a minute and a half.
TEST(HostileText, AMillionNamesAndPathsEndInBoundsAndInTime) {
  std::string depends = "P:a\nD:", provides = "\np:", paths = "\n", others;
  for (int i = 0; i < 300'000; ++i) {
    depends += "n" + std::to_string(i) + " ";
    provides += "n" + std::to_string(i) + " ";
    paths += "F:d" + std::to_string(i) + "\nR:f\n";
  }
  for (int i = 0; i < 50'000; ++i) others += "\nP:b" + std::to_string(i) + "\np:shared\nD:shared n1\n";
  Root root = Root::in_memory(apk_tree(depends + provides + paths + others));
  PackageDatabase database(root);
  EXPECT_EQ(database.packages().size(), 50'001u);
  EXPECT_EQ(owner(database, "/d299999/f"), "a");
  const Package* last = database.find("b49999");
  ASSERT_NE(last, nullptr);
  EXPECT_EQ(last->depends.size(), 65u);  // those that provide "shared" up to a bound, and who provides "n1"
  for (const Package* package : database.packages()) database.files(*package);
}

TEST(HostileText, ManyPackagesOfOneNameAreAllTheirOwn) {
  std::string installed;
  for (int i = 0; i < 50'000; ++i) installed += "P:a\nV:" + std::to_string(i) + "\nF:bin\nR:f" + std::to_string(i) + "\n\n";
  Root root = Root::in_memory(apk_tree(installed));
  PackageDatabase database(root);
  for (const Package* package : database.packages()) ASSERT_EQ(database.files(*package), Lines{"/bin/f" + package->version});
  const Package copy = *database.packages()[7];
  EXPECT_EQ(database.files(copy), Lines{"/bin/f7"});
}

TEST(HostileText, FilesLargerThanTheirBoundAreAProblem) {
  MemoryTree tree = dpkg_tree();
  tree.file("/var/lib/dpkg/info/tool.list", std::string((64 << 20) + 1, '/'));
  Root root = Root::in_memory(std::move(tree));
  PackageDatabase database(root);
  EXPECT_EQ(owner(database, "/lib/libc.so.6"), "libc6");
  ASSERT_GE(database.problems().size(), 1u);
  EXPECT_TRUE(database.problems()[0].starts_with("/var/lib/dpkg/info/tool.list: holds 67108865 bytes")) << database.problems()[0];
}

TEST(HostileText, ProblemsAreListedUpToAHundred) {
  std::string status;
  for (int i = 0; i < 500; ++i) status += "Package: /bad\nVersion: 1\n\n";
  Root root = Root::in_memory(MemoryTree().file("/var/lib/dpkg/status", status));
  PackageDatabase database(root);
  EXPECT_EQ(database.packages().size(), 0u);
  EXPECT_EQ(database.problems().size(), 101u);
  EXPECT_EQ(database.problems().back(), "package database: further problems are not listed");
}

TEST(HostileText, WithoutADatabaseThereIsNoPackage) {
  Root root = Root::in_memory(MemoryTree().directory("/var/lib/dpkg").file("/var/lib/pacman/local", "a file"));
  PackageDatabase database(root);
  EXPECT_EQ(database.format(), PackageFormat::none);
  EXPECT_EQ(database.owner("/usr/bin/x"), nullptr);
  EXPECT_EQ(database.find("x"), nullptr);
  EXPECT_EQ(database.find(":"), nullptr);
  EXPECT_EQ(database.packages().size(), 0u);
  EXPECT_EQ(database.files(Package{}), Lines{});
  EXPECT_EQ(database.problems(), Lines{});
}

TEST(HostileText, AnEmptyDatabaseGivesWayToOneWithPackages) {
  Root root = Root::in_memory(apk_tree().file("/var/lib/dpkg/status", ""));
  PackageDatabase database(root);
  EXPECT_EQ(database.format(), PackageFormat::apk);
  Root empty = Root::in_memory(MemoryTree().file("/var/lib/dpkg/status", ""));
  EXPECT_EQ(PackageDatabase(empty).format(), PackageFormat::dpkg);
}

}  // namespace
}  // namespace rootlet::test
