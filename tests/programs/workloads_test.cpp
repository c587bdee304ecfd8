// Real workloads of Debian 12's programs: each is done once on this machine and once in a chroot that holds
// nothing but the layer that `rootlet build` wrote for its entries with default options, and says the same.
//
//   tests/programs/workloads.sh                  installs all packages, runs all, prints the table (root)
//   ROOTLET_WORKLOADS=all build/test/tests/rootlet_tests --gtest_filter='*Workload*'        the second half
//
// Some are run without the variable. What else can be set:
//   ROOTLET_WORKLOADS_BUILDER=ldd|truth|COMMAND  another builder: copies by ldd; exactly what was opened; or
//                                                any that is called as `COMMAND build --dir DIR ENTRY...`
//   ROOTLET_WORKLOADS_SHOW=N                     what was said, what is missing, and N files without use
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "support/workload.hpp"
#include "support/workload_layer.hpp"
#include "support/workload_truth.hpp"
#include "support/workload_world.hpp"

namespace rootlet::test {
namespace {

std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool all_are_wanted() {
  return setting("ROOTLET_WORKLOADS") == "all";
}

std::vector<Workload> chosen_workloads() {
  std::vector<Workload> result = read_workloads(ROOTLET_WORKLOADS_DIRECTORY);
  if (!all_are_wanted())
    std::erase_if(result, [](const Workload& workload) { return !workload.in_default_run; });
  return result;
}

bool same(const Outcome& one, const Outcome& other) {
  return one.statuses == other.statuses && one.output == other.output;
}

std::string missing_packages(const Workload& workload) {
  std::string result;
  for (const std::string& package : workload.packages) {
    const CommandResult status = run_command({"dpkg-query", "-W", "-f", "${db:Status-Status}", package});
    // A package whose triggers wait is usable.
    if (status.out != "installed" && !status.out.starts_with("triggers-")) result += " " + package;
  }
  return result;
}

// A builder's line in the table.
struct Score {
  bool passed = false;
  Measure measure;
};

struct Row {
  std::string name;
  uint64_t bytes_opened = 0;
  Score ours, ldd;
};

struct Sum {
  size_t passed = 0;
  double recall = 0;
  uint64_t bytes = 0;

  void add(const Score& score) {
    passed += score.passed;
    recall += score.measure.recall;
    bytes += score.measure.bytes;
  }
};

double ratio(uint64_t bytes, uint64_t opened) {
  return opened == 0 ? 0 : static_cast<double>(bytes) / static_cast<double>(opened);
}

class Workloads : public testing::TestWithParam<Workload> {
 protected:
  static void TearDownTestSuite() {
    if (rows_.empty()) return;
    std::printf("%-28s | %-30s | %s\n%-28s | pass  recall  bytes / opened  | pass  recall  bytes / opened\n",
                "", builder().c_str(), "copies by ldd", "workload");
    Sum ours, ldd;
    uint64_t opened = 0;
    for (const Row& row : rows_) {
      print(row.name, row.ours.passed ? "ok" : "FAIL", row.ldd.passed ? "ok" : "fail", row);
      ours.add(row.ours);
      ldd.add(row.ldd);
      opened += row.bytes_opened;
    }
    const double count = static_cast<double>(rows_.size());
    Row total = {"mean recall, sum of bytes", opened, {}, {}};
    total.ours.measure.recall = ours.recall / count;
    total.ours.measure.bytes = ours.bytes;
    total.ldd.measure.recall = ldd.recall / count;
    total.ldd.measure.bytes = ldd.bytes;
    print(total.name, std::to_string(ours.passed), std::to_string(ldd.passed), total);
    std::printf("%zu workloads, %.1f MB opened, layers of %.1f MB\n", rows_.size(),
                static_cast<double>(opened) / 1e6, static_cast<double>(ours.bytes) / 1e6);
    if (!all_are_wanted() || rows_.size() < 60) return;
    EXPECT_GE(total.ours.measure.recall, 0.99);
    EXPECT_LE(ratio(ours.bytes, opened), 1.5);
  }

  static std::string builder() {
    const std::string other = setting("ROOTLET_WORKLOADS_BUILDER");
    return other.empty() ? ROOTLET_COMMAND : other;
  }

