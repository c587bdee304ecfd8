// The tests' module is the one that was built with them, wherever they stand.
#include <gtest/gtest.h>

#include "audit/model.hpp"
#include "support/temporary.hpp"

namespace rootlet {
namespace {

[[maybe_unused]] const bool placed = (auditing::use_lief_module(ROOTLET_LIEF_MODULE), true);

TEST(LiefModule, IsThatOfTheBuild) {
  auto version = auditing::lief_version();
  ASSERT_TRUE(version) << version.error().message;
  EXPECT_FALSE(version->empty());
}

// The command and the library do not need LIEF: who does not ask for a model does not wait for it.
TEST(LiefModule, IsNoNeedOfTheCommand) {
  const std::string needed = test::run_command({"readelf", "-d", ROOTLET_COMMAND}).out;
  EXPECT_NE(needed.find("(NEEDED)"), std::string::npos);
  EXPECT_EQ(needed.find("LIEF"), std::string::npos) << needed;
}

}  // namespace
}  // namespace rootlet
