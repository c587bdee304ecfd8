// ld.so.cache, against the ldconfig that writes and prints it.
#include "loader/cache.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/dice.hpp"
#include "support/library_tree.hpp"

namespace rootlet::test {
namespace {

using Lines = std::vector<std::string>;

std::string flags_text(uint32_t flags) {
  switch (flags) {
    case 1: return "ELF";
    case 3: return "libc6";
    case 0x303: return "libc6,x86-64";
    default: return "flags " + std::to_string(flags);
  }
}

uint32_t flags_of(const std::string& text) {
  return text == "libc6,x86-64" ? 0x303 : text == "libc6" ? 3 : 1;
}

// A line of `ldconfig -p` taken apart: NAME (FLAGS, hwcap: "SUBDIRECTORY") => PATH.
struct Printed {
  std::string name, flags, hwcaps, path;

  std::string text() const { return name + " (" + flags + (hwcaps.empty() ? "" : ", " + hwcaps) + ") => " + path; }
};

std::vector<Printed> print(const std::string& cache) {
  TemporaryDirectory directory;
  write_file(directory / "cache", cache);
  const CommandResult result = run_command({"env", "LC_ALL=C", "/sbin/ldconfig", "-p", "-C", directory / "cache"});
  EXPECT_EQ(result.status, 0) << result.err;
  std::vector<Printed> printed;
  for (const std::string& line : lines_of(result.out)) {
    if (!line.starts_with('\t')) continue;
    const size_t open = line.find(" ("), arrow = line.find(") => "), hwcap = line.find(", hwcap: \"");
    if (open == std::string::npos || arrow == std::string::npos) {
      ADD_FAILURE() << "ldconfig -p says: " << line;
      continue;
    }
    Printed entry{line.substr(1, open - 1), line.substr(open + 2, std::min(hwcap, arrow) - open - 2), {}, line.substr(arrow + 5)};
    if (hwcap != std::string::npos) entry.hwcaps = line.substr(hwcap + 10, arrow - hwcap - 11);
    printed.push_back(entry);
  }
  return printed;
}

Lines texts(const std::vector<Printed>& printed) {
  Lines lines;
  for (const Printed& entry : printed) lines.push_back(entry.text());
  return lines;
}

Lines read(const std::string& content) {
  const auto cache = LibraryCache::parse(content, ByteOrder::little);
  if (!cache) return {cache.error().message};
  Lines lines;
  for (const CacheEntry& entry : cache->entries()) {
    lines.push_back(Printed{std::string(entry.name), flags_text(entry.flags), std::string(cache->hwcaps_name(entry.hardware)), std::string(entry.path)}.text());
  }
  return lines;
}

// Names that are easy to sort wrongly, in two classes, for all processors and for some.
void fill(LibraryTree& tree) {
  for (const char* name : {"libz.so.1", "libz.so.2", "libz.so.10", "libz.so.09", "libz.so", "liba.so.1.2.3", "liba.so.1.10", "libA.so.1",
                           "lib1.so", "lib10b.so", "lib9a.so", "lib.so", "libstdc++.so.6", "lib-x.so.1", "lib_x.so.1"}) {
    tree.library("/usr/lib/" + std::string(name));
  }
  for (const char* level : {"x86-64-v2", "x86-64-v3", "x86-64-v4"}) tree.library("/usr/lib/glibc-hwcaps/" + std::string(level) + "/libz.so.1");
  tree.library("/usr/lib/glibc-hwcaps/x86-64-v3/liba.so.1.10").library("/opt/three/libz.so.10", false).library("/opt/three/lib32.so", false);
  tree.library("/opt/one/libz.so.1").library("/opt/two/libz.so.1").file("/etc/ld.so.conf", "/opt/one\n/opt/two\n/opt/three\n");
}

// Of equal entries the order given counts, which for ldconfig is that of their directories: here alphabetical.
void keep_order_of_equal_ones(std::vector<NewCacheEntry>& entries) {
  auto one_of_them = [](const NewCacheEntry& entry) { return entry.name == "libz.so.1" && entry.hwcaps.empty(); };
  std::vector<NewCacheEntry> equal;
  std::copy_if(entries.begin(), entries.end(), std::back_inserter(equal), one_of_them);
  std::sort(equal.begin(), equal.end(), [](const NewCacheEntry& a, const NewCacheEntry& b) { return a.path < b.path; });
  size_t next = 0;
  for (NewCacheEntry& entry : entries) {
    if (one_of_them(entry)) entry = equal[next++];
  }
}

class Cache : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = why_no_ldconfig(); !why.empty()) GTEST_SKIP() << why;
    fill(tree_);
  }
  LibraryTree tree_;
};

