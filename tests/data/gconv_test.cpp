#include "data/gconv.hpp"

#include <gtest/gtest.h>

#include "data/gconv_cache.hpp"
#include "support/gconv_cache.hpp"

namespace rootlet::test {
namespace {

using data::GconvSelection;
using data::select_gconv;
using Lines = std::vector<std::string>;
using Names = std::map<std::string, std::string>;

constexpr const char* kGconv = "/usr/lib/gconv";

struct Gconv : testing::Test {
  // Writes gconv-modules, or a file of gconv-modules.d.
  Gconv& configure(const std::string& text, const std::string& part = {}) {
    tree_.file(std::string(kGconv) + (part.empty() ? "/gconv-modules" : "/gconv-modules.d/" + part), text);
    return *this;
  }
  Gconv& module(const std::string& name) {
    tree_.file(std::string(kGconv) + "/" + name, "");
    return *this;
  }
  // A charset with its module, both ways.
  static std::string both(const std::string& charset, const std::string& file) {
    return "module " + charset + "// INTERNAL " + file + " 1\nmodule INTERNAL " + charset + "// " + file +
           " 1\n";
  }
  GconvSelection select(const Lines& charsets, ByteOrder order = ByteOrder::little) {
    Root root = Root::in_memory(tree_);
    return select_gconv(root, kGconv, charsets, order);
  }
  static Names names(const GconvSelection& selection, ByteOrder order = ByteOrder::little) {
    const GconvCacheFile cache(selection.cache, order);
    EXPECT_TRUE(cache.valid());
    return cache.valid() ? cache.names().value_or(Names{{"a name", "cannot be found"}}) : Names{};
  }
  // The names in the cache that are not built in.
  static Lines added(const GconvSelection& selection) {
    data::GconvModules modules;
    data::GconvAliases aliases;
    data::add_builtin_gconv(modules, aliases, ByteOrder::little);
    const data::GconvNames builtin = data::gconv_names(modules, aliases);
    Lines result;
    for (const auto& [name, words] : names(selection)) {
      if (!builtin.contains(name)) result.push_back(name);
    }
    return result;
  }
  static std::string path(const std::string& name) { return std::string(kGconv) + "/" + name; }

