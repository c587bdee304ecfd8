// The C library of this machine with the selected converters, and its iconvconfig.
#include <gtest/gtest.h>

#include <bit>
#include <boost/filesystem.hpp>
#include <set>
#include <sstream>

#include "data/gconv.hpp"
#include "support/chroot.hpp"
#include "support/gconv_cache.hpp"
#include "support/temporary.hpp"

namespace rootlet::test {
namespace {

namespace fs = boost::filesystem;
using data::GconvSelection;
using data::select_gconv;
using Names = std::map<std::string, std::string>;

constexpr const char* kIconv = "/usr/bin/iconv";
constexpr ByteOrder kHere = std::endian::native == std::endian::little ? ByteOrder::little : ByteOrder::big;

// The files that the loader of this machine loads for a program or library.
std::vector<std::string> loaded_for(const std::string& file) {
  std::istringstream lines(run_command({"ldd", file}).out);
  std::vector<std::string> files;
  for (std::string line; std::getline(lines, line);) {
    const size_t slash = line.find('/'), end = line.rfind(" (0x");
    if (slash != std::string::npos && end != std::string::npos)
      files.push_back(line.substr(slash, end - slash));
  }
  return files;
}

// Where the C library that iconv is linked with looks for converters, or an empty string.
std::string gconv_directory() {
  for (const std::string& file : loaded_for(kIconv)) {
    const size_t name = file.rfind("/libc.so.");
    if (name == std::string::npos) continue;
    const std::string directory = (file.starts_with("/usr/") ? "" : "/usr") + file.substr(0, name) + "/gconv";
    if (fs::exists(directory + "/gconv-modules")) return directory;
  }
  return {};
}

Names names_in(const std::string& cache) {
  const GconvCacheFile file(cache, kHere);
  EXPECT_TRUE(file.valid());
  const auto names = file.valid() ? file.names() : std::nullopt;
  EXPECT_TRUE(names.has_value());
  return names.value_or(Names{});
}

class GconvOracle : public testing::Test {
 protected:
  void SetUp() override {
    if (directory_.empty()) GTEST_SKIP() << "no iconv with converters here";
    if (select({"SHIFT_JIS"}).modules.empty()) GTEST_SKIP() << "not all converters are installed here";
  }
  GconvSelection select(const std::vector<std::string>& charsets) {
    auto root = Root::open("/");
    EXPECT_TRUE(root.has_value());
    return select_gconv(*root, directory_, charsets, kHere);
  }

