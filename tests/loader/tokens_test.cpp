// $ORIGIN, $LIB and $PLATFORM in a text, against what the real loader makes of the same text.
#include <gtest/gtest.h>

#include "loader/state.hpp"
#include "support/diagnostics.hpp"
#include "support/dice.hpp"

namespace rootlet::test {
namespace {

constexpr const char* kLoader = "/lib64/ld-linux-x86-64.so.2";
const TokenValues kValues{"/origin", "lib64", "x86_64"};

TEST(Tokens, OfAnyPiecesAreExpandedAsByTheLoader) {
  auto diagnostics = loader_diagnostics(kLoader);
  if (diagnostics.empty()) GTEST_SKIP() << kLoader << " is not here, or has no --list-diagnostics (glibc before 2.33)";
  const TokenValues values{"", diagnostics["dl_dst_lib"], diagnostics["dl_platform"]};
  const std::vector<std::string> pieces{"$LIB", "${LIB}", "$PLATFORM", "${PLATFORM}", "$", "{", "}", "x", "_", "9", "/", "-", "LIB", "${LIB", "$LIBRARY", "$$", "."};
  Dice dice(5);
  size_t expanded = 0;
  for (int round = 0; round < 200; ++round) {
    std::string text = "/x/";
    for (size_t count = dice.between(1, 8); count > 0; --count) text += dice.pick(pieces);
    text += "z";  // the loader prints no trailing slash
    const auto searched = searched_for(kLoader, true, text);
    ASSERT_FALSE(searched.empty()) << text;
    const auto ours = expand_tokens(text, values, nullptr);
    ASSERT_EQ(ours, searched.back()) << text;
    if (*ours != text) ++expanded;
  }
  EXPECT_GT(expanded, 50u);
}

TEST(Tokens, EndWhereAWordEnds) {
  EXPECT_EQ(expand_tokens("$ORIGIN/../$LIB", kValues, nullptr), "/origin/../lib64");
  EXPECT_EQ(expand_tokens("$ORIGIN-$LIB.$PLATFORM", kValues, nullptr), "/origin-lib64.x86_64");
  for (const char* text : {"$ORIGINAL", "$LIB_", "$LIB2", "$PLATFORMS", "$lib", "$", "$$", "$ ORIGIN", "${ORIGIN", "${ORIGIN/}", "${ ORIGIN}"}) {
    EXPECT_EQ(expand_tokens(text, kValues, nullptr), text);
  }
}

TEST(Tokens, InBracesEndAtTheBrace) {
  EXPECT_EQ(expand_tokens("a${ORIGIN}b", kValues, nullptr), "a/originb");
  EXPECT_EQ(expand_tokens("${LIB}${PLATFORM}", kValues, nullptr), "lib64x86_64");
}

TEST(Tokens, WithoutAValueLeaveNothing) {
  const TokenValues none{"/origin", "lib64", ""};
  EXPECT_EQ(expand_tokens("/a/$PLATFORM", none, nullptr), std::nullopt);
  EXPECT_EQ(expand_tokens("/a/$LIB", none, nullptr), "/a/lib64");
}

TEST(Tokens, TellWhetherThePlatformMattered) {
  bool used = false;
  expand_tokens("$ORIGIN/$LIB", kValues, &used);
  EXPECT_FALSE(used);
  expand_tokens("$ORIGIN/$PLATFORM", kValues, &used);
  EXPECT_TRUE(used);
}

}  // namespace
}  // namespace rootlet::test