  MemoryTree tree_;
};

TEST_F(Gconv, ACharsetBringsItsModuleAndItsAliases) {
  configure("alias OTHER// SJIS//\nalias NOT// EUC//\n" + both("SJIS", "SJIS") + both("EUC", "EUC"))
      .module("SJIS.so")
      .module("EUC.so");
  const GconvSelection selection = select({"SJIS"});
  EXPECT_EQ(selection.modules, Lines{path("SJIS.so")});
  EXPECT_EQ(added(selection), (Lines{"OTHER//", "SJIS//"}));
  EXPECT_EQ(names(selection).at("OTHER//"),
            "SJIS// from INTERNAL by /usr/lib/gconv/SJIS.so, to INTERNAL by /usr/lib/gconv/SJIS.so");
  EXPECT_TRUE(selection.unknown.empty());
}

TEST_F(Gconv, NamesAreReadAsIconvOpenReadsThem) {
  configure("alias MS_KANJI// SJIS//\n" + both("SJIS", "SJIS")).module("SJIS.so");
  for (const char* name : {"sjis", "Ms_Kanji", "SJIS//TRANSLIT", "sjis//TRANSLIT//IGNORE",
                           "SJIS//IGNORE,TRANSLIT", "S JIS/", " sjis, "}) {
    EXPECT_EQ(select({name}).modules, Lines{path("SJIS.so")}) << name;
  }
  for (const char* name : {"SJIS/TRANSLIT", "SJIS2", "", "//", "INTERNAL"}) {
    EXPECT_EQ(select({name}).unknown, Lines{name});
  }
}

TEST_F(Gconv, WhatIsBuiltInNeedsNoModule) {
  configure(both("A", "A")).module("A.so");
  const GconvSelection selection = select(
      {"utf-8", "ASCII", "UCS-4LE", "UCS-2BE", "WCHAR_T", "ISO-10646/UTF8/", "ISO-10646/UTF-8/TRANSLIT"});
  EXPECT_TRUE(selection.modules.empty());
  EXPECT_TRUE(selection.unknown.empty());
  EXPECT_EQ(names(selection).at("UTF-8//"),
            "ISO-10646/UTF8/ from INTERNAL by =INTERNAL->utf8, to INTERNAL by =utf8->INTERNAL");
}

TEST_F(Gconv, NothingAskedForStillGivesACacheOfWhatIsBuiltIn) {
  configure(both("A", "A")).module("A.so");
  const GconvSelection selection = select({});
  EXPECT_TRUE(selection.modules.empty());
  EXPECT_TRUE(added(selection).empty());
  EXPECT_TRUE(names(selection).contains("UTF-8//"));
}

TEST_F(Gconv, WithoutAConfigurationThereIsNoCache) {
  module("A.so");
  const GconvSelection selection = select({"A", "UTF-8", "A"});
  EXPECT_TRUE(selection.modules.empty());
  EXPECT_TRUE(selection.cache.empty());
  EXPECT_EQ(selection.unknown, Lines{"A"});
}

TEST_F(Gconv, ADirectoryOfConfigurationsIsEnough) {
  configure(both("B", "B"), "b.conf")
      .configure(both("C", "C"), "c.txt")
      .configure(both("D", "D"), ".conf")
      .module("B.so")
      .module("C.so")
      .module("D.so");
  EXPECT_EQ(added(select({"all"})), Lines{"B//"});
}

TEST_F(Gconv, TheFirstLineForAConversionCountsWhateverItsCost) {
  configure(both("A", "FIRST"))
      .configure(both("A", "SECOND"), "a.conf")
      .module("FIRST.so")
      .module("SECOND.so");
  EXPECT_EQ(select({"A"}).modules, Lines{path("FIRST.so")});
}

TEST_F(Gconv, LinesAreTakenApartAsGlibcDoesIt) {
  configure(
      "#module no// INTERNAL NO\n"
      "\t module\ta//\v INTERNAL\fLower.so # a comment\r\n"
      "module INTERNAL A//  Lower 2\n"
      "modules B// INTERNAL B\nmodule B// INTERNAL\nmodule B// INTERNAL# B\nalias\nalias B//\nMODULE B// "
      "INTERNAL B\n"
      "alias a-name// a// more\nalias last// A//")
      .module("Lower.so")
      .module("NO.so");
  const GconvSelection selection = select({"all"});
  EXPECT_EQ(selection.modules, Lines{path("Lower.so")});
  EXPECT_EQ(added(selection), (Lines{"A-NAME//", "A//", "LAST//"}));
}

TEST_F(Gconv, AModuleWithAPathStandsForItself) {
  configure(both("A", "/opt/x/A")).tree_.file("/opt/x/A.so", "");
  const GconvSelection selection = select({"A"});
  EXPECT_EQ(selection.modules, Lines{"/opt/x/A.so"});
  EXPECT_EQ(names(selection).at("A//"), "A// from INTERNAL by /opt/x/A.so, to INTERNAL by /opt/x/A.so");
}

TEST_F(Gconv, AliasesThatLeadInCirclesLeadNowhere) {
  configure("alias A// B//\nalias B// A//\nalias C// C//\nalias M// M//\n" + both("M", "M")).module("M.so");
  const GconvSelection selection = select({"A", "B", "C", "M"});
  EXPECT_EQ(selection.unknown, (Lines{"A", "B", "C"}));
  EXPECT_EQ(added(selection), Lines{"M//"});
}

TEST_F(Gconv, AnAliasOfAnAliasCountsIfThatOneComesBeforeIt) {
  configure("alias B// M//\nalias A// B//\nalias C// B//\n" + both("M", "M")).module("M.so");
  const GconvSelection selection = select({"C", "A"});
  EXPECT_EQ(selection.unknown, Lines{"A"});
  EXPECT_EQ(added(selection), (Lines{"B//", "C//", "M//"}));
}

TEST_F(Gconv, ACharsetWinsOverAnAliasOfItsName) {
  configure("alias A// B//\n" + both("A", "A") + both("B", "B")).module("A.so").module("B.so");
  EXPECT_EQ(select({"A"}).modules, Lines{path("A.so")});
}

TEST_F(Gconv, TheDirectWayBetweenTwoCharsetsTakesBoth) {
  configure(both("A", "A") + both("B", "B") + "module A// B// AB\nmodule B// A// AB\n")
      .module("A.so")
      .module("B.so")
      .module("AB.so");
  EXPECT_EQ(select({"A"}).modules, Lines{path("A.so")});
  const GconvSelection selection = select({"B", "A"});
  EXPECT_EQ(selection.modules, (Lines{path("A.so"), path("AB.so"), path("B.so")}));
  EXPECT_EQ(names(selection).at("A//"),
            "A// from INTERNAL by /usr/lib/gconv/A.so, to INTERNAL by /usr/lib/gconv/A.so, to B// by "
            "/usr/lib/gconv/AB.so");
}

TEST_F(Gconv, ACharsetWithoutAnyModuleIsLeftOut) {
  configure(both("A", "A") + both("B", "B") + "module A// B// AB\n").module("A.so");
  const GconvSelection selection = select({"A", "B"});
  EXPECT_EQ(selection.modules, Lines{path("A.so")});
  EXPECT_EQ(added(selection), Lines{"A//"});
  EXPECT_TRUE(selection.unknown.empty());
}

TEST_F(Gconv, OneDirectionWithoutItsModuleStaysInTheCacheForTheLibraryToRefuse) {
  configure("module A// INTERNAL THERE\nmodule INTERNAL A// BACK\n").module("THERE.so");
  const GconvSelection selection = select({"A"});
  EXPECT_EQ(selection.modules, Lines{path("THERE.so")});
  EXPECT_EQ(names(selection).at("A//"),
            "A// from INTERNAL by /usr/lib/gconv/BACK.so, to INTERNAL by /usr/lib/gconv/THERE.so");
}

TEST_F(Gconv, AModuleMayBeALink) {
  configure(both("A", "A")).tree_.symlink(path("A.so"), "../A-1.so").file("/usr/lib/A-1.so", "");
  tree_.symlink(path("gone.so"), "nowhere");
  EXPECT_EQ(select({"A"}).modules, Lines{path("A.so")});
}

TEST_F(Gconv, TheByteOrderIsThatOfTheMachineAndOfItsUcs2) {
  configure(both("A", "A")).module("A.so");
  const Names little = names(select({"A"})), big = names(select({"A"}, ByteOrder::big), ByteOrder::big);
  EXPECT_EQ(little.at("A//"), big.at("A//"));
  EXPECT_EQ(little.at("UCS-2LE//"),
            "ISO-10646/UCS2/ from INTERNAL by =INTERNAL->ucs2, to INTERNAL by =ucs2->INTERNAL");
  EXPECT_EQ(big.at("UCS-2LE//"),
            "UNICODELITTLE// from INTERNAL by =INTERNAL->ucs2reverse, to INTERNAL by =ucs2reverse->INTERNAL");
}

TEST_F(Gconv, TheDirectoryMayBeWrittenWithSlashesAtItsEnd) {
  configure(both("A", "A")).module("A.so");
  Root root = Root::in_memory(tree_);
  EXPECT_EQ(select_gconv(root, path("//"), {"A"}, ByteOrder::little).cache, select({"A"}).cache);
}

TEST_F(Gconv, ACacheThatSixteenBitsCannotAddressIsNotWritten) {
  std::string text = both("A", "A");
  for (int i = 0; i < 5000; ++i) text += "alias a-rather-long-alias-" + std::to_string(i) + "// A//\n";
  configure(text + both("B", "B")).module("A.so").module("B.so");
  const GconvSelection selection = select({"A"});
  EXPECT_EQ(selection.modules, Lines{path("A.so")});
  EXPECT_TRUE(selection.cache.empty());
  EXPECT_EQ(added(select({"B"})), Lines{"B//"});  // without those of A it is small
}

TEST_F(Gconv, AHugeFileIsAsIfItWereNotThere) {
  configure(std::string((4 << 20) + 1, '\n') + both("A", "A"))
      .configure(both("B", "B"), "b.conf")
      .module("A.so")
      .module("B.so");
  EXPECT_EQ(added(select({"all"})), Lines{"B//"});
}

TEST_F(Gconv, TheBiggestFileIsReadUpToItsLimitOfLines) {
  std::string text = both("A", "A");
  for (int i = 0; i < 100000; ++i) text += "module x" + std::to_string(i) + "// INTERNAL y\n";
  configure(text + both("LATE", "A")).module("A.so");
  EXPECT_EQ(select({"A", "X1"}).modules, Lines{path("A.so")});
  EXPECT_EQ(select({"late"}).unknown, Lines{"late"});
}

}  // namespace
}  // namespace rootlet::test
