#include "support/graph.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace rootlet::test {
namespace {

using Kind = GraphStep::Kind;

void make_parents(const std::string& path) {
  for (size_t slash = path.find('/', 1); slash != path.npos; slash = path.find('/', slash + 1)) {
    ::mkdir(path.substr(0, slash).c_str(), 0755);
  }
}

void write_content(const std::string& path, std::string_view content) {
  int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0755);
  if (file < 0) return;
  if (::write(file, content.data(), content.size()) < 0) ::_exit(1);
  ::close(file);
}

// Runs inside the tree's chroot.
void carry_out(const GraphStep& step, const std::string& loader) {
  make_parents(step.path);
  if (step.kind != Kind::directory) {
    ::unlink(step.path.c_str());
    ::rmdir(step.path.c_str());
  }
  switch (step.kind) {
    case Kind::directory: ::mkdir(step.path.c_str(), 0755); break;
    case Kind::object: write_content(step.path, build_elf(step.spec).substr(0, step.length)); break;
    case Kind::file: write_content(step.path, step.text); break;
    case Kind::loader: write_content(step.path, loader); break;
    case Kind::symlink:
      if (::symlink(step.text.c_str(), step.path.c_str()) != 0) return;
      break;
    case Kind::hard_link:
      if (::link(step.text.c_str(), step.path.c_str()) != 0) return;
      break;
    case Kind::socket: ::mknod(step.path.c_str(), S_IFSOCK | 0644, 0); break;
    case Kind::remove:
    case Kind::cache: break;
  }
}

using StepIterator = std::vector<GraphStep>::const_iterator;

// The kernel follows the tree's absolute links only for a process whose root it is.
void carry_out_in_chroot(StepIterator begin, StepIterator end, const std::string& tree,
                         const std::string& loader) {
  pid_t child = ::fork();
  if (child < 0) std::abort();
  if (child == 0) {
    if (::chroot(tree.c_str()) != 0 || ::chdir("/") != 0) ::_exit(1);
    ::umask(022);
    for (; begin != end; ++begin) carry_out(*begin, loader);
    ::_exit(0);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  ASSERT_EQ(status, 0) << "cannot write the tree " << tree;
}

std::string quoted_list(const char* key, const std::optional<std::string>& value) {
  return value ? std::string(" ") + key + "=\"" + *value + "\"" : "";
}

const char* tag_name(uint64_t tag) {
  switch (tag) {
    case 1: return "needed";
    case 15: return "rpath";
    case 29: return "runpath";
    case 0x7fffffff: return "filter";
    case 0x7ffffffd: return "auxiliary";
    default: return "tag";
  }
}

std::string describe(const ElfSpec& spec) {
  std::string text = spec.is64 ? "elf64" : "elf32";
  text += (spec.big_endian ? " big-endian" : "") + (" machine " + std::to_string(spec.machine));
  if (spec.type != 3) text += " type " + std::to_string(spec.type);
  if (spec.os_abi != 0) text += " osabi " + std::to_string(spec.os_abi);
  text += quoted_list("interpreter", spec.interpreter) + quoted_list("soname", spec.soname) +
          quoted_list("rpath", spec.rpath) + quoted_list("runpath", spec.runpath);
  if (!spec.dynamic) text += " without a dynamic section";
  for (const auto& [tag, name] : spec.dependencies) {
    text += " " + std::string(tag_name(tag)) + " \"" + name + "\"";
  }
  if (spec.flags_1 != 0) text += " flags_1 " + std::to_string(spec.flags_1);
  for (size_t i = 0; i < spec.abi_tag.size(); ++i)
    text += (i == 0 ? " abi " : ".") + std::to_string(spec.abi_tag[i]);
  return text;
}

std::string describe(const GraphStep& step) {
  switch (step.kind) {
    case Kind::directory: return "directory " + step.path;
    case Kind::object:
      return "object " + step.path + " " + describe(step.spec) +
             (step.length == SIZE_MAX ? "" : " cut to " + std::to_string(step.length));
    case Kind::file: return "file " + step.path + " \"" + step.text + "\"";
    case Kind::symlink: return "symlink " + step.path + " -> " + step.text;
    case Kind::hard_link: return "hard link " + step.path + " to " + step.text;
    case Kind::loader: return "loader " + step.path;
    case Kind::socket: return "socket " + step.path;
    case Kind::remove: return "remove " + step.path;
    case Kind::cache: return "ldconfig " + step.text;
  }
  return "";
}

}  // namespace

void write_graph(const Graph& graph, const LoaderFacts& facts, const std::string& tree) {
  static std::string binary, loader;
  if (binary != facts.binary) loader = read_file(binary = facts.binary);
  for (auto step = graph.steps.begin(); step != graph.steps.end();) {
    auto end = step;
    while (end != graph.steps.end() && end->kind != Kind::cache) ++end;
    carry_out_in_chroot(step, end, tree, loader);
    if (end == graph.steps.end()) break;
    run_command({"sh", "-c", "exec /sbin/ldconfig -r \"$0\" " + end->text, tree});
    step = end + 1;
  }
}

std::string describe(const Graph& graph) {
  std::string text;
  for (const GraphStep& step : graph.steps) text += describe(step) + "\n";
  text += "program " + graph.program + "\n";
  if (!graph.library_path.empty()) text += "LD_LIBRARY_PATH=\"" + graph.library_path + "\"\n";
  if (!graph.preload.empty()) text += "LD_PRELOAD=\"" + graph.preload + "\"\n";
  return text;
}

}  // namespace rootlet::test
