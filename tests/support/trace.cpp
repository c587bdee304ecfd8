#include "support/trace.hpp"

#include <elf.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <boost/filesystem.hpp>
#include <cstdio>
#include <cerrno>
#include <cstring>
#include <sstream>

#include "support/temporary.hpp"

namespace rootlet::test {
namespace {

namespace fs = boost::filesystem;

// Where a path leads inside a tree, as the kernel follows it there.
std::string real_path_in(const std::string& tree, const std::string& path) {
  const int top = ::open(tree.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT;
  // EAGAIN: something was renamed or mounted meanwhile, anywhere, and the path has "..".
  int file = -1;
  do file = static_cast<int>(::syscall(SYS_openat2, top, path.c_str(), &how, sizeof how));
  while (file < 0 && errno == EAGAIN);
  std::string real = path + " (" + std::strerror(errno) + ")";
  if (file >= 0) {
    boost::system::error_code error;
    const std::string named = fs::read_symlink("/proc/self/fd/" + std::to_string(file), error).string();
    const size_t prefix = tree == "/" ? 0 : tree.size();
    if (!error && named.size() > prefix) real = named.substr(prefix);
    ::close(file);
  }
  ::close(top);
  return real;
}

// "\tNAME => PATH (0xADDRESS)", "\tNAME => not found" or "\tPATH (0xADDRESS)".
void read_line(const std::string& line, const std::string& tree, Loaded& loaded) {
  const size_t arrow = line.find(" => "), address = line.rfind(" (0x");
  const std::string name = line.substr(1, std::min(arrow, address) - 1);
  if (name.starts_with("linux-vdso") || name == "linux-gate.so.1") return;
  if (line.ends_with(" => not found")) {
    loaded.missing.insert(name);
    return;
  }
  const size_t start = arrow == std::string::npos ? 1 : arrow + 4;
  loaded.files.insert(real_path_in(tree, line.substr(start, address - start)));
}

bool is_readable_elf_program(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) ||
      ::access(path.c_str(), X_OK | R_OK) != 0)
    return false;
  char magic[SELFMAG] = {};
  FILE* file = std::fopen(path.c_str(), "rb");
  const bool read = file != nullptr && std::fread(magic, 1, SELFMAG, file) == SELFMAG;
  if (file != nullptr) std::fclose(file);
  return read && std::memcmp(magic, ELFMAG, SELFMAG) == 0;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Loaded& loaded) {
  for (const std::string& file : loaded.files) out << "\n  " << file;
  for (const std::string& name : loaded.missing) out << "\n  " << name << " => not found";
  return out << "\n";
}

Loaded read_trace(const std::string& output, const std::string& tree) {
  Loaded loaded;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('\t')) read_line(line, tree, loaded);
  }
  if (loaded.files.empty()) loaded.missing.insert("the loader says nothing: " + output);
  return loaded;
}

Loaded loaded_of(const Load& load) {
  Loaded loaded;
  for (size_t i = 1; i < load.objects.size(); ++i) {
    const bool asked_for =
        std::any_of(load.edges.begin(), load.edges.end(), [i](const LoadEdge& edge) { return edge.to == i; });
    if (asked_for) loaded.files.insert(load.objects[i].node->path());
  }
  for (const LoadFailure& failure : load.failures) {
    if (!failure.optional) loaded.missing.insert(failure.name);
  }
  return loaded;
}

Loaded loaded_of(const Closure& closure, std::string_view program) {
  Loaded loaded;
  for (const ClosureFile& file : closure.files) {
    auto only = [&](ReasonKind kind) {
      return std::all_of(file.reasons.begin(), file.reasons.end(),
                         [kind](const Reason& reason) { return reason.kind == kind; });
    };
    if (file.type() != NodeType::file || file.node == nullptr || file.path == program) continue;
    if (!only(ReasonKind::hwcaps) && !only(ReasonKind::interpreter))
      loaded.files.insert(std::string(file.path));
  }
  for (const Missing& missing : closure.missing) loaded.missing.insert(std::string(missing.name));
  return loaded;
}

std::map<std::string, std::string> dynamic_programs(const std::string& tree,
                                                    const std::vector<std::string>& directories) {
  const std::string prefix = tree == "/" ? "" : tree;
  std::vector<std::string> command = {"readelf", "-lW",
                                      "/dev/null"};  // it names its files only if there are several
  for (const std::string& directory : directories) {
    for (const fs::directory_entry& entry : fs::directory_iterator(prefix + directory)) {
      if (is_readable_elf_program(entry.path().string())) command.push_back(entry.path().string());
    }
  }
  std::map<std::string, std::string> programs;
  std::istringstream lines(run_command(command).out);
  std::string file;
  constexpr std::string_view kFile = "File: ", kInterpreter = "[Requesting program interpreter: ";
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(kFile)) file = line.substr(kFile.size() + prefix.size());
    if (const size_t at = line.find(kInterpreter); at != std::string::npos) {
      programs[file] = line.substr(at + kInterpreter.size(), line.size() - at - kInterpreter.size() - 1);
    }
  }
  return programs;
}

}  // namespace rootlet::test
