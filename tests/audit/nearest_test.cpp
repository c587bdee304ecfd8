// Who nearly provides a symbol, of libraries that the linker made and that readelf reads.
#include "audit/nearest.hpp"

#include <sstream>

#include "audit/library.hpp"
#include "audit/model.hpp"

namespace rootlet {
namespace {

using auditing::Candidate;
using auditing::nearest;
using auditing::Wanted;
using test::compile_library;
using test::symbols_of;

constexpr const char* kVersions =
    "__asm__(\".symver old,foo@V_1.9\"); __asm__(\".symver new,foo@@V_1.10\"); int old(void); int new(void);\n"
    "int old(void) { return 1; } int new(void) { return 2; }\n"
    "int bar(void); int bar(void) { return 3; }\n"
    "__attribute__((visibility(\"protected\"))) int guarded(void); __attribute__((visibility(\"protected\"))) int guarded(void) { return 4; }\n";
constexpr const char* kScript = "V_1.9 { global: foo; bar; guarded; local: *; }; V_1.10 {} V_1.9; W_3 {} V_1.10;";

class Nearest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    versioned_ = new elf::Symbols(symbols_of(compile_library(kVersions, kScript)));
    plain_ = new elf::Symbols(symbols_of(compile_library("int foo(void); int foo(void) { return 1; }\n")));
  }
  static elf::Symbols *versioned_, *plain_;
};
elf::Symbols* Nearest::versioned_ = nullptr;
elf::Symbols* Nearest::plain_ = nullptr;

TEST_F(Nearest, TheModelIsAtHand) { EXPECT_EQ(auditing::model_problem(), ""); }

TEST_F(Nearest, VersionsAreComparedByTheirNumbers) {
  using auditing::compare_versions;
  EXPECT_LT(compare_versions("GLIBC_2.4", "GLIBC_2.36"), 0);
  EXPECT_GT(compare_versions("GLIBC_2.36", "GLIBC_2.4"), 0);
  EXPECT_EQ(compare_versions("V_1.0", "V_1.00"), 0);
  EXPECT_LT(compare_versions("V_1", "V_1.1"), 0);
  EXPECT_LT(compare_versions("GLIBC_2.2", "GLIBC_2.2.5"), 0);
  EXPECT_LT(compare_versions("V_99999999999999999999", "V_100000000000000000000"), 0);
  EXPECT_EQ(auditing::version_family("GLIBCXX_3.4"), "GLIBCXX_");
  EXPECT_EQ(auditing::version_family("PRIVATE"), "PRIVATE");
  EXPECT_EQ(auditing::version_family(""), "");
}

TEST_F(Nearest, TheLastVersionOfTheFamilyIsNamed) {
  const std::vector<Candidate> scope = {{"liba.so.1", versioned_, true}};
  EXPECT_EQ(nearest({"", "V_1.11", "liba.so.1"}, scope), "liba.so.1 has up to V_1.10");
  EXPECT_EQ(nearest({"", "V_1.9.5", "liba.so.1"}, scope), "liba.so.1 has V_1.9 and V_1.10, and none between");
  EXPECT_EQ(nearest({"", "V_1.2", "liba.so.1"}, scope), "liba.so.1 has none before V_1.9");
  EXPECT_EQ(nearest({"", "X_2", "liba.so.1"}, scope), "liba.so.1 has V_1.9, V_1.10 and W_3");
  EXPECT_EQ(nearest({"", "V_1.9", "liba.so.1"}, scope), "");
  EXPECT_EQ(nearest({"", "V_2", "libb.so.1"}, scope), "");
  EXPECT_EQ(nearest({"", "V_2", "libb.so.1"}, {{"libb.so.1", plain_, true}}), "libb.so.1 defines no versions");
}

