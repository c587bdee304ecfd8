// Every program of this machine, compared with what its own loader says.
#include <elf.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/filesystem.hpp>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include "rootlet/closure.hpp"
#include "support/chroot.hpp"
#include "support/loader_oracle.hpp"

namespace rootlet::test {
namespace {

namespace fs = boost::filesystem;

constexpr size_t kWanted = 200;  // programs that a machine should have for this to mean something

// Programs and the interpreters that readelf finds in them, so that what is compared is not chosen by the
// reader that is tested. Programs that cannot be read are left out.
std::map<std::string, std::string> dynamic_programs(const std::vector<std::string>& directories) {
  std::vector<std::string> command = {"readelf", "-lW"};
  for (const std::string& directory : directories) {
    for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
      const std::string path = entry.path().string();
      struct stat status {};
      char magic[4] = {};
      if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) || ::access(path.c_str(), X_OK | R_OK) != 0) continue;
      if (FILE* file = std::fopen(path.c_str(), "rb")) {
        if (std::fread(magic, 1, 4, file) == 4 && std::string_view(magic, 4) == ELFMAG) command.push_back(path);
        std::fclose(file);
      }
    }
  }
  if (command.size() == 2) return {};
  command.push_back("/dev/null");  // it names the files only if there are several
  std::map<std::string, std::string> programs;
  std::istringstream lines(run_command(command).out);
  std::string file;
  constexpr std::string_view kFile = "File: ", kInterpreter = "[Requesting program interpreter: ";
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(kFile)) file = line.substr(kFile.size());
    if (const size_t at = line.find(kInterpreter); at != std::string::npos) {
      programs[file] = line.substr(at + kInterpreter.size(), line.size() - at - kInterpreter.size() - 1);
    }
  }
  return programs;
}

struct Loaded {
  std::set<std::string> files;    // by their real paths
  std::set<std::string> missing;  // names
  bool operator==(const Loaded&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Loaded& loaded) {
  for (const std::string& file : loaded.files) out << "\n  " << file;
  for (const std::string& name : loaded.missing) out << "\n  " << name << " => not found";
  return out << "\n";
}

// "\tNAME => PATH (0xADDRESS)", "\tNAME => not found" or "\tPATH (0xADDRESS)".
void read_line(const std::string& line, Loaded& loaded) {
  const size_t arrow = line.find(" => "), address = line.rfind(" (0x");
  const std::string name = line.substr(1, std::min(arrow, address) - 1);
  if (name == "linux-vdso.so.1" || name == "linux-gate.so.1") return;
  if (line.ends_with(" => not found")) {
    loaded.missing.insert(name);
    return;
  }
  const size_t start = arrow == std::string::npos ? 1 : arrow + 4;
  boost::system::error_code error;
  const std::string path = line.substr(start, address - start);
  const fs::path real = fs::canonical(path, error);
  loaded.files.insert(error ? path + " (" + error.message() + ")" : real.string());
}

// The loader's own trace. It ignores LD_TRACE_LOADED_OBJECTS for programs that run with other rights, and
// musl's knows no such variable: then it is run itself.
Loaded traced(const std::string& program, const std::string& interpreter) {
  struct stat status {};
  ::stat(program.c_str(), &status);
  const bool other_rights = (status.st_mode & (S_ISUID | S_ISGID)) != 0 || run_command({"getcap", program}).out.find('=') != std::string::npos;
  const bool musl = interpreter.find("/ld-musl-") != std::string::npos;
  const CommandResult said = other_rights || musl ? run_program({"", {interpreter, "--list", program}, {}})
                                                  : run_program({"", {program}, {"LD_TRACE_LOADED_OBJECTS=1"}});
  Loaded loaded;
  std::istringstream lines(said.out);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('\t')) read_line(line, loaded);
  }
  if (loaded.files.empty()) loaded.missing.insert("the loader says nothing: " + said.out + said.err);
  return loaded;
}

Loaded loaded_of(const Load& load) {
  Loaded loaded;
  for (size_t i = 1; i < load.objects.size(); ++i) {
    const bool asked_for = std::any_of(load.edges.begin(), load.edges.end(), [i](const LoadEdge& edge) { return edge.to == i; });
    if (asked_for) loaded.files.insert(load.objects[i].node->path());
  }
  for (const LoadFailure& failure : load.failures) {
    if (!failure.optional) loaded.missing.insert(failure.name);
  }
  return loaded;
}