  const std::string directory_ = gconv_directory();
  TemporaryDirectory tree_;
};

// iconvconfig

class Iconvconfig : public GconvOracle {
 protected:
  void SetUp() override {
    GconvOracle::SetUp();
    if (!IsSkipped() && run_command({"/usr/sbin/iconvconfig", "--version"}).status != 0)
      GTEST_SKIP() << "no iconvconfig here";
  }
  // What it writes for a configuration in a directory of the same name.
  Names configured(const std::string& configuration) {
    fs::create_directories(tree_.path() + directory_);
    write_file(tree_.path() + directory_ + "/gconv-modules", configuration);
    const CommandResult made = run_command(
        {"/usr/sbin/iconvconfig", "--nostdlib", "--prefix", tree_.path(), "-o", tree_ / "cache", directory_});
    EXPECT_EQ(made.status, 0) << made.err;
    return names_in(read_file(tree_ / "cache"));
  }
  // All files of this machine, without comments and empty lines.
  std::string all_lines() const {
    std::vector<std::string> files{directory_ + "/gconv-modules"};
    const std::string parts = directory_ + "/gconv-modules.d";
    if (fs::exists(parts)) {
      for (fs::directory_iterator i(parts), end; i != end; ++i) files.push_back(i->path().string());
    }
    std::string result;
    for (const std::string& file : files) {
      std::istringstream lines(read_file(file));
      for (std::string line; std::getline(lines, line);) {
        if (!line.empty() && line[0] != '#') result += line + "\n";
      }
    }
    return result;
  }
};

TEST_F(Iconvconfig, WritesTheSameForAllOfThisMachine) {
  const GconvSelection all = select({"all"});
  EXPECT_GT(all.modules.size(), 100u);
  EXPECT_TRUE(names_in(all.cache) == configured(all_lines()));
}

TEST_F(Iconvconfig, WritesTheSameForTheLinesOfAFewCharsets) {
  const std::set<std::string> sets{"BIG5//",   "EUC-CN//",      "GBK//",     "KOI8-R//",
                                   "INTERNAL", "ISO-8859-15//", "UTF-16LE//"};
  std::string lines;
  std::istringstream all(all_lines());
  for (std::string line; std::getline(all, line);) {
    std::istringstream words(line);
    std::string what, from, to;
    words >> what >> from >> to;
    if (sets.contains(to) && (what == "alias" || sets.contains(from))) lines += line + "\n";
  }
  const GconvSelection some = select({"CN-BIG5", "gb2312", "GBK", "koi8-r", "LATIN-9", "UTF-16LE"});
  EXPECT_TRUE(names_in(some.cache) == configured(lines));
  EXPECT_EQ(some.modules.size(), 8u);  // with GBBIG5.so and GBGBK.so
}

TEST_F(Iconvconfig, WritesTheSameForNothing) {
  EXPECT_TRUE(names_in(select({}).cache) == configured(""));
}

TEST_F(Iconvconfig, ReadsOddLinesTheSameWay) {
  const std::string text =
      " module a// INTERNAL Lower.so # a comment\r\nmodule INTERNAL A//  Lower 2\nmodule INTERNAL A// Other "
      "1\nmodules B// INTERNAL B\n"
      "module B// INTERNAL\nalias\nalias B//\nalias a-name// a// more\nalias b// a-name//\nalias A-A// "
      "Z//\nalias Z// A//\n"
      "alias UTF-8// A//\nalias C// D//\nalias D// C//\nmodule ISO-10646/UCS4/ INTERNAL mine\nmodule "
      "INTERNAL ISO-10646/UCS4/ mine\n"
      "module A// ISO-10646/UCS4/ .so\nmodule ISO-10646/UCS4/ A// so\nmodule\tE//\vINTERNAL\fE\nmodule "
      "INTERNAL E// xE.so.so\nalias last// A//";
  const Names expected = configured(text);
  for (const char* name : {"Lower", "mine", "", "so", "E", "xE.so"})
    write_file(tree_.path() + directory_ + "/" + name + ".so", "");
  auto root = Root::open(tree_.path());
  ASSERT_TRUE(root.has_value());
  EXPECT_EQ(names_in(select_gconv(*root, directory_, {"all"}, kHere).cache), expected);
}

// iconv, where nothing but what was selected is there.

class SelectedConverters : public GconvOracle {
 protected:
  void SetUp() override {
    GconvOracle::SetUp();
    if (IsSkipped()) return;
    if (const std::string why = why_no_chroot(); !why.empty()) GTEST_SKIP() << why;
    add(kIconv);
    for (const std::string& file : loaded_for(kIconv)) add(file);
  }
  void add(const std::string& file) {
    const std::string copy = tree_.path() + file;
    if (fs::exists(copy)) return;
    fs::create_directories(fs::path(copy).parent_path());
    write_file(copy, read_file(file), 0755);
  }
  void install(const std::vector<std::string>& charsets) {
    const GconvSelection selection = select(charsets);
    EXPECT_TRUE(selection.unknown.empty());
    fs::create_directories(tree_.path() + directory_);
    write_file(tree_.path() + directory_ + "/gconv-modules.cache", selection.cache);
    for (const std::string& module : selection.modules) {
      add(module);
      for (const std::string& file : loaded_for(module)) add(file);  // libJIS.so and its like
    }
  }
  static CommandResult convert(const std::string& tree, const std::string& from, const std::string& to,
                               const std::string& input) {
    return run_program({tree, {kIconv, "-c", "-f", from, "-t", to}, {"LC_ALL=C"}, input});
  }
  // Whether iconv does the same there and here.
  void expect_same(const std::string& from, const std::string& to, const std::string& input) {
    const CommandResult here = convert("", from, to, input), there = convert(tree_.path(), from, to, input);
    EXPECT_EQ(there.status, here.status) << from << " to " << to << ": " << there.err;
    EXPECT_TRUE(there.out == here.out) << from << " to " << to;
    EXPECT_FALSE(there.out.empty()) << from << " to " << to << ": " << there.err;
  }
  void expect_refused(const std::string& from, const std::string& to) {
    const CommandResult there = convert(tree_.path(), from, to, "x");
    EXPECT_EQ(there.status, convert("", "no-such-charset", "UTF-8", "x").status)
        << from << " to " << to << ": " << there.err;
    EXPECT_NE(there.status, 0);
    EXPECT_TRUE(there.out.empty());
  }
};

constexpr const char* kText =
    "Plain, caf\u00e9 \u20ac, \u041f\u0440\u0438\u0432\u0435\u0442, \u65e5\u672c\u8a9e\u304b\u306a, "
    "\u4e2d\u6587, \ud55c\uad6d\uc5b4\n";

TEST_F(SelectedConverters, WorkAsAllOfThemDo) {
  const std::vector<std::string> charsets = {
      "SHIFT_JIS",       "EUC-JP", "ISO-8859-1", "ISO-8859-15", "CP1252",      "KOI8-R",
      "UTF-16",          "UTF-32", "UTF-7",      "GB18030",     "ISO-2022-JP", "ISO-2022-KR",
      "ISO-2022-CN-EXT", "BIG5",   "EBCDIC-US",  "EUC-KR",      "UHC",         "TSCII"};
  install(charsets);
  for (const std::string& charset : charsets) {
    expect_same("UTF-8", charset, kText);
    expect_same(charset, "UTF-8", convert("", "UTF-8", charset, kText).out);
    expect_same(charset, "SHIFT_JIS", convert("", "UTF-8", charset, kText).out);
  }
  for (const char* alias : {"latin1", "sjis", "ujis", "windows-1252", "UTF16", "big-five", "csISO2022JP"})
    expect_same("UTF-8", alias, kText);
  for (const char* other : {"KOI8-U", "ISO-8859-2", "EUC-TW", "CP932", "no-such-charset"}) {
    expect_refused("UTF-8", other);
    expect_refused(other, "UTF-8");
  }
}

TEST_F(SelectedConverters, IncludeTheDirectWayBetweenTwo) {
  install({"BIG5", "EUC-CN"});
  EXPECT_TRUE(fs::exists(tree_.path() + directory_ + "/GBBIG5.so"));
  const std::string chinese = convert("", "UTF-8", "BIG5", "\u4e2d\u6587\u5b57\n").out;
  expect_same("BIG5", "EUC-CN", chinese);
  expect_same("BIG5", "UTF-8", chinese);
}

TEST_F(SelectedConverters, AreNotNeededForWhatIsBuiltIn) {
  install({});
  for (const char* charset :
       {"ASCII", "UCS-2", "UCS-2LE", "UCS-2BE", "UNICODEBIG", "UCS-4", "UCS-4LE", "WCHAR_T"}) {
    expect_same("UTF-8", charset, kText);
  }
  expect_same("UTF-8", "ASCII//TRANSLIT", kText);
  expect_refused("UTF-8", "ISO-8859-1");
  expect_refused("UTF-16", "UTF-8");
}

}  // namespace
}  // namespace rootlet::test