TEST_F(Nearest, OtherVersionsOfTheSymbolAreNamedAsBinutilsWritesThem) {
  const std::vector<Candidate> scope = {{"liba.so.1", versioned_, true}};
  EXPECT_EQ(nearest({"foo", "V_1.11", "liba.so.1"}, scope), "liba.so.1 has up to V_1.10; liba.so.1 defines it as foo@V_1.9 and foo@@V_1.10");
  EXPECT_EQ(nearest({"bar", "W_3", "liba.so.1"}, scope), "liba.so.1 defines it as bar@@V_1.9");
  EXPECT_EQ(nearest({"guarded", "W_3", "liba.so.1"}, scope), "liba.so.1 defines it as guarded@@V_1.9") << "what is protected can be used";
  EXPECT_EQ(nearest({"foo", "V_1", ""}, {{"libb.so.1", plain_, true}}), "libb.so.1 defines it without a version");
  EXPECT_EQ(nearest({"nobody_has_it", "", ""}, scope), "");
}

TEST_F(Nearest, ALibraryThatIsNotLoadedIsNamedWhereNoOtherHasIt) {
  const Candidate here{"liba.so.1", versioned_, true}, there{"libb.so.1", plain_, false};
  EXPECT_EQ(nearest({"foo", "", ""}, {there}), "libb.so.1, which is not loaded, defines it");
  EXPECT_EQ(nearest({"foo", "V_3", ""}, {there, here}), "liba.so.1 defines it as foo@V_1.9 and foo@@V_1.10");
}

TEST_F(Nearest, WhatOnlyItsOwnFileMayUseIsSaidToBeSo) {
  const std::string bytes = compile_library("int foo(void); int foo(void) { return 1; }\n");
  // As no linker leaves it: st_other of the one symbol becomes STV_HIDDEN, or its binding STB_LOCAL.
  const elf::Symbols plain = symbols_of(bytes);
  uint32_t index = 0;
  for (uint32_t i = 1; i < plain.count(); ++i) {
    if (plain.name(i) == "foo") index = i;
  }
  const auto readelf = [&bytes] {
    const test::TemporaryDirectory directory;
    test::write_file(directory / "file", bytes);
    return test::run_command({"readelf", "-SW", directory / "file"}).out;
  }();
  const size_t line = readelf.find(".dynsym");
  ASSERT_NE(line, std::string::npos);
  std::istringstream fields(readelf.substr(line));
  std::string name, type, address, offset;
  fields >> name >> type >> address >> offset;
  const size_t at = std::stoul(offset, nullptr, 16) + size_t{24} * index;
  std::string hidden = bytes, local = bytes;
  hidden[at + 5] = 2;
  local[at + 4] = 2;
  const elf::Symbols hidden_symbols = symbols_of(hidden), local_symbols = symbols_of(local);
  EXPECT_EQ(nearest({"foo", "", ""}, {{"libb.so.1", &hidden_symbols, true}}), "libb.so.1 defines it, but hidden");
  EXPECT_EQ(nearest({"foo", "", ""}, {{"libb.so.1", &local_symbols, true}}), "libb.so.1 defines it, but local");
}

TEST_F(Nearest, AnOldVersionAloneIsNoDefault) {
  const elf::Symbols only_old =
      symbols_of(compile_library("__asm__(\".symver old,foo@V_1\"); int old(void); int old(void) { return 1; }\n", "V_1 { global: foo; local: *; };"));
  EXPECT_EQ(nearest({"foo", "", ""}, {{"liba.so.1", &only_old, true}}), "liba.so.1 defines it as foo@V_1, which is no default version");
  EXPECT_EQ(nearest({"foo", "V_2", ""}, {{"liba.so.1", &only_old, true}}), "liba.so.1 defines it as foo@V_1");
}

// The last version of a family in libc.so.6, as readelf lists it.
TEST_F(Nearest, TheSystemsLibraryHasUpToWhatReadelfSays) {
  const char* path = "/lib/x86_64-linux-gnu/libc.so.6";
  std::istringstream lines(test::run_command({"sh", "-c", std::string("readelf -VW ") + path + " | grep -o 'Name: GLIBC_2[0-9.]*' | sort -V | tail -1"}).out);
  std::string word, last;
  ASSERT_TRUE(lines >> word >> last) << "no libc.so.6 of x86-64 here";
  const elf::Symbols libc = symbols_of(test::read_file(path));
  EXPECT_EQ(nearest({"", "GLIBC_2.999", "libc.so.6"}, {{"libc.so.6", &libc, true}}), "libc.so.6 has up to " + last);
}

}  // namespace
}  // namespace rootlet
