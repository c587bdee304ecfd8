#include "package/path_index.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace rootlet::package {
namespace {

std::string path_of(size_t i) { return "/usr/share/doc/package-" + std::to_string(i / 7) + "/file." + std::to_string(i); }

TEST(PathIndex, EveryPathHasTheOwnerItWasAddedWith) {
  for (const size_t reserved : {size_t{0}, size_t{1000}, size_t{500'000}}) {
    PathIndex index;
    index.reserve(reserved);
    constexpr uint32_t kPaths = 300'000;
    for (uint32_t i = 0; i < kPaths; ++i) index.add(path_of(i), i);
    ASSERT_EQ(index.size(), kPaths);
    EXPECT_EQ(index.lost(), 0u);
    for (uint32_t i = 0; i < kPaths; ++i) ASSERT_EQ(index.find(path_of(i)), i);
    for (uint32_t i = 0; i < kPaths; ++i) ASSERT_EQ(index.find(path_of(i) + "x"), std::nullopt);
  }
}

TEST(PathIndex, OfSeveralOwnersTheSmallestStays) {
  PathIndex index;
  for (uint32_t owner : {7u, 3u, 9u, 3u}) index.add("/usr", owner);
  EXPECT_EQ(index.find("/usr"), 3u);
  EXPECT_EQ(index.size(), 1u);
}

TEST(PathIndex, AnEmptyIndexFindsNothing) {
  PathIndex index;
  EXPECT_EQ(index.find("/usr"), std::nullopt);
  EXPECT_EQ(index.find(""), std::nullopt);
  EXPECT_EQ(index.bytes(), 0u);
}

TEST(PathIndex, ThreeHundredThousandPathsTakeLessThanEightMegabytes) {
  PathIndex index;
  for (uint32_t i = 0; i < 300'000; ++i) index.add(path_of(i), i);
  EXPECT_EQ(index.size(), 300'000u);
  EXPECT_LT(index.bytes(), 8u << 20);
}

TEST(PathIndex, PathsOfOneCharacterOrLengthOfDifferenceHaveDifferentHashes) {
  std::set<uint64_t> hashes;
  size_t made = 0;
  for (size_t length = 0; length <= 64; ++length) {
    const std::string base(length, 'a');
    for (size_t at = 0; at < length; ++at) {
      for (char c : {'b', '/', '\x80', '\0'}) {
        std::string changed = base;
        changed[at] = c;
        hashes.insert(PathIndex::hash(changed));
        ++made;
      }
    }
    hashes.insert(PathIndex::hash(base));
    ++made;
  }
  EXPECT_EQ(hashes.size(), made);
}

TEST(PathIndex, HashesThatMeetEndInABoundAndNotInASlowTable) {
  PathIndex index;
  constexpr uint64_t kMeet = 100'000;
  for (uint64_t i = 0; i < kMeet; ++i) index.add_hash((i + 1) << 32 | 5, 0);
  EXPECT_GT(index.lost(), kMeet / 2);
  EXPECT_GE(index.size(), PathIndex::kLongestProbe);
  EXPECT_LT(index.bytes(), 2u << 20) << "grew for paths that it does not hold";
}

TEST(PathIndex, MorePathsThanItsBoundAreLostAndCounted) {
  PathIndex index;
  for (uint64_t i = 0; i < PathIndex::kMostPaths + 1000; ++i) index.add_hash((i + 1) * 0x9e3779b97f4a7c15ULL, 1);
  EXPECT_EQ(index.size(), PathIndex::kMostPaths);
  EXPECT_EQ(index.lost(), 1000u);
  EXPECT_LE(index.bytes(), 101u << 20);
}

}  // namespace
}  // namespace rootlet::package
