#include "support/workload_trace.hpp"

#include <boost/filesystem.hpp>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <set>

namespace rootlet::test {
namespace {

namespace fs = boost::filesystem;

const std::set<std::string> kOpens = {"open", "openat", "openat2", "creat"};
const std::set<std::string> kForks = {"clone", "clone3", "fork", "vfork"};
const std::set<std::string> kLooks = {
    "stat",   "stat64",   "lstat",     "lstat64",    "newfstatat",       "fstatat64",
    "statx",  "access",   "faccessat", "faccessat2", "readlink",         "readlinkat",
    "statfs", "statfs64", "getxattr",  "lgetxattr",  "inotify_add_watch"};
const std::set<std::string> kLooksAtLinks = {"lstat", "lstat64", "readlink", "readlinkat", "lgetxattr"};
const std::set<std::string> kMakes = {"mkdir",  "mkdirat",  "symlink",   "symlinkat", "link",   "linkat",
                                      "rename", "renameat", "renameat2", "mknod",     "mknodat"};

// One line: NAME(REST) = RESULT.
struct Call {
  std::string name;
  std::string rest;
  std::string result;
};

std::optional<Call> read_call(const std::string& line) {
  const size_t open = line.find('('), equals = line.rfind(" = ");
  if (open == std::string::npos || equals == std::string::npos || equals < open) return std::nullopt;
  Call call = {line.substr(0, open), line.substr(open + 1, equals - open - 1), line.substr(equals + 3)};
  if (call.result.starts_with("-1") || call.result.starts_with("?")) return std::nullopt;
  return call;
}

// The next string in quotes from `at` on, with strace's escapes undone; `at` moves behind it.
std::optional<std::string> quoted(const std::string& text, size_t& at) {
  at = text.find('"', at);
  if (at == std::string::npos) return std::nullopt;
  std::string result;
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] != '\\' || at + 1 == text.size()) {
      result += text[at];
      continue;
    }
    const char kind = text[++at];
    static const std::map<char, char> kNamed = {
        {'n', '\n'}, {'t', '\t'}, {'r', '\r'}, {'v', '\v'}, {'f', '\f'}};
    if (kind >= '0' && kind <= '7') {
      int value = 0, digits = 0;
      for (; digits < 3 && text[at] >= '0' && text[at] <= '7'; ++digits)
        value = value * 8 + (text[at++] - '0');
      --at;
      result += static_cast<char>(value);
    } else {
      const auto named = kNamed.find(kind);
      result += named == kNamed.end() ? kind : named->second;
    }
  }
  ++at;
  return result;
}

// What stands in <> behind a descriptor at the start of the text.
std::optional<std::string> described(const std::string& text) {
  const size_t comma = text.find(','), open = text.find('<');
  if (open == std::string::npos || (comma != std::string::npos && comma < open)) return std::nullopt;
  const size_t close = text.find('>', open);
  return text.substr(open + 1, close - open - 1);
}

// A process with its working directory and its root, as the calls change them.
class Process {
 public:
  Process(std::string sandbox, std::string directory, std::string base)
      : sandbox_(std::move(sandbox)), directory_(std::move(directory)), base_(std::move(base)) {}

  struct Child {
    long id;
    std::string directory, base;
  };

  void read(const std::string& file, std::vector<Access>& accesses, std::vector<Child>& children) {
    std::ifstream stream(file, std::ios::binary);
    for (std::string line; std::getline(stream, line);) {
      const auto call = read_call(line);
      if (!call) continue;
      if (directory_.empty()) {
        if (call->name == "chroot" && call->rest.find("\"" + sandbox_ + "\"") != std::string::npos)
          directory_ = "/";
      } else if (kForks.contains(call->name)) {
        children.push_back({std::atol(call->result.c_str()), directory_, base_});
      } else if (call->name == "fchdir") {
        if (const auto path = described(call->rest)) directory_ = inside(*path);
      } else {
        read_path(*call, accesses);
      }
    }
  }

 private:
  // A path that strace shows as this machine sees it.
  std::string inside(const std::string& path) const {
    const std::string root = sandbox_ + base_;
    if (!path.starts_with(root)) return path;
    return path.size() == root.size() ? "/" : path.substr(root.size());
  }

  void read_path(const Call& call, std::vector<Access>& accesses) {
    size_t at = 0;
    std::optional<std::string> path = quoted(call.rest, at);
    if (!path || path->empty()) return;
    if (!path->starts_with('/')) path = inside(described(call.rest).value_or(directory_)) + "/" + *path;
    const auto add = [&](Access::Kind kind, bool follow) {
      accesses.push_back({kind, base_, *path, follow});
    };
    const auto flag = [&](const char* name) { return call.rest.find(name, at) != std::string::npos; };
    if (call.name == "chdir") {
      directory_ = *path;
      add(Access::Kind::kLook, true);
    } else if (call.name == "chroot") {
      add(Access::Kind::kLook, true);
      base_ = path == "/" ? base_ : base_ + fs::path(*path).lexically_normal().string();
      directory_ = "/";
    } else if (call.name == "execve" || call.name == "execveat") {
      add(Access::Kind::kExecute, true);
    } else if (kOpens.contains(call.name)) {
      const bool writes = flag("O_WRONLY") || call.name == "creat";
      add(flag("O_PATH") ? Access::Kind::kLook
          : writes       ? Access::Kind::kWrite
                         : Access::Kind::kRead,
          !flag("O_NOFOLLOW"));
      if (flag("O_CREAT")) add(Access::Kind::kMake, true);
    } else if (kLooks.contains(call.name)) {
      add(Access::Kind::kLook, !kLooksAtLinks.contains(call.name) && !flag("AT_SYMLINK_NOFOLLOW"));
    } else if (kMakes.contains(call.name)) {
      add(Access::Kind::kMake, true);
      if (std::optional<std::string> second = quoted(call.rest, at); second && !second->empty()) {
        path = second->starts_with('/') ? *second : directory_ + "/" + *second;
        add(Access::Kind::kMake, true);
      }
    }
  }

  const std::string sandbox_;
  std::string directory_;  // empty: not yet in the sandbox
  std::string base_;
};

}  // namespace

std::vector<Access> read_accesses(const std::string& directory, const std::string& sandbox) {
  std::map<std::string, std::map<long, std::string>> steps;
  for (const auto& entry : fs::directory_iterator(directory)) {
    const std::string name = entry.path().filename().string();
    const size_t dot = name.find('.');
    if (dot == std::string::npos) continue;
    steps[name.substr(0, dot)][std::atol(name.c_str() + dot + 1)] = entry.path().string();
  }
  std::vector<Access> result;
  for (const auto& [step, logs] : steps) {
    // The first process is the one with the lowest number: process numbers do not wrap in a new namespace.
    std::vector<Process::Child> todo = {{logs.begin()->first, "", ""}};
    std::set<long> done;
    while (!todo.empty()) {
      const Process::Child next = todo.back();
      todo.pop_back();
      const auto log = logs.find(next.id);
      if (log == logs.end() || !done.insert(next.id).second) continue;
      Process(sandbox, next.directory, next.base).read(log->second, result, todo);
    }
  }
  return result;
}

}  // namespace rootlet::test
