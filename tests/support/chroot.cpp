#include "support/chroot.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "support/child.hpp"

namespace rootlet::test {
namespace {

constexpr unsigned kSecondsToRun = 60;

int memory_file(const std::string& content) {
  const int descriptor = ::memfd_create("stream", MFD_CLOEXEC);
  if (descriptor < 0) std::abort();
  for (size_t done = 0; done < content.size();) {
    const ssize_t length = ::write(descriptor, content.data() + done, content.size() - done);
    if (length <= 0) std::abort();
    done += static_cast<size_t>(length);
  }
  ::lseek(descriptor, 0, SEEK_SET);
  return descriptor;
}

[[noreturn]] void become(const ProgramRun& run) {
  if (!run.tree.empty()) {
    if (::geteuid() != 0 && ::unshare(CLONE_NEWUSER) != 0) give_up("unshare");
    if (::chroot(run.tree.c_str()) != 0) give_up("chroot");
  }
  if (::chdir("/") != 0) give_up("chdir");
  ::alarm(kSecondsToRun);
  ::execve(run.arguments[0].c_str(), pointers(run.arguments).data(), pointers(run.environment).data());
  give_up("execve");
}

}  // namespace

CommandResult run_program(const ProgramRun& run) {
  const int in = memory_file(run.input), out = memory_file(""), err = memory_file("");
  const pid_t child = ::fork();
  if (child < 0) std::abort();
  if (child == 0) {
    ::dup2(in, 0);
    ::dup2(out, 1);
    ::dup2(err, 2);
    become(run);
  }
  ::close(in);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  CommandResult result;
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.out = content_of(out);
  result.err = content_of(err);
  ::close(out);
  ::close(err);
  return result;
}

std::string why_no_chroot() {
  TemporaryDirectory tree;
  const CommandResult result = run_program({tree.path(), {"/absent"}});
  if (result.err == std::string("execve: ") + std::strerror(ENOENT) + "\n") return {};
  return "no chroot without root or user namespaces here: " + result.err;
}

}  // namespace rootlet::test
