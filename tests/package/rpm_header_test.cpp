#include "package/rpm_header.hpp"

#include <gtest/gtest.h>

#include "package/ask.hpp"
#include "package/rpm_header_builder.hpp"
#include "support/dice.hpp"
#include "support/guard_page.hpp"

namespace rootlet::test {
namespace {

using package::OwnedPath;
using package::RpmHeader;
using package::RpmTag;

// All that the library reads of a header: the package, its names, its paths.
std::string read(Bytes blob) {
  auto header = RpmHeader::parse(blob);
  if (!header) return "error " + header.error().message;
  size_t room = 1000;
  auto record = package::rpm_record(*header, room);
  std::string text = record ? spell(&record->package) : "no package";
  if (record) {
    for (const std::string& name : record->provides) text += " +" + name;
  }
  package::each_rpm_path(*header, [&](const OwnedPath& owned) {
    text += "\n" + std::string(owned.path) + (owned.kind == OwnedPath::directory ? "/" : owned.kind == OwnedPath::unknown ? "?" : "");
    if (owned.place.empty()) text += " not installed";
  });
  return text;
}

std::string read(const std::string& blob) { return read(Bytes(std::string_view(blob))); }

Lines names(std::string_view requirement) {
  Lines found;
  size_t room = 100;
  package::add_rpm_requirement(requirement, found, room);
  return found;
}

TEST(RpmHeader, IsThePackageWithItsPathsInTheirDirectories) {
  EXPECT_EQ(read(sample_rpm_header().blob()),
            "tool 1:1.2-3.fc40 x86_64 (tool-suite) -> libc.so.6()(64bit), /bin/sh, rpmlib(CompressedFileNames) +tool +tool(x86-64) +virtual\n"
            "/usr/bin/tool\n/usr/share/doc/tool/README not installed\n/usr/share/tool/\n/usr/bin/link");
}

TEST(RpmHeader, WithoutEpochSourceModesAndStatesItSaysWhatItKnows) {
  RpmHeaderBuilder builder;
  builder.string(RpmTag::name, "a").string(RpmTag::version, "1").string(RpmTag::release, "2");
  builder.numbers(RpmTag::directory_indexes, {0}).strings(RpmTag::base_names, {"x"}).strings(RpmTag::directory_names, {"/"});
  EXPECT_EQ(read(builder.blob()), "a 1-2  (a)\n/x?");
}

TEST(RpmHeader, TheSourceIsTheNameBeforeVersionAndRelease) {
  auto source = [](const char* source_rpm) {
    auto text = read(RpmHeaderBuilder().string(RpmTag::name, "name").string(RpmTag::source_rpm, source_rpm).blob());
    return text.substr(text.find('(') + 1, text.find(')') - text.find('(') - 1);
  };
  EXPECT_EQ(source("gcc-c++-12.2-1.src.rpm"), "gcc-c++");
  EXPECT_EQ(source("a-1-2.src.rpm"), "a");
  for (const char* odd : {"", "-", "a", "a-1", "-1-2", "--", "(none)"}) EXPECT_EQ(source(odd), "name") << odd;
}

TEST(RpmHeader, FieldsOfAnotherTypeOrBeyondTheDataAreNotThere) {
  RpmHeaderBuilder builder;
  builder.string(RpmTag::name, "a").numbers(RpmTag::version, {1}).string(RpmTag::epoch, "1").entry(RpmTag::release, 6, 1, "no end");
  EXPECT_EQ(read(builder.blob()), "a -  (a)");
  // Two directories are promised and one is there.
  RpmHeaderBuilder cut;
  cut.string(RpmTag::name, "a").numbers(RpmTag::directory_indexes, {0}).strings(RpmTag::base_names, {"x"});
  cut.entry(RpmTag::directory_names, 8, 2, std::string_view("/usr/\0", 6));
  EXPECT_EQ(read(cut.blob()), "a -  (a)");
}

TEST(RpmHeader, PathsThatCannotBeAreLeftOut) {
  RpmHeaderBuilder builder;
  builder.string(RpmTag::name, "a").numbers(RpmTag::directory_indexes, {0, 1, 2, 9, 3}).strings(RpmTag::base_names, {"a", "b", "c", "d", "e", "f"});
  builder.strings(RpmTag::directory_names, {"/usr/", "relative/", "/" + std::string(5000, 'x') + "/", "/"});
  EXPECT_EQ(read(builder.blob()), "a -  (a)\n/usr/a?\n/e?");
}

TEST(RpmHeader, TheErrorSaysWhatExceedsWhat) {
  EXPECT_EQ(read(std::string("\0\0\0", 3)), "error header too short: 3 of the 8 bytes of its intro");
  EXPECT_EQ(read(RpmHeaderBuilder::big(2) + RpmHeaderBuilder::big(100)), "error 2 entries at 0x8 and 100 bytes of data exceed header of 8 bytes");
  EXPECT_EQ(read(RpmHeaderBuilder::big(0x10000) + RpmHeaderBuilder::big(0)), "error header has 65536 entries");
  EXPECT_EQ(read(RpmHeaderBuilder::big(0xffffffff) + RpmHeaderBuilder::big(0xffffffff)), "error header has 4294967295 entries");
}

TEST(RpmHeader, EveryPrefixIsAnErrorAndNothingBehindTheEndIsRead) {
  const std::string blob = sample_rpm_header().blob();
  GuardedBytes wall(blob.size());
  for (size_t length = 0; length < blob.size(); ++length) {
    EXPECT_TRUE(read(wall.place(blob.substr(0, length))).starts_with("error ")) << length;
  }
  EXPECT_FALSE(read(wall.place(blob)).starts_with("error "));
}

TEST(RpmHeader, EveryFieldOfTheIndexAtEveryEdgeIsReadWithinTheBlob) {
  const std::string blob = sample_rpm_header().blob();
  const size_t index_end = 8 + 16 * 13;
  GuardedBytes wall(blob.size());
  const std::string whole = read(blob);
  size_t different = 0;
  for (size_t at = 0; at < index_end; at += 4) {
    for (uint32_t value : {0u, 1u, 4u, 8u, 9u, 0x7fffffffu, 0x80000000u, 0xffffffffu, 0xfffffu, 0x100000u, static_cast<uint32_t>(blob.size() - index_end)}) {
      std::string changed = blob;
      changed.replace(at, 4, RpmHeaderBuilder::big(value));
      different += read(wall.place(changed)) != whole;
    }
  }
  EXPECT_GT(different, 300u);
}

TEST(RpmHeader, AlteredBlobsAreReadWithinTheirEnd) {
  const std::string blob = sample_rpm_header().blob();
  GuardedBytes wall(blob.size());
  Dice dice(1);
  size_t errors = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string changed = blob;
    for (size_t edits = dice.between(1, 6); edits > 0; --edits) changed[dice.below(changed.size())] = static_cast<char>(dice.below(256));
    if (dice.percent(20)) changed.resize(dice.below(changed.size()));
    errors += read(wall.place(changed)).starts_with("error ");
  }
  EXPECT_GT(errors, 1000u);
  EXPECT_LT(errors, 19'000u);
}

TEST(RpmRequirement, IsANameOrTheOperandsOfARichDependency) {
  EXPECT_EQ(names("libc.so.6(GLIBC_2.34)(64bit)"), Lines{"libc.so.6(GLIBC_2.34)(64bit)"});
  EXPECT_EQ(names("(a or b)"), (Lines{"a", "b"}));
  EXPECT_EQ(names("(a >= 1.0 with a < 2.0~)"), (Lines{"a", "a"}));
  EXPECT_EQ(names("((python3dist(x) >= 1 with python3dist(x) < 2) or y)"), (Lines{"python3dist(x)", "python3dist(x)", "y"}));
  EXPECT_EQ(names("(a if b)"), Lines{"a"});
  EXPECT_EQ(names("(a if (b and c) else d)"), (Lines{"a", "d"}));
  EXPECT_EQ(names("((a unless b) and c)"), (Lines{"a", "c"}));
  EXPECT_EQ(names("(a without b)"), Lines{"a"});
  EXPECT_EQ(names("(font(:lang=en) or x)"), (Lines{"font(:lang=en)", "x"}));
  for (const char* odd : {"(", "()", "( )", "(((", ")", "(a", "(>= 1", "(if", "(a if", "(else else)", ""}) names(odd);
}

}  // namespace
}  // namespace rootlet::test