// What the closure of the program alone holds beside itself: only that which every processor loads.
Loaded closed(Root& root, const std::string& program) {
  auto closure = resolve(root, {program});
  if (!closure) return {{closure.error().message}, {}};
  const std::string self = root.walk(program).node->path();
  Loaded loaded;
  for (const ClosureFile& file : closure->files) {
    const bool for_some = std::all_of(file.reasons.begin(), file.reasons.end(), [](const Reason& reason) { return reason.kind == ReasonKind::hwcaps; });
    const bool unasked = std::all_of(file.reasons.begin(), file.reasons.end(), [](const Reason& reason) { return reason.kind == ReasonKind::interpreter; });
    if (file.type() == NodeType::file && file.path != self && file.node != nullptr && !for_some && !unasked) loaded.files.insert(std::string(file.path));
  }
  for (const Missing& missing : closure->missing) loaded.missing.insert(std::string(missing.name));
  return loaded;
}

class WholeMachine : public testing::Test {
 protected:
  // The differences between rootlet and the program's loader, none if all is well.
  void compare(const std::string& program, const std::string& interpreter) {
    const Loaded real = traced(program, interpreter);
    auto loads = loader_.load_all(*root_.walk(program).node, program);
    ASSERT_TRUE(loads) << program << ": " << loads.error().message;
    if (loads->size() > 1) ++depending_on_cpu_;
    const bool same = std::any_of(loads->begin(), loads->end(), [&](const Load& load) { return loaded_of(load) == real; });
    EXPECT_TRUE(same) << program << "\nits loader: " << real << "rootlet: " << loaded_of(loads->front());
    if (loads->size() == 1) {
      EXPECT_EQ(closed(root_, program), real) << "the closure of " << program;
    }
    ++compared_;
  }

  Root root_ = std::move(*Root::open("/"));
  Loader loader_{root_, {}};
  size_t compared_ = 0, depending_on_cpu_ = 0;
};

TEST_F(WholeMachine, EveryProgramLoadsWhatItsLoaderSays) {
  const auto programs = dynamic_programs({"/usr/bin", "/usr/sbin"});
  for (const auto& [program, interpreter] : programs) compare(program, interpreter);
  std::printf("%zu programs compared with what their loaders say, of which %zu load other files on other processors\n", compared_, depending_on_cpu_);
  RecordProperty("compared", static_cast<int>(compared_));
  EXPECT_EQ(compared_, programs.size());
  if (programs.size() < kWanted) GTEST_SKIP() << "this machine has only " << programs.size() << " dynamically linked programs";
}

TEST_F(WholeMachine, SystemdAnalyzeFindsItsLibraryThroughRunpath) {
  // A library that is in no default directory and in no cache.
  const std::string program = "/usr/bin/systemd-analyze";
  if (::access(program.c_str(), X_OK) != 0) GTEST_SKIP() << program << " is not installed";
  compare(program, dynamic_programs({"/usr/bin"}).at(program));
  auto loads = loader_.load_all(*root_.walk(program).node, program);
  ASSERT_TRUE(loads);
  const Load& load = loads->front();
  auto shared = std::find_if(load.edges.begin(), load.edges.end(), [](const LoadEdge& edge) { return edge.name.starts_with("libsystemd-shared-"); });
  ASSERT_NE(shared, load.edges.end());
  EXPECT_EQ(shared->how, How::runpath);
  EXPECT_EQ(fs::path(load.objects[shared->to].node->path()).parent_path(), "/usr/lib/x86_64-linux-gnu/systemd");
}

TEST_F(WholeMachine, OneCallForAllProgramsGivesWhatOneCallForEachGives) {
  std::vector<std::string> entries;
  std::set<std::string> each;
  for (const auto& [program, interpreter] : dynamic_programs({"/usr/sbin"})) {
    entries.push_back(program);
    Root root = std::move(*Root::open("/"));
    auto closure = resolve(root, {program});
    ASSERT_TRUE(closure) << closure.error().message;
    for (const ClosureFile& file : closure->files) each.insert(std::string(file.path));
  }
  if (entries.empty()) GTEST_SKIP() << "no dynamically linked program in /usr/sbin";
  auto closure = resolve(root_, entries);
  ASSERT_TRUE(closure) << closure.error().message;
  std::set<std::string> all;
  for (const ClosureFile& file : closure->files) all.insert(std::string(file.path));
  EXPECT_EQ(all, each);
}

}  // namespace
}  // namespace rootlet::test
