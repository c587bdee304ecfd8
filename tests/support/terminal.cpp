#include "support/terminal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace rootlet::test {
namespace {

// Two ends, of a pipe or of a terminal: what is written to `child` is read from `parent`.
struct Line {
  int parent = -1;
  int child = -1;
};

Line open_terminal() {
  Line line;
  line.parent = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (line.parent < 0 || ::grantpt(line.parent) != 0 || ::unlockpt(line.parent) != 0) std::abort();
  line.child = ::open(::ptsname(line.parent), O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (line.child < 0) std::abort();
  return line;
}

Line open_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
  return {ends[0], ends[1]};
}

// Reads once; a terminal that nobody writes to any more is an error, and its end.
void drain(int& descriptor, std::string& text) {
  char buffer[65536];
  const ssize_t length = ::read(descriptor, buffer, sizeof buffer);
  if (length > 0) {
    text.append(buffer, static_cast<size_t>(length));
  } else if (length == 0 || errno != EINTR) {
    ::close(descriptor);
    descriptor = -1;
  }
}

}  // namespace

CommandResult run_on_terminal(const std::vector<std::string>& argv, const Streams& streams) {
  Line out = streams.out_is_terminal ? open_terminal() : open_pipe();
  Line err = !streams.err_is_terminal  ? open_pipe()
             : streams.out_is_terminal ? Line{-1, out.child}
                                       : open_terminal();
  const pid_t child = ::fork();
  if (child < 0) std::abort();
  if (child == 0) {
    std::vector<char*> arguments;
    for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    ::dup2(out.child, 1);
    ::dup2(err.child, 2);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  ::close(out.child);
  if (err.child != out.child) ::close(err.child);
  ::usleep(static_cast<useconds_t>(streams.read_after_ms) * 1000);
  CommandResult result;
  while (out.parent >= 0 || err.parent >= 0) {
    pollfd waits[2] = {{out.parent, POLLIN, 0}, {err.parent, POLLIN, 0}};
    if (::poll(waits, 2, -1) < 0) continue;
    if (waits[0].revents != 0) drain(out.parent, result.out);
    if (waits[1].revents != 0) drain(err.parent, result.err);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace rootlet::test
