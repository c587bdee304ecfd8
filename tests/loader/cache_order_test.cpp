// The order of an ld.so.cache, on which the loader's binary search relies, and what the loader finds by it: with ldconfig
// and the loader itself as the oracles, on random sets of names.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "loader/cache.hpp"
#include "support/chroot.hpp"
#include "support/dice.hpp"
#include "support/library_tree.hpp"

namespace rootlet {
namespace {

using test::Dice;
using test::LibraryTree;
using Names = std::vector<std::string>;

size_t longest_number(const std::string& name) {
  size_t longest = 0, length = 0;
  for (char c : name) {
    length = c >= '0' && c <= '9' ? length + 1 : 0;
    longest = std::max(longest, length);
  }
  return longest;
}

// Names that differ little: numbers with leading zeros, letters, dots, bytes that are no ASCII. Numbers of more than nine
// digits overflow in ldconfig and in the loader; with them its order is none (a < b < c < a), so that they are asked for
// where that does not matter.
std::string random_name(Dice& dice, bool any_number) {
  std::string name = "lib";
  for (size_t left = dice.between(1, 4); left > 0; --left) {
    switch (dice.below(6)) {
      case 0: name += std::to_string(dice.below(120)); break;
      case 1: name += "0" + std::to_string(dice.below(12)); break;
      case 2: name += dice.pick(std::vector<std::string>{"a", "b", "A", "z", "_", "-", "+", "~", "\xc3\xa9"}); break;
      case 3: name += std::to_string(dice.below(any_number ? SIZE_MAX : 1000000000)); break;
      default: name += "."; break;
    }
  }
  if (!any_number && longest_number(name) > 9) return random_name(dice, any_number);
  return name + ".so" + dice.pick(Names{"", ".1", ".2", ".10", ".1.2", ".01"});
}

// Names of which no two are equal in the order: "libz.so.1" and "libz.so.01" are, and stand in the order in which
// ldconfig came across them.
std::set<std::string> distinct_names(Dice& dice, size_t count) {
  std::set<std::string> names, spelled;
  while (names.size() < count) {
    const std::string name = random_name(dice, false);
    std::string plain;
    for (char c : name) {
      if (plain.size() > 1 && plain.back() == '0' && c >= '0' && c <= '9' && (plain[plain.size() - 2] < '0' || plain[plain.size() - 2] > '9')) plain.pop_back();
      plain += c;
    }
    if (spelled.insert(plain).second) names.insert(name);
  }
  return names;
}

struct Entry {
  std::string name, path, hwcaps;
  bool operator==(const Entry&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Entry& entry) { return out << entry.name << " => " << entry.path << " " << entry.hwcaps << "\n"; }

std::vector<Entry> entries_of(const std::string& content, ByteOrder order = ByteOrder::little) {
  auto cache = LibraryCache::parse(content, order);
  EXPECT_TRUE(cache) << cache.error().message;
  std::vector<Entry> entries;
  if (!cache) return entries;
  for (const CacheEntry& entry : cache->entries()) {
    entries.push_back({std::string(entry.name), std::string(entry.path), std::string(cache->hwcaps_name(entry.hardware))});
  }
  return entries;
}

// Libraries of those names, some of them for some processors only.
void plant(LibraryTree& tree, const std::set<std::string>& names, Dice& dice) {
  tree.file("/etc/ld.so.conf", "/opt/one\n/opt/two\n");
  for (const std::string& name : names) {
    for (const char* dir : {"/opt/one/", "/opt/two/", "/opt/one/glibc-hwcaps/x86-64-v2/", "/opt/two/glibc-hwcaps/x86-64-v3/", "/opt/one/glibc-hwcaps/x86-64-v3/"}) {
      if (dice.percent(dir[8] == '/' && dir[9] == '\0' ? 70 : 15)) tree.library(dir + name);
    }
  }
}

std::vector<NewCacheEntry> shuffled(const std::vector<Entry>& entries, Dice& dice) {
  std::vector<NewCacheEntry> made;
  for (const Entry& entry : entries) made.push_back({entry.name, entry.path, 0x303, entry.hwcaps, entry.hwcaps.empty() ? 0u : 1u << (entry.hwcaps.back() - '1')});
  for (size_t i = made.size(); i > 1; --i) std::swap(made[i - 1], made[dice.below(i)]);
  // Of entries that are equal in all that is compared the given order counts, which for ldconfig is that of the
  // directories.
  std::stable_sort(made.begin(), made.end(), [](const NewCacheEntry& a, const NewCacheEntry& b) { return a.path.substr(0, 9) < b.path.substr(0, 9); });
  return made;
}

class CacheOrder : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    if (const std::string why = test::why_no_ldconfig(); !why.empty()) GTEST_SKIP() << why;
  }
};
INSTANTIATE_TEST_SUITE_P(Seeds, CacheOrder, testing::Range(1, 13));

TEST_P(CacheOrder, IsThatOfLdconfig) {
  Dice dice(static_cast<uint64_t>(GetParam()));
  LibraryTree tree;
  plant(tree, distinct_names(dice, 120), dice);
  const std::vector<Entry> theirs = entries_of(tree.cache("new"));
  ASSERT_GT(theirs.size(), 100u);
  for (ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    const std::vector<Entry> ours = entries_of(write_library_cache(shuffled(theirs, dice), order), order);
    ASSERT_EQ(ours.size(), theirs.size());
    for (size_t i = 0; i < ours.size(); ++i) ASSERT_EQ(ours[i], theirs[i]) << "entry " << i << " of " << ours.size();
  }
}

// Where the loader finds a name, or an empty string.
std::string loader_finds(const LibraryTree& tree, const std::string& name) {
  constexpr const char* kLoader = "/lib64/ld-linux-x86-64.so.2";
  test::ElfSpec program;
  program.type = 2;
  program.interpreter = kLoader;
  test::write_file(tree.real("/program"), test::build_elf(program.needs(name)), 0755);
  for (std::string_view line : test::lines_of(test::run_program({tree.path(), {kLoader, "/program"}, {"LD_TRACE_LOADED_OBJECTS=1"}}).out)) {
    const size_t arrow = line.find(" => "), end = line.rfind(" (0x");
    if (arrow == std::string::npos || line.substr(1, arrow - 1) != name) continue;
    const std::string_view path = line.substr(arrow + 4, end == std::string::npos ? end : end - arrow - 4);
    return path == "not found" ? "" : std::string(path);
  }
  return "no answer";
}

TEST_P(CacheOrder, LeadsToWhatTheLoaderFinds) {
  if (const std::string why = test::why_no_chroot(); !why.empty()) GTEST_SKIP() << why;
  if (::access("/lib64/ld-linux-x86-64.so.2", X_OK) != 0) GTEST_SKIP() << "no loader of x86-64 here";
  Dice dice(static_cast<uint64_t>(GetParam()) + 100);
  std::set<std::string> planted, asked;
  while (planted.size() < 40) planted.insert(random_name(dice, true));
  LibraryTree tree;
  plant(tree, planted, dice);
  tree.file("/lib64/ld-linux-x86-64.so.2", test::read_file("/lib64/ld-linux-x86-64.so.2"));
  std::filesystem::permissions(tree.real("/lib64/ld-linux-x86-64.so.2"), std::filesystem::perms::owner_all);
  asked = planted;
  while (asked.size() < 60) asked.insert(random_name(dice, true));
  const std::string content = tree.cache(dice.pick(Names{"new", "compat", "old"}));
  tree.file("/etc/ld.so.cache", content);
  std::map<std::string, std::string> expected;
  for (const std::string& name : asked) expected[name] = loader_finds(tree, name);

  auto cache = LibraryCache::parse(content, ByteOrder::little);
  ASSERT_TRUE(cache);
  elf::Header header;
  header.machine = elf::kMachineX86_64;
  // One kind of processor is this one, on which all answers are the loader's.
  const Abi& abi = abi_of(header);
  std::map<std::string, std::string> nearest;
  size_t most = 0;
  for (const CpuModel& model : abi.models) {
    std::map<std::string, std::string> ours;
    size_t equal = 0;
    for (const std::string& name : asked) {
      ours[name] = std::string(cache->find(name, abi, model, {true, true}, nullptr).value_or(""));
      if (ours[name] == expected.at(name)) ++equal;
    }
    if (equal >= most) nearest = ours, most = equal;
  }
  for (const auto& [name, path] : expected) EXPECT_EQ(nearest[name], path) << name;
}

// The order must be one: std::stable_sort and the loader's search rely on that.
TEST(LibraryNameOrder, IsTotal) {
  Dice dice(9);
  Names names;
  for (int i = 0; i < 400; ++i) names.push_back(random_name(dice, true));
  auto sign = [](int value) { return (value > 0) - (value < 0); };
  for (int i = 0; i < 200000; ++i) {
    const std::string &a = dice.pick(names), &b = dice.pick(names), &c = dice.pick(names);
    const int ab = sign(compare_library_names(a, b)), bc = sign(compare_library_names(b, c)), ac = sign(compare_library_names(a, c));
    ASSERT_EQ(ab, -sign(compare_library_names(b, a))) << a << " " << b;
    if (ab <= 0 && bc <= 0) {
      ASSERT_LE(ac, 0) << a << " " << b << " " << c;
      ASSERT_TRUE(ac < 0 || (ab == 0 && bc == 0)) << a << " " << b << " " << c;
    }
  }
}

TEST(WrittenCache, IsOfTheByteOrderAskedFor) {
  const std::vector<NewCacheEntry> entries = {{"liba.so", "/lib/liba.so", 0x503, "", 0}, {"liba.so", "/lib/glibc-hwcaps/power10/liba.so", 0x503, "power10", 0}};
  const std::string little = write_library_cache(entries, ByteOrder::little), big = write_library_cache(entries, ByteOrder::big);
  // struct cache_file_new: the magic, nlibs, len_strings, flags, …; cache_file_new_flags_endian_{little,big} are 2 and 3.
  EXPECT_EQ(little.substr(20, 4), std::string("\2\0\0\0", 4));
  EXPECT_EQ(big.substr(20, 4), std::string("\0\0\0\2", 4));
  EXPECT_EQ(little[28], 2);
  EXPECT_EQ(big[28], 3);
  EXPECT_FALSE(LibraryCache::parse(little, ByteOrder::big));
  EXPECT_FALSE(LibraryCache::parse(big, ByteOrder::little));
  EXPECT_EQ(entries_of(big, ByteOrder::big), entries_of(little, ByteOrder::little));
  EXPECT_EQ(entries_of(big, ByteOrder::big).size(), 2u);
  auto cache = LibraryCache::parse(big, ByteOrder::big);
  ASSERT_TRUE(cache);
  elf::Header header;
  header.machine = elf::kMachinePpc64;
  header.order = ByteOrder::big;
  const Abi& abi = abi_of(header);
  EXPECT_EQ(cache->find("liba.so", abi, abi.models.front(), {true, false}, nullptr), "/lib/liba.so");
}

TEST(WrittenCache, DependsOnNothingButItsEntries) {
  std::vector<NewCacheEntry> entries = {{"libb.so", "/lib/libb.so", 0x303, "", 0}, {"liba.so", "/lib/liba.so", 0x303, "", 0}, {"libc.so.6", "/lib/libc.so.6", 0x303, "x86-64-v3", 4}};
  const std::string content = write_library_cache(entries, ByteOrder::little);
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  do {
    EXPECT_EQ(write_library_cache(entries, ByteOrder::little), content);
  } while (std::next_permutation(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; }));
  EXPECT_TRUE(entries_of(write_library_cache({}, ByteOrder::little)).empty());
}

}  // namespace
}  // namespace rootlet
