#include "support/namespaces.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/filesystem.hpp>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <thread>

namespace rootlet::test {
namespace {

namespace fs = boost::filesystem;
using std::chrono::milliseconds;

constexpr int kNamespaces = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;

[[noreturn]] void die(const std::string& what) {
  ::dprintf(2, "%s: %s\n", what.c_str(), std::strerror(errno));
  ::_exit(125);
}

int status_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) die("waitpid");
  }
  return status_of(status);
}

void raise_loopback() {
  const int descriptor = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request = {};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (descriptor < 0 || ::ioctl(descriptor, SIOCSIFFLAGS, &request) != 0) die("the loopback device");
  ::close(descriptor);
}

void make_device(const std::string& path, unsigned major, unsigned minor) {
  if (::mknod(path.c_str(), S_IFCHR | 0666, ::makedev(major, minor)) != 0) die(path);
  if (::chmod(path.c_str(), 0666) != 0) die(path);
}

void link_to(const std::string& target, const std::string& path) {
  if (::symlink(target.c_str(), path.c_str()) != 0) die(path);
}

void supply_devices(const std::string& root) {
  const std::string dev = root + "/dev";
  mount_or_die("tmpfs", dev, "tmpfs", 0, "mode=755");
  make_device(dev + "/null", 1, 3);
  make_device(dev + "/zero", 1, 5);
  make_device(dev + "/full", 1, 7);
  make_device(dev + "/random", 1, 8);
  make_device(dev + "/urandom", 1, 9);
  make_device(dev + "/tty", 5, 0);
  fs::create_directory(dev + "/pts");
  fs::create_directory(dev + "/shm");
  mount_or_die("devpts", dev + "/pts", "devpts", 0, "newinstance,ptmxmode=0666,mode=620");
  mount_or_die("tmpfs", dev + "/shm", "tmpfs", 0, "mode=1777");
  link_to("pts/ptmx", dev + "/ptmx");
  link_to("/proc/self/fd", dev + "/fd");
  link_to("/proc/self/fd/0", dev + "/stdin");
  link_to("/proc/self/fd/1", dev + "/stdout");
  link_to("/proc/self/fd/2", dev + "/stderr");
}

struct Process {
  pid_t id;
  bool tracer;
};

std::vector<Process> running() {
  std::vector<Process> result;
  DIR* directory = ::opendir("/proc");
  if (directory == nullptr) die("/proc");
  while (const dirent* entry = ::readdir(directory)) {
    const pid_t id = static_cast<pid_t>(std::atol(entry->d_name));
    if (id <= 1) continue;
    std::ifstream file("/proc/" + std::string(entry->d_name) + "/stat");
    std::string line;
    std::getline(file, line);
    const size_t open = line.find('('), close = line.rfind(')');
    if (close == std::string::npos || close + 2 >= line.size() || line[close + 2] == 'Z') continue;
    result.push_back({id, line.substr(open + 1, close - open - 1) == "strace"});
  }
  ::closedir(directory);
  return result;
}

}  // namespace

int in_namespaces(const std::function<int()>& body) {
  const pid_t outer = ::fork();
  if (outer < 0) die("fork");
  if (outer > 0) return wait_for(outer);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::unshare(kNamespaces) != 0) die("unshare");
  const pid_t first = ::fork();
  if (first < 0) die("fork");
  if (first > 0) ::_exit(wait_for(first));
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  mount_or_die("none", "/", "", MS_REC | MS_PRIVATE);
  mount_or_die("proc", "/proc", "proc");
  if (::sethostname("workload", 8) != 0) die("sethostname");
  raise_loopback();
  try {
    ::_exit(body());
  } catch (const std::exception& error) {  // or this child would go on with the tests
    ::dprintf(2, "%s\n", error.what());
    ::_exit(125);
  }
}

void mount_or_die(const std::string& source, const std::string& target, const std::string& type,
                  unsigned long flags, const std::string& options) {
  const int result = ::mount(source.c_str(), target.c_str(), type.empty() ? nullptr : type.c_str(), flags,
                             options.empty() ? nullptr : options.c_str());
  if (result != 0) die("mount " + type + " on " + target + " (" + options + ")");
}

void mount_overlay(const std::string& target, const std::string& lower, const std::string& upper,
                   const std::string& work) {
  std::string options = "lowerdir=" + lower;
  if (!upper.empty()) options += ",upperdir=" + upper + ",workdir=" + work;
  mount_or_die("overlay", target, "overlay", 0, options);
}

void make_directory(const std::string& root, const std::string& path) {
  const std::string full = root + path;
  if (fs::is_symlink(full) || (fs::exists(full) && !fs::is_directory(full))) fs::remove(full);
  fs::create_directories(full);
}

void supply(const std::string& root, bool read_only) {
  if (!read_only) {
    for (const char* path : {"/proc", "/dev", "/tmp", "/run", "/etc"}) make_directory(root, path);
  }
  mount_or_die("proc", root + "/proc", "proc");
  supply_devices(root);
  mount_or_die("tmpfs", root + "/tmp", "tmpfs", 0, "mode=1777");
  mount_or_die("tmpfs", root + "/run", "tmpfs", 0, "mode=755");
  fs::create_directory(root + "/tmp/home");
  if (::chmod((root + "/tmp/home").c_str(), 0777) != 0) die("/tmp/home");
  if (read_only) return;
  const std::pair<const char*, const char*> files[] = {
      {"/etc/hosts", "127.0.0.1\tlocalhost\n127.0.1.1\tworkload\n"},
      {"/etc/resolv.conf", "nameserver 127.0.0.1\n"},
      {"/etc/hostname", "workload\n"}};
  for (const auto& [path, text] : files) {
    fs::remove(root + path);
    std::ofstream(root + path) << text;
  }
}

void stop_all() {
  for (const auto& [signal, patience] : {std::pair{SIGTERM, 300}, std::pair{SIGKILL, 5000}}) {
    for (int waited = 0; waited < patience; waited += 10) {
      const std::vector<Process> left = running();
      if (left.empty()) return;
      for (const Process& process : left) {
        if (!process.tracer) ::kill(process.id, signal);
      }
      while (::waitpid(-1, nullptr, WNOHANG) > 0) {
      }
      std::this_thread::sleep_for(milliseconds(10));
    }
  }
}

int start(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
          const std::string& directory, const std::string& input, const std::string& out,
          const std::string& err) {
  const pid_t child = ::fork();
  if (child < 0) die("fork");
  if (child > 0) return child;
  ::setsid();
  const auto open_as = [](const std::string& path, int flags, int as) {
    if (path.empty()) return;
    const int descriptor = ::open(path.c_str(), flags, 0644);
    if (descriptor < 0 || ::dup2(descriptor, as) < 0) die(path);
    ::close(descriptor);
  };
  open_as(input.empty() ? "/dev/null" : input, O_RDONLY, 0);
  open_as(out, O_WRONLY | O_CREAT | O_APPEND, 1);
  open_as(err, O_WRONLY | O_CREAT | O_APPEND, 2);
  if (::chdir(directory.c_str()) != 0) die(directory);
  std::vector<char*> argv, envp;
  for (const std::string& text : arguments) argv.push_back(const_cast<char*>(text.c_str()));
  for (const std::string& text : environment) envp.push_back(const_cast<char*>(text.c_str()));
  argv.push_back(nullptr);
  envp.push_back(nullptr);
  ::execve(argv[0], argv.data(), envp.data());
  die(arguments[0]);
}

}  // namespace rootlet::test
