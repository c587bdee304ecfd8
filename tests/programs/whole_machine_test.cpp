// Every program of this machine, compared with what its own loader says.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "rootlet/closure.hpp"
#include "support/libraries_only.hpp"
#include "support/chroot.hpp"
#include "support/trace.hpp"

namespace rootlet::test {
namespace {

constexpr size_t kWanted = 200;  // programs that a machine should have for this to mean something

// The loader's own trace. It ignores LD_TRACE_LOADED_OBJECTS for programs that run with other rights, and
// musl's knows no such variable: then it is run itself.
Loaded traced(const std::string& program, const std::string& interpreter) {
  static const std::string capable = run_command({"getcap", "-r", "/usr/bin", "/usr/sbin"}).out;
  struct stat status {};
  ::stat(program.c_str(), &status);
  const bool other_rights =
      (status.st_mode & (S_ISUID | S_ISGID)) != 0 || capable.find(program + " ") != std::string::npos;
  const bool musl = interpreter.find("/ld-musl-") != std::string::npos;
  const CommandResult said = other_rights || musl
                                 ? run_program({"", {interpreter, "--list", program}, {}})
                                 : run_program({"", {program}, {"LD_TRACE_LOADED_OBJECTS=1"}});
  return read_trace(said.out, "/");
}

class WholeMachine : public testing::Test {
 protected:
  void compare(const std::string& program, const std::string& interpreter) {
    const Loaded real = traced(program, interpreter);
    auto loads = loader_.load_all(*root_.walk(program).node, program);
    ASSERT_TRUE(loads) << program << ": " << loads.error().message;
    const bool same =
        std::any_of(loads->begin(), loads->end(), [&](const Load& load) { return loaded_of(load) == real; });
    EXPECT_TRUE(same) << program << "\nits loader: " << real << "rootlet: " << loaded_of(loads->front());
    ++compared_;
    if (loads->size() > 1) {
      ++depending_on_cpu_;
      return;
    }
    auto closure = resolve(root_, {program}, libraries_only());
    ASSERT_TRUE(closure) << closure.error().message;
    EXPECT_EQ(loaded_of(*closure, root_.walk(program).node->path()), real) << "the closure of " << program;
  }

  Root root_ = std::move(*Root::open("/"));
  Loader loader_{root_, {}};
  size_t compared_ = 0, depending_on_cpu_ = 0;
};

TEST_F(WholeMachine, EveryProgramLoadsWhatItsLoaderSays) {
  const auto programs = dynamic_programs("/", {"/usr/bin", "/usr/sbin"});
  for (const auto& [program, interpreter] : programs) compare(program, interpreter);
  std::printf(
      "%zu programs compared with what their loaders say, of which %zu load other files on other "
      "processors\n",
      compared_, depending_on_cpu_);
  EXPECT_EQ(compared_, programs.size());
  if (programs.size() < kWanted)
    GTEST_SKIP() << "this machine has only " << programs.size() << " dynamically linked programs";
}

TEST_F(WholeMachine, SystemdAnalyzeFindsItsLibraryThroughRunpath) {
  // A library that is in no default directory and in no cache.
  const std::string program = "/usr/bin/systemd-analyze";
  if (::access(program.c_str(), X_OK) != 0) GTEST_SKIP() << program << " is not installed";
  compare(program, dynamic_programs("/", {"/usr/bin"}).at(program));
  auto loads = loader_.load_all(*root_.walk(program).node, program);
  ASSERT_TRUE(loads);
  const Load& load = loads->front();
  auto shared = std::find_if(load.edges.begin(), load.edges.end(), [](const LoadEdge& edge) {
    return edge.name.starts_with("libsystemd-shared-");
  });
  ASSERT_NE(shared, load.edges.end());
  EXPECT_EQ(shared->how, How::runpath);
  EXPECT_NE(load.objects[shared->to].node->path().find("-linux-gnu/systemd/libsystemd-shared-"),
            std::string::npos)
      << load.objects[shared->to].node->path();
}

TEST_F(WholeMachine, OneCallForAllProgramsGivesWhatOneCallForEachGives) {
  std::vector<std::string> entries;
  std::set<std::string> each, all;
  for (const auto& [program, interpreter] : dynamic_programs("/", {"/usr/sbin"})) {
    entries.push_back(program);
    Root root = std::move(*Root::open("/"));
    auto closure = resolve(root, {program}, libraries_only());
    ASSERT_TRUE(closure) << closure.error().message;
    for (const ClosureFile& file : closure->files) each.insert(std::string(file.path));
  }
  if (entries.empty()) GTEST_SKIP() << "no dynamically linked program in /usr/sbin";
  auto closure = resolve(root_, entries, libraries_only());
  ASSERT_TRUE(closure) << closure.error().message;
  for (const ClosureFile& file : closure->files) all.insert(std::string(file.path));
  EXPECT_EQ(all, each);
}

}  // namespace
}  // namespace rootlet::test
