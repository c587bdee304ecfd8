// Plans made by hand, and children to write them in.
#pragma once

#include <grp.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "rootlet/layer.hpp"
#include "support/temporary.hpp"

namespace rootlet::test {

// Sorts what it is given and adds the parents that are missing.
class PlanBuilder {
 public:
  PlanBuilder& directory(std::string path, uint32_t mode = 0755, int64_t time = 0) {
    return add(std::move(path), PlanEntryType::directory, mode, time);
  }
  PlanBuilder& file(std::string path, std::string content, uint32_t mode = 0644, int64_t time = 0) {
    add(std::move(path), PlanEntryType::file, mode, time);
    last().size = content.size();
    last().content = std::move(content);
    return *this;
  }
  PlanBuilder& source(const Node* node, uint32_t mode = 0644, int64_t time = 0) {
    add(node->path(), PlanEntryType::file, mode, time);
    last().size = node->status().size;
    last().source = node;
    return *this;
  }
  PlanBuilder& capability(std::string value) {
    last().capability = std::move(value);
    return *this;
  }
  PlanBuilder& symlink(std::string path, std::string target, int64_t time = 0) {
    add(std::move(path), PlanEntryType::symlink, 0777, time);
    last().target = std::move(target);
    return *this;
  }
  PlanBuilder& hard_link(std::string path, std::string target, uint32_t mode = 0644, int64_t time = 0) {
    add(std::move(path), PlanEntryType::hard_link, mode, time);
    last().target = std::move(target);
    return *this;
  }

  Plan build() const {
    Plan plan = plan_;
    std::set<std::string> paths;
    for (const PlanEntry& entry : plan_.entries) paths.insert(entry.path);
    for (const PlanEntry& entry : plan_.entries) {
      for (size_t slash = entry.path.rfind('/'); slash > 0; slash = entry.path.rfind('/', slash - 1)) {
        PlanEntry parent;
        parent.path = entry.path.substr(0, slash);
        parent.type = PlanEntryType::directory;
        parent.mode = 0755;
        if (slash != std::string::npos && paths.insert(parent.path).second) plan.entries.push_back(parent);
        if (slash == std::string::npos) break;
      }
    }
    std::sort(plan.entries.begin(), plan.entries.end(),
              [](const PlanEntry& a, const PlanEntry& b) { return a.path < b.path; });
    for (const PlanEntry& entry : plan.entries) plan.bytes += entry.size;
    return plan;
  }

 private:
  PlanEntry& last() { return plan_.entries.back(); }
  PlanBuilder& add(std::string path, PlanEntryType type, uint32_t mode, int64_t time) {
    PlanEntry entry;
    entry.path = std::move(path);
    entry.type = type;
    entry.mode = mode;
    entry.modified = time;
    plan_.entries.push_back(std::move(entry));
    return *this;
  }
  Plan plan_;
};

// A name with everything in it that a reader could trip over.
inline const std::string kOddName = "odd \xff\xfe\n\t\\\"'=\x01 name";
inline const std::string kUnicodeName = "F\xc5\x91tan\xc3\xba";
inline const std::string kSurrogateName = "cesu \xed\xa0\xbd\xed\xb8\x80";

// "ok", or the error's code and message.
inline std::string outcome(const Result<void>& result) {
  if (result) return "ok";
  return std::string(to_string(result.error().code)) + ": " + result.error().message;
}

// What `work` returns in a child process, or how the child ended: "signal 9".
inline std::string in_child(const std::function<std::string()>& work) {
  int ends[2];
  if (::pipe(ends) != 0) return "no pipe";
  pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    std::string text = work();
    const char* at = text.data();
    for (size_t left = text.size(); left > 0;) {
      ssize_t length = ::write(ends[1], at, left);
      if (length <= 0) ::_exit(2);
      at += length;
      left -= static_cast<size_t>(length);
    }
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string text;
  char buffer[65536];
  for (ssize_t length = 0; (length = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<size_t>(length));
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status)) : text;
}

inline bool is_root() {
  return ::geteuid() == 0;
}

// Makes the calling process, a child, an ordinary user's.
inline bool become_nobody() {
  return !is_root() || (::setgroups(0, nullptr) == 0 && ::setgid(65534) == 0 && ::setuid(65534) == 0);
}

// Mounts a small file system for the calling process, a child, alone.
inline bool mount_small(const std::string& directory, const char* options) {
  return ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("tmpfs", directory.c_str(), "tmpfs", 0, options) == 0;
}

}  // namespace rootlet::test
