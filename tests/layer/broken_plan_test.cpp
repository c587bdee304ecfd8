#include "layer/plans.hpp"

namespace rootlet {
namespace {

using test::outcome;
using test::PlanBuilder;
using test::run_command;
using test::TemporaryDirectory;

TEST(LayerPlans, APlanThatBreaksAPromiseIsRefused) {
  TemporaryDirectory work;
  Root root = Root::in_memory({});
  auto refused = [&](const Plan& plan, const std::string& why) {
    for (const auto& result :
         {write_directory(plan, root, work / "out"), write_tar(plan, root, work / "out")}) {
      std::string text = outcome(result);
      EXPECT_TRUE(text.starts_with("invalid_argument: the plan cannot be written: ") && text.ends_with(why))
          << text;
    }
    EXPECT_EQ(run_command({"ls", "-A", work.path()}).out, "");
  };
  for (const char* path : {"", "a", "/a/", "//a", "/a/../b", "/./a", "/a/."}) {
    Plan plan;
    plan.entries.emplace_back().path = path;
    refused(plan, "the path is not absolute and canonical");
  }
  Plan plan = PlanBuilder().directory("/a").directory("/b").build();
  std::swap(plan.entries[0], plan.entries[1]);
  refused(plan, "the entries are not sorted");
  plan.entries[0] = plan.entries[1];
  refused(plan, "the entries are not sorted");

  plan = PlanBuilder().file("/a/b", "x").build();
  plan.entries.erase(plan.entries.begin());
  refused(plan, "its parent directory is not in the plan before it");
  refused(PlanBuilder().symlink("/a", "b").file("/a/b", "x").build(), "its parent is not a directory");
  refused(PlanBuilder().file("/", "x").build(), "the top is not a directory");
  refused(PlanBuilder().file("/a", "x", 010644).build(), "the mode has more than permission bits");
  refused(PlanBuilder().symlink("/a", "").build(), "the link leads nowhere");
  refused(PlanBuilder().symlink("/a", std::string("b\0c", 3)).build(), "the link leads nowhere");
  refused(PlanBuilder().hard_link("/a", "/b").file("/b", "x").build(),
          "no file before it has the link's target");
  refused(PlanBuilder().directory("/a").hard_link("/b", "/a").build(),
          "no file before it has the link's target");
  plan = PlanBuilder().file("/a", "x").build();
  plan.entries[0].size = 2;
  refused(plan, "it has no content of the size it states");
  plan.entries[0].content.reset();
  refused(plan, "it has no content of the size it states");
}

}  // namespace
}  // namespace rootlet