TEST_F(Cache, InTheNewFormatIsReadAsLdconfigPrintsIt) {
  const std::string content = tree_.cache("new");
  EXPECT_GE(print(content).size(), 23u);
  EXPECT_EQ(read(content), texts(print(content)));
}

TEST_F(Cache, InTheOldFormatIsReadAsLdconfigPrintsIt) {
  const std::string content = tree_.cache("old");
  ASSERT_TRUE(content.starts_with("ld.so-1.7.0"));
  EXPECT_GE(print(content).size(), 19u);
  EXPECT_EQ(read(content), texts(print(content)));
}

TEST_F(Cache, WithBothFormatsIsReadAsLdconfigPrintsIt) {
  const std::string content = tree_.cache("compat");
  ASSERT_TRUE(content.starts_with("ld.so-1.7.0"));
  // ldconfig -p of glibc 2.36 looks for the names of subdirectories at a wrong place in such a file and prints
  // what is there, so they are taken from the print of the new format, where the entries are the same.
  EXPECT_EQ(read(content).size(), print(content).size());
  Lines paths, printed_paths;
  const auto cache = LibraryCache::parse(content, ByteOrder::little);
  ASSERT_TRUE(cache);
  for (const CacheEntry& entry : cache->entries()) paths.emplace_back(entry.path);
  for (const Printed& entry : print(content)) printed_paths.push_back(entry.path);
  EXPECT_EQ(paths, printed_paths);
}

TEST_F(Cache, WrittenHereIsPrintedByLdconfigInTheOrderOfItsOwn) {
  const std::vector<Printed> theirs = print(tree_.cache("new"));
  std::vector<NewCacheEntry> entries;
  for (const Printed& entry : theirs) {
    const uint32_t isa_bits = entry.hwcaps.empty() ? 0 : 1u << (entry.hwcaps.back() - '1');
    entries.push_back({entry.name, entry.path, flags_of(entry.flags), entry.hwcaps, isa_bits});
  }
  Dice dice(1);
  for (int round = 0; round < 20; ++round) {
    for (size_t i = entries.size(); i > 1; --i) std::swap(entries[i - 1], entries[dice.below(i)]);
    keep_order_of_equal_ones(entries);
    ASSERT_EQ(texts(print(write_library_cache(entries, ByteOrder::little))), texts(theirs));
  }
}

TEST_F(Cache, OfAnotherByteOrderIsRefused) {
  const std::string content = tree_.cache("new");
  EXPECT_TRUE(LibraryCache::parse(content, ByteOrder::little));
  EXPECT_FALSE(LibraryCache::parse(content, ByteOrder::big));
}

TEST_F(Cache, AnswersForEachProcessorWithTheBestSubdirectoryItHas) {
  elf::Header header;
  header.machine = elf::kMachineX86_64;
  const Abi& abi = abi_of(header);
  const std::string content = tree_.cache("new");
  const auto cache = LibraryCache::parse(content, ByteOrder::little);
  ASSERT_TRUE(cache);
  for (const CpuModel& model : abi.models) {
    bool depends = false;
    const auto found = cache->find("libz.so.1", abi, model, {true, false}, &depends);
    const std::string below = model.hwcaps.empty() ? std::string("/opt/one") : "/usr/lib/glibc-hwcaps/" + model.hwcaps.front();
    EXPECT_EQ(found, below + "/libz.so.1") << model.level;
    EXPECT_TRUE(depends);
    EXPECT_EQ(cache->find("lib32.so", abi, model, {true, false}, nullptr), std::nullopt) << "it is of another class";
    EXPECT_EQ(cache->find("libz.so.9", abi, model, {true, false}, nullptr), "/usr/lib/libz.so.09") << "numbers are compared by value";
    EXPECT_EQ(cache->find("libq.so", abi, model, {true, false}, nullptr), std::nullopt);
  }
}

