#include "support/small_root.hpp"

#include <gtest/gtest.h>

#include <boost/filesystem.hpp>
#include <sstream>

#include "support/chroot.hpp"

namespace rootlet::test {
namespace {

namespace fs = boost::filesystem;

std::string parent(const std::string& path) {
  return fs::path(path).parent_path().string();
}

// The files that this machine's loader loads for a program, by the names it finds them by.
std::vector<std::string> loaded_here(const std::string& program) {
  std::istringstream lines(run_program({"", {program}, {"LD_TRACE_LOADED_OBJECTS=1"}}).out);
  std::vector<std::string> files;
  for (std::string line; std::getline(lines, line);) {
    const size_t slash = line.find('/'), end = line.rfind(" (0x");
    if (slash != std::string::npos && end != std::string::npos)
      files.push_back(line.substr(slash, end - slash));
  }
  return files;
}

}  // namespace

SmallRoot::SmallRoot(Bits bits) : bits_(bits) {
  const std::string probe = directory_ / "probe";
  write_file(directory_ / "probe.c", "int main(void) { return 42; }\n");
  const CommandResult compiled =
      run_command({"gcc", bits == Bits::i386 ? "-m32" : "-m64", "-o", probe, directory_ / "probe.c"});
  if (compiled.status != 0) {
    why_not_ = "cannot compile for it: " + compiled.err;
    return;
  }
  if (run_program({"", {probe}}).status != 42) {
    why_not_ = "this machine does not run such programs";
    return;
  }
  for (const std::string& file : loaded_here(probe)) {
    fs::create_directories(parent(directory_.path() + file));
    write_file(directory_.path() + file, read_file(file), 0755);
  }
  fs::remove(probe);
  fs::remove(directory_ / "probe.c");
}

void SmallRoot::compile(const std::string& source, const std::string& inside, std::vector<std::string> flags,
                        const std::vector<std::string>& linked) {
  const std::string out = directory_.path() + inside;
  fs::create_directories(parent(out));
  std::vector<std::string> command = {"gcc",    bits_ == Bits::i386 ? "-m32" : "-m64", "-O1", "-xc", "-",
                                      "-xnone", "-Wl,--allow-shlib-undefined",         "-o",  out};
  command.insert(command.end(), flags.begin(), flags.end());
  for (const std::string& library : linked) command.push_back(directory_.path() + library);
  const CommandResult compiled = run_command(command, source);
  ASSERT_EQ(compiled.status, 0) << compiled.err;
}

void SmallRoot::library(const std::string& inside, const std::string& soname, const std::string& name,
                        const std::string& text, const std::vector<std::string>& linked) {
  std::string source = "const char *" + name + "(void) { return \"" + text + "\"; }\n";
  compile(source, inside, {"-shared", "-fPIC", "-Wl,--no-as-needed", "-Wl,-soname," + soname}, linked);
}

void SmallRoot::program(const std::string& inside, const std::vector<std::string>& names,
                        const std::vector<std::string>& linked, const std::vector<std::string>& flags) {
  std::string source = "#include <stdio.h>\n";
  for (const std::string& name : names) source += "const char *" + name + "(void);\n";
  source += "int main(void) {\n";
  for (const std::string& name : names) source += "  puts(" + name + "());\n";
  compile(source + "  return 0;\n}\n", inside, flags, linked);
}

void SmallRoot::file(const std::string& inside, const std::string& content) {
  fs::create_directories(parent(directory_.path() + inside));
  write_file(directory_.path() + inside, content);
}

void SmallRoot::ldconfig() {
  fs::create_directories(directory_ / "var/cache/ldconfig");
  const CommandResult made = run_command({"/sbin/ldconfig", "-r", directory_.path()});
  EXPECT_EQ(made.status, 0) << made.err;
}

std::vector<std::string> listed_by_ldconfig(const std::string& cache) {
  const CommandResult said = run_command({"/sbin/ldconfig", "-p", "-C", cache});
  EXPECT_EQ(said.status, 0) << said.err;
  std::vector<std::string> libraries;
  std::istringstream lines(said.out);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('\t')) libraries.push_back(line.substr(1));
  }
  return libraries;
}

}  // namespace rootlet::test
