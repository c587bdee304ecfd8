// The wall itself: a test tool that never fails would prove nothing.
#include <gtest/gtest.h>

#include "support/guard_page.hpp"

namespace rootlet {
namespace {

using test::GuardedBytes;

TEST(GuardPage, HoldsTheBytesThatWerePlaced) {
  GuardedBytes wall(5000);
  EXPECT_EQ(wall.place("first content").text(), "first content");
  EXPECT_EQ(wall.place("second").text(), "second");
  EXPECT_TRUE(wall.place("").empty());
}

TEST(GuardPageDeathTest, EndsTheProcessAtTheFirstByteBehindTheContent) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  GuardedBytes wall(16);
  Bytes bytes = wall.place("0123456789");
  const auto* last = reinterpret_cast<const volatile char*>(bytes.span().data()) + 9;
  EXPECT_EQ(*last, '9');
  EXPECT_DEATH((void)*(last + 1), "");
}

}  // namespace
}  // namespace rootlet