// Every entry of a cut cache is one of the whole: strings that are cut off are not made up.
TEST_F(Cache, CutAnywhereHoldsNothingThatTheWholeDoesNot) {
  for (const char* format : {"new", "compat", "old"}) {
    const std::string content = tree_.cache(format);
    const auto whole = LibraryCache::parse(content, ByteOrder::little);
    ASSERT_TRUE(whole);
    std::vector<std::pair<std::string, std::string>> all;
    for (const CacheEntry& entry : whole->entries()) all.emplace_back(entry.name, entry.path);
    std::sort(all.begin(), all.end());
    // A file with both formats is cut to one with the old format alone, whose entries are as many or fewer.
    for (size_t length = 0; length < content.size(); ++length) {
      const auto cut = LibraryCache::parse(content.substr(0, length), ByteOrder::little);
      if (!cut) continue;
      ASSERT_GE(length, 17u);
      for (const CacheEntry& entry : cut->entries()) {
        ASSERT_TRUE(std::binary_search(all.begin(), all.end(), std::pair(std::string(entry.name), std::string(entry.path)))) << format << " " << length;
      }
    }
  }
}

TEST_F(Cache, ChangedAnywhereAnswersOnlyWithWhatItHolds) {
  elf::Header header;
  header.machine = elf::kMachineX86_64;
  const Abi& abi = abi_of(header);
  Dice dice(2);
  size_t answers = 0;
  for (const char* format : {"new", "compat", "old"}) {
    const std::string content = tree_.cache(format);
    for (int i = 0; i < 2000; ++i) {
      std::string changed = content;
      for (size_t changes = dice.between(1, 6); changes > 0; --changes) changed[dice.below(dice.percent(50) ? 200 : changed.size())] = static_cast<char>(dice.below(256));
      const auto cache = LibraryCache::parse(changed, ByteOrder::little);
      if (!cache) continue;
      const auto entries = cache->entries();
      const auto found = cache->find("libz.so.1", abi, abi.models.back(), {true, true}, nullptr);
      if (!found) continue;
      ++answers;
      ASSERT_TRUE(std::any_of(entries.begin(), entries.end(), [&](const CacheEntry& entry) { return entry.path == *found; })) << format << " " << i;
    }
  }
  EXPECT_GT(answers, 500u);
}

TEST(LibraryNames, AreOrderedTheSameFromBothSides) {
  Dice dice(3);
  auto name = [&] {
    std::string text;
    for (size_t left = dice.below(7); left > 0; --left) text += dice.pick(std::vector<char>{'0', '1', '9', 'a', '.', '-', '\xe9'});
    return text;
  };
  auto sign = [](int value) { return (value > 0) - (value < 0); };
  for (int i = 0; i < 20000; ++i) {
    const std::string a = name(), b = name();
    ASSERT_EQ(sign(compare_library_names(a, b)), -sign(compare_library_names(b, a))) << a << " " << b;
    ASSERT_EQ(compare_library_names(a, a), 0) << a;
  }
}

TEST(LibraryNames, CompareNumbersByValueAndLettersByCode) {
  EXPECT_LT(compare_library_names("liba.so.2", "liba.so.10"), 0);
  EXPECT_EQ(compare_library_names("liba.so.1", "liba.so.01"), 0);
  EXPECT_GT(compare_library_names("lib1", "liba"), 0) << "a digit comes behind every letter";
  EXPECT_LT(compare_library_names("libA", "liba"), 0);
  EXPECT_LT(compare_library_names("lib", "lib1"), 0);
}

}  // namespace
}  // namespace rootlet::test
