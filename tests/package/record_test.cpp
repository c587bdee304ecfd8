// What databases say of a package, given on in their own words.
#include <gtest/gtest.h>

#include "package/ask.hpp"
#include "package/fixtures.hpp"
#include "package/rpm_header_builder.hpp"

namespace rootlet::test {
namespace {

using package::RpmTag;

struct Asked {
  explicit Asked(const MemoryTree& tree) : root(Root::in_memory(tree)), database(root) {}
  std::string record(std::string_view name) {
    const Package* package = database.find(name);
    return package == nullptr ? "no such package" : database.record(*package);
  }
  std::string sums(std::string_view name) {
    std::string all;
    if (const Package* package = database.find(name)) {
      for (const auto& [path, md5] : database.sums(*package)) all += path + " " + md5 + "\n";
    }
    return all;
  }
  Root root;
  PackageDatabase database;
};

std::string part(std::string_view text, std::string_view from, std::string_view to) {
  const size_t start = text.find(from), end = text.find(to, start);
  return std::string(text.substr(start, end == std::string_view::npos ? end : end - start));
}

TEST(Record, OfDpkgIsTheStanzaWithItsLastNewline) {
  Asked asked(dpkg_tree());
  const std::string status = kDpkgStatus;
  EXPECT_EQ(asked.record("libc6"), part(status, "Package: libc6", "\nPackage: libgcc-s1"));
  EXPECT_EQ(asked.record("mailer"), part(status, "Package: mailer", "\nPackage: removed"));
  EXPECT_EQ(asked.record("removed"), "no such package");
}

TEST(Record, OfDpkgIsThatOfTheUpdateWhichIsNotYetInStatus) {
  Asked asked(dpkg_tree().file("/var/lib/dpkg/updates/0001", "Package: mailer\nStatus: install ok installed\nArchitecture: amd64\nVersion: 4"));
  EXPECT_EQ(asked.record("mailer"), "Package: mailer\nStatus: install ok installed\nArchitecture: amd64\nVersion: 4");
}

TEST(Record, SumsAreByThePlaceWhereAFileStands) {
  const std::string a(32, 'a'), b(32, 'b'), c(32, 'c');
  MemoryTree tree = dpkg_tree().symlink("/lib", "usr/lib").directory("/usr/lib");
  tree.file("/var/lib/dpkg/info/libc6:amd64.md5sums", a + "  lib/libc.so.6\n" + "nonsense\n" + std::string(32, 'g') + "  lib/bad\n" + b + " *usr/share/doc/libc6/x\n");
  tree.file("/var/lib/dpkg/info/tool.md5sums", c + "  usr/bin/mail\n");
  Asked asked(tree);
  EXPECT_EQ(asked.sums("libc6"), "/usr/lib/libc.so.6 " + a + "\n/usr/share/doc/libc6/x " + b + "\n");
  EXPECT_EQ(asked.sums("tool"), "/usr/bin/mail.distrib " + c + "\n");
  EXPECT_EQ(asked.sums("mailer"), "");
  EXPECT_EQ(asked.database.canonical("/lib/x"), "/usr/lib/x");
}

TEST(Record, OfDistrolessHasItsSumsBesideIt) {
  const std::string a(32, 'a');
  Asked asked(MemoryTree().file("/var/lib/dpkg/status.d/base", "Package: base\nVersion: 1\nArchitecture: amd64\n").file("/var/lib/dpkg/status.d/base.md5sums", a + "  usr/bin/x\n"));
  EXPECT_EQ(asked.record("base"), "Package: base\nVersion: 1\nArchitecture: amd64\n");
  EXPECT_EQ(asked.sums("base"), "/usr/bin/x " + a + "\n");
}

TEST(Record, OfApkEndsBeforeTheEmptyLine) {
  Asked asked(apk_tree());
  EXPECT_EQ(asked.record("musl"), part(kApkInstalled, "C:Q1Du", "\nC:Q1gbE"));
  EXPECT_EQ(asked.record("tool"), part(std::string(kApkInstalled).substr(0, std::string(kApkInstalled).size() - 1), "C:Q1abc", "nowhere"));
  EXPECT_EQ(Asked(apk_tree("P:one\nV:1\nF:bin\nR:x")).record("one"), "P:one\nV:1\nF:bin\nR:x");
}

TEST(Record, OfPacmanIsItsDescription) {
  EXPECT_EQ(Asked(pacman_tree()).record("bash"), kPacmanDesc);
}

std::string line_of(const RpmHeaderBuilder& builder) {
  const std::string blob = builder.blob();
  return package::rpm_manifest_line(*package::RpmHeader::parse(Bytes(blob)));
}

// What rpm prints for the same is in tests/scanners.
TEST(Record, OfRpmHasTenFieldsWhateverIsNotThere) {
  RpmHeaderBuilder full = sample_rpm_header();
  full.numbers(RpmTag::build_time, {1'700'000'000}).numbers(RpmTag::size, {4'000'000'000}).string(RpmTag::vendor, "A\tvendor\nof two lines");
  EXPECT_EQ(line_of(full), "tool\t1.2-3.fc40\t1700000000\t1700000000\tA vendor of two lines\t1\t4000000000\tx86_64\t1\ttool-suite-1.2-3.fc40.src.rpm");
  RpmHeaderBuilder bare;
  bare.string(RpmTag::name, "own").string(RpmTag::version, "1").string(RpmTag::release, "2");
  EXPECT_EQ(line_of(bare), "own\t1-2\t0\t0\t(none)\t(none)\t(none)\t(none)\t0\town-1-2.src.rpm");
}

TEST(Record, OfRpmIsEmptyForAVersionThatReadersWouldMistake) {
  for (const auto& [version, release] : {std::pair("1-2", "3"), std::pair("1", "2-3"), std::pair("", "1"), std::pair("1", "")}) {
    RpmHeaderBuilder builder;
    builder.string(RpmTag::name, "own").string(RpmTag::version, version).string(RpmTag::release, release);
    EXPECT_EQ(line_of(builder), "") << version << " " << release;
  }
}

}  // namespace
}  // namespace rootlet::test