  void SetUp() override {
    if (const std::string why = why_no_worlds(); !why.empty()) GTEST_SKIP() << why;
    if (const std::string missing = missing_packages(GetParam()); !missing.empty()) {
      if (all_are_wanted()) FAIL() << "not installed:" << missing;
      GTEST_SKIP() << "not installed:" << missing;
    }
  }

  // Empty, or what the builder said.
  static std::string build(const WorkloadWorld& world, const Truth& truth, const std::string& layer) {
    if (builder() == "ldd") return copy_by_ldd(world, GetParam(), layer);
    if (builder() == "truth") return copy_truth(world, truth, layer), "";
    return build_layer(world, GetParam(), builder(), layer);
  }

  static Score score(const WorkloadWorld& world, const Truth& truth, const Outcome& expected,
                     const std::string& layer) {
    return {same(world.run(layer), expected), measure(truth, layer)};
  }

  static std::string missing(const Measure& measure) {
    std::string result = "opened here and missing there:\n";
    for (const std::string& path : measure.missing) result += "  " + path + "\n";
    return result;
  }

  static std::string unused(const Measure& measure) {
    std::string result =
        "the largest of " + std::to_string(measure.unused.size()) + " that were not opened:\n";
    for (size_t i = 0; i < std::min(measure.unused.size(), std::stoul(setting("ROOTLET_WORKLOADS_SHOW")));
         ++i) {
      const auto& [size, path] = measure.unused[i];
      result += "  " + std::to_string(size) + " " + path + "\n";
    }
    return result;
  }

  static std::vector<Row> rows_;

 private:
  static void print(const std::string& name, const std::string& ours, const std::string& ldd,
                    const Row& row) {
    std::printf("%-28s | %-4s  %6.4f  %6.1f MB %6.2f | %-4s  %6.4f  %6.1f MB %6.2f\n", name.c_str(),
                ours.c_str(), row.ours.measure.recall, static_cast<double>(row.ours.measure.bytes) / 1e6,
                ratio(row.ours.measure.bytes, row.bytes_opened), ldd.c_str(), row.ldd.measure.recall,
                static_cast<double>(row.ldd.measure.bytes) / 1e6,
                ratio(row.ldd.measure.bytes, row.bytes_opened));
  }
};

std::vector<Row> Workloads::rows_;

TEST_P(Workloads, SaysInItsLayerWhatItSaysHere) {
  const Workload& workload = GetParam();
  const WorkloadWorld world(workload);
  ASSERT_EQ(world.error(), "");

  const Outcome here = world.run();
  const size_t foreground =
      static_cast<size_t>(std::count_if(workload.steps.begin(), workload.steps.end(), [](const Step& step) {
        return step.kind != Step::Kind::kServe && step.kind != Step::Kind::kHostServe;
      }));
  ASSERT_EQ(here.statuses, std::vector<int>(foreground, 0))
      << "on this machine: " << here.output << here.errors;
  const std::string traces = world / "traces";
  const Outcome traced = world.run({}, traces);
  ASSERT_EQ(traced.output, here.output) << "not the same every time, or not when traced: " << traced.errors;
  const Truth truth = read_truth(world, traces);
  ASSERT_FALSE(truth.opened.empty());

  const std::string layer = world / "built/layer", copies = world / "copied/layer";
  const std::string said = build(world, truth, layer);
  const Outcome there = world.run(layer);
  copy_by_ldd(world, workload, copies);
  rows_.push_back({workload.name,
                   truth.bytes,
                   {same(there, here), measure(truth, layer)},
                   score(world, truth, here, copies)});

  const std::string lacks = missing(rows_.back().ours.measure);
  EXPECT_EQ(there.statuses, here.statuses) << there.errors << said << lacks;
  EXPECT_EQ(there.output, here.output) << there.errors << said << lacks;
  if (!setting("ROOTLET_WORKLOADS_SHOW").empty()) {
    std::printf("%s\n%s\n%s%s%s\n", here.output.c_str(), here.errors.c_str(), said.c_str(), lacks.c_str(),
                unused(rows_.back().ours.measure).c_str());
  }
}

INSTANTIATE_TEST_SUITE_P(Debian, Workloads, testing::ValuesIn(chosen_workloads()),
                         [](const testing::TestParamInfo<Workload>& workload) {
                           std::string name = workload.param.name;
                           for (char& letter : name) letter = letter == '-' || letter == '.' ? '_' : letter;
                           return name;
                         });

}  // namespace
}  // namespace rootlet::test
