// Rivals, and the command itself, as processes of their own.
#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <optional>
#include <string>
#include <vector>

extern char** environ;

namespace rootlet::bench {

struct Ended {
  int status = 0;     // as exit() was given, 128 for a signal
  // Most memory resident at a time; but never less than this process had when it started the other, since the kernel counts from
  // there (getrusage(2), ru_maxrss). For what is small, run that bench alone.
  long peak_kib = 0;
};

// Runs a command, found in PATH, with its output thrown away; nothing if it cannot be started.
inline std::optional<Ended> run(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return std::nullopt;
  int status = 0;
  rusage usage{};
  ::wait4(child, &status, 0, &usage);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127) return std::nullopt;
  return Ended{WIFEXITED(status) ? WEXITSTATUS(status) : 128, usage.ru_maxrss};
}

}  // namespace rootlet::bench
