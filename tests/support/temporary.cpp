#include "support/temporary.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/filesystem.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace rootlet::test {

namespace fs = boost::filesystem;

// What not everybody may read is a secret to the library; the worlds that tests make have none by accident.
[[maybe_unused]] const mode_t umask_of_the_caller = ::umask(022);

TemporaryDirectory::TemporaryDirectory() {
  const char* base = std::getenv("TMPDIR");
  std::string pattern =
      std::string(base != nullptr && *base != '\0' ? base : "/tmp") + "/rootlet-test-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) {
    std::perror(("cannot make " + pattern).c_str());
    std::abort();
  }
  path_ = fs::canonical(pattern).string();
}

TemporaryDirectory::~TemporaryDirectory() {
  boost::system::error_code error;
  if (fs::remove_all(path_, error); !error) return;
  // Directories without permission bits, or paths longer than PATH_MAX.
  run_command({"chmod", "-R", "u+rwx", path_});
  run_command({"rm", "-rf", path_});
}

namespace {

struct Pipe {
  int read_end = -1;
  int write_end = -1;
};

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
  return {ends[0], ends[1]};
}

// A file in memory, and not a pipe: a command that does not read its input then costs nothing.
int make_input(std::string_view text) {
  int descriptor = ::memfd_create("input", MFD_CLOEXEC);
  if (descriptor < 0) std::abort();
  while (!text.empty()) {
    ssize_t length = ::write(descriptor, text.data(), text.size());
    if (length < 0) std::abort();
    text.remove_prefix(static_cast<size_t>(length));
  }
  ::lseek(descriptor, 0, SEEK_SET);
  return descriptor;
}

void drain(int& descriptor, std::string& text) {
  char buffer[65536];
  ssize_t length = ::read(descriptor, buffer, sizeof buffer);
  if (length > 0) {
    text.append(buffer, static_cast<size_t>(length));
  } else if (length == 0 || errno != EINTR) {
    ::close(descriptor);
    descriptor = -1;
  }
}

[[noreturn]] void become(const std::vector<std::string>& argv, int in, int out, int err) {
  std::vector<char*> arguments;
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  ::dup2(in, 0);
  ::dup2(out, 1);
  ::dup2(err, 2);
  ::execvp(arguments[0], arguments.data());
  std::fprintf(stderr, "cannot run %s: %s\n", arguments[0], std::strerror(errno));
  std::fflush(stderr);
  ::_exit(127);
}

}  // namespace

CommandResult run_command(const std::vector<std::string>& argv, const std::string& stdin_text) {
  int in = make_input(stdin_text);
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  pid_t child = ::fork();
  if (child < 0) std::abort();
  if (child == 0) become(argv, in, out.write_end, err.write_end);
  ::close(in);
  ::close(out.write_end);
  ::close(err.write_end);

  CommandResult result;
  while (out.read_end >= 0 || err.read_end >= 0) {
    pollfd waits[2] = {{out.read_end, POLLIN, 0}, {err.read_end, POLLIN, 0}};
    if (::poll(waits, 2, -1) < 0) continue;
    if (waits[0].revents != 0) drain(out.read_end, result.out);
    if (waits[1].revents != 0) drain(err.read_end, result.err);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

std::string read_file(const std::string& path) {
  std::string content;
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  EXPECT_GE(descriptor, 0) << path << ": " << std::strerror(errno);
  while (descriptor >= 0) drain(descriptor, content);
  return content;
}

void write_file(const std::string& path, std::string_view content, unsigned mode) {
  int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  ASSERT_GE(descriptor, 0) << path << ": " << std::strerror(errno);
  while (!content.empty()) {
    ssize_t length = ::write(descriptor, content.data(), content.size());
    ASSERT_GT(length, 0) << path << ": " << std::strerror(errno);
    content.remove_prefix(static_cast<size_t>(length));
  }
  EXPECT_EQ(::fchmod(descriptor, mode), 0) << path;
  ::close(descriptor);
}

}  // namespace rootlet::test
