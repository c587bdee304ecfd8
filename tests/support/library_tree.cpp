#include "support/library_tree.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

namespace rootlet::test {
namespace {

namespace fs = std::filesystem;
constexpr const char* kLdconfig = "/sbin/ldconfig";

}  // namespace

LibraryTree& LibraryTree::library(const std::string& path, bool is64) {
  ElfSpec spec;
  spec.is64 = is64;
  spec.machine = is64 ? 62 : 3;
  spec.soname = fs::path(path).filename();
  return file(path, build_elf(spec.needs("libc.so.6")));
}

LibraryTree& LibraryTree::file(const std::string& path, const std::string& content) {
  fs::create_directories(fs::path(real(path)).parent_path());
  write_file(real(path), content);
  return *this;
}

LibraryTree& LibraryTree::directory(const std::string& path) {
  fs::create_directories(real(path));
  return *this;
}

LibraryTree& LibraryTree::symlink(const std::string& path, const std::string& target) {
  fs::create_directories(fs::path(real(path)).parent_path());
  fs::create_symlink(target, real(path));
  return *this;
}

std::string LibraryTree::ldconfig(std::vector<std::string> options) const {
  fs::create_directories(real("/etc"));
  if (!fs::exists(real("/etc/ld.so.conf"))) write_file(real("/etc/ld.so.conf"), "");
  std::vector<std::string> argv{"env", "LC_ALL=C", kLdconfig, "-X", "-r", path()};
  argv.insert(argv.end(), options.begin(), options.end());
  const CommandResult result = run_command(argv);
  EXPECT_EQ(result.status, 0) << result.err;
  return result.out;
}

std::string LibraryTree::cache(const std::string& format) const {
  ldconfig({"-c", format, "-C", "/" + format + ".cache"});
  return read_file(real("/" + format + ".cache"));
}

std::string why_no_ldconfig() {
  const CommandResult result = run_command({kLdconfig, "--version"});
  if (result.status != 0 || !result.out.starts_with("ldconfig (")) {
    return std::string(kLdconfig) + " of glibc is not here";
  }
  return {};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace rootlet::test
