#include "support/workload_world.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/filesystem.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>

#include "support/namespaces.hpp"

namespace rootlet::test {
namespace {

namespace fs = boost::filesystem;
using Clock = std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::seconds(60);  // with a step
constexpr int kTimedOut = 124;
constexpr int kServerEnded = 123;

const std::string kPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const std::vector<std::string> kTrace = {"/usr/bin/strace",
                                         "-D",
                                         "-f",
                                         "-ff",
                                         "-y",
                                         "-qq",
                                         "-s",
                                         "4096",
                                         "-e",
                                         "signal=none",
                                         "-e",
                                         "trace=%file,execveat,fchdir,chroot,clone,clone3,fork,vfork",
                                         "-o"};

const std::vector<std::string> kEnvironment = {kPath, "HOME=/tmp/home", "LANG=C.UTF-8"};

std::vector<std::string> environment_of(const Workload& workload) {
  std::vector<std::string> result = kEnvironment;
  result.insert(result.end(), workload.environment.begin(), workload.environment.end());
  return result;
}

bool somebody_listens(int port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool result = ::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  ::close(descriptor);
  return result;
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Walks through the steps of a workload; what it leaves in `logs` is read by collect().
class Steps {
 public:
  Steps(const Workload& workload, std::string root, std::string logs, std::string traces)
      : workload_(workload), root_(std::move(root)), logs_(std::move(logs)), traces_(std::move(traces)) {}

  void walk() {
    std::ofstream statuses(logs_ + "/statuses");
    for (size_t i = 0; i < workload_.steps.size(); ++i) {
      const Step& step = workload_.steps[i];
      int status = 0;
      if (step.kind == Step::Kind::kWait) {
        status = wait_for(step.text);
      } else {
        const pid_t child = begin(step, i);
        if (step.kind == Step::Kind::kServe || step.kind == Step::Kind::kHostServe) {
          servers_.push_back(child);
          continue;
        }
        status = end(child);
      }
      statuses << status << std::endl;
      if (status != 0) return;
    }
  }

 private:
  pid_t begin(const Step& step, size_t number) {
    const std::string log = logs_ + "/" + std::to_string(number), out = log + ".out";
    std::string input;
    if (!step.input.empty()) {
      input = log + ".in";
      std::ofstream(input, std::ios::binary) << step.input;
    }
    const std::string err = step.errors ? out : log + ".err";
    if (step.kind == Step::Kind::kHost || step.kind == Step::Kind::kHostServe) {
      return start({"/bin/sh", "-ec", step.text}, {kPath, "LANG=C.UTF-8", "HOME=/tmp", "ROOT=" + root_},
                   root_ + "/case", input, out, err);
    }
    // chroot as a program of its own, so that it is part of what is traced.
    std::vector<std::string> arguments;
    if (!traces_.empty()) {
      arguments = kTrace;
      arguments.push_back(traces_ + "/" + std::to_string(number));
    }
    const std::string user = std::to_string(step.user);
    for (const std::string& word : {std::string("/usr/bin/unshare"), "-R" + root_, "-w" + step.directory}) {
      arguments.push_back(word);
    }
    if (step.user != 0) arguments.insert(arguments.end(), {"-S" + user, "-G" + user});
    arguments.push_back("--");
    arguments.insert(arguments.end(), step.arguments.begin(), step.arguments.end());
    return start(arguments, environment_of(workload_), "/", input, out, err);
  }

  bool a_server_failed() {
    return std::any_of(servers_.begin(), servers_.end(), [](pid_t& server) {
      int status = 0;
      if (server == 0 || ::waitpid(server, &status, WNOHANG) != server) return false;
      server = 0;  // one that went into the background is no failure
      return status != 0;
    });
  }

  // A step's exit status.
  int end(pid_t child) {
    const auto deadline = Clock::now() + kPatience;
    auto nap = std::chrono::microseconds(500);
    for (;;) {
      int status = 0;
      if (::waitpid(child, &status, WNOHANG) == child) {
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      }
      if (Clock::now() > deadline) return kTimedOut;
      if (a_server_failed()) return kServerEnded;
      std::this_thread::sleep_for(nap);
      nap = std::min(nap * 2, std::chrono::microseconds(20000));
    }
  }

  int wait_for(const std::string& what) {
    const auto deadline = Clock::now() + kPatience / 2;
    while (Clock::now() < deadline) {
      if (what[0] == '/' ? fs::exists(root_ + what) : somebody_listens(std::stoi(what))) return 0;
      if (a_server_failed()) return kServerEnded;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return kTimedOut;
  }

  const Workload& workload_;
  const std::string root_, logs_, traces_;
  std::vector<pid_t> servers_;
};

Outcome collect(const Workload& workload, const std::string& logs) {
  Outcome result;
  std::istringstream statuses(content_of(logs + "/statuses"));
  for (int status = 0; statuses >> status;) result.statuses.push_back(status);
  for (size_t i = 0; i < workload.steps.size(); ++i) {
    const Step& step = workload.steps[i];
    const std::string log = logs + "/" + std::to_string(i);
    const std::string out = content_of(log + ".out"), err = content_of(log + ".err");
    const bool background = step.kind == Step::Kind::kServe || step.kind == Step::Kind::kHostServe;
    if (background || step.quiet) {
      if (!out.empty())
        result.errors += "[step " + std::to_string(i) + ", output] " + out.substr(0, 2000) + "\n";
    } else {
      result.output += out;
    }
    if (!err.empty()) result.errors += "[step " + std::to_string(i) + "] " + err.substr(0, 4000) + "\n";
  }
  return result;
}

}  // namespace

bool is_supplied(std::string_view path) {
  for (const char* file : {"/etc/hosts", "/etc/resolv.conf", "/etc/hostname"}) {
    if (path == file) return true;
  }
  for (const std::string_view directory : {"/proc", "/sys", "/dev", "/tmp", "/case", "/run"}) {
    if (path == directory || (path.starts_with(directory) && path[directory.size()] == '/')) return true;
  }
  return false;
}

WorkloadWorld::WorkloadWorld(const Workload& workload) : workload_(workload) {
  mount_or_die("tmpfs", directory_.path(), "tmpfs", 0, "mode=755");
  for (const char* name : {"root", "upper", "work", "case", "run", "scratch"}) {
    fs::create_directory(directory_ / name);
  }
  ::chmod((directory_ / "upper").c_str(), 0755);
  prepare(workload);
  mount_overlay(root(), directory_ / "upper" + ":/");
}

WorkloadWorld::~WorkloadWorld() {
  ::umount2(root().c_str(), MNT_DETACH);
  ::umount2(directory_.path().c_str(), MNT_DETACH);
}

void WorkloadWorld::prepare(const Workload& workload) {
  const std::string log = *this / "prepare";
  const int status = in_namespaces([&] {
    mount_overlay(root(), "/", directory_ / "upper", directory_ / "work");
    supply(root(), false);
    make_directory(root(), "/case");
    make_directory(root(), "/sys");
    mount_or_die(directory_ / "case", root() + "/case", "", MS_BIND);
    for (const auto& [path, text] : workload.files) {
      make_directory(root(), fs::path(path).parent_path().string());
      write_file(root() + path, text, text.starts_with("#!") ? 0755 : 0644);
    }
    if (workload.prepare.empty()) return 0;
    const pid_t child =
        start({"/usr/bin/unshare", "-R" + root(), "-w/case", "--", "/bin/sh", "-ec", workload.prepare},
              environment_of(workload), "/", {}, log, log);
    int ended = 0;
    while (::waitpid(child, &ended, 0) < 0 && errno == EINTR) {
    }
    stop_all();
    return ended == 0 ? 0 : 1;
  });
  if (status != 0) error_ = "the preparation failed with " + std::to_string(status) + ": " + content_of(log);
  // The times of inputs show in archives and listings.
  run_command({"find", directory_ / "case", "-exec", "touch", "-h", "-d", "@1704067200", "{}", "+"});
}

Outcome WorkloadWorld::run(const std::string& layer, const std::string& traces) const {
  const std::string logs = *this / "logs";
  fs::remove_all(logs);
  fs::create_directory(logs);
  if (!traces.empty()) fs::create_directory(traces);
  const int status = in_namespaces([&] {
    const std::string run = directory_ / "run";
    mount_or_die("tmpfs", run, "tmpfs", 0, "mode=755");
    for (const char* name : {"/root", "/upper", "/work"}) fs::create_directory(run + name);
    mount_overlay(run + "/root", layer.empty() ? directory_ / "upper" + ":/" : layer, run + "/upper",
                  run + "/work");
    supply(sandbox(), false);
    make_directory(sandbox(), "/case");
    mount_or_die("tmpfs", sandbox() + "/case", "tmpfs", 0, "mode=755");
    run_command({"cp", "-a", directory_ / "case/.", sandbox() + "/case"});
    Steps(workload_, sandbox(), logs, traces).walk();
    stop_all();
    return 0;
  });
  Outcome result = collect(workload_, logs);
  if (status != 0) result.statuses.push_back(status);
  return result;
}

CommandResult WorkloadWorld::build(const std::vector<std::string>& command, const std::string& out) const {
  const std::string log = *this / "build";
  fs::remove(log);
  fs::create_directories(out);
  CommandResult result;
  result.status = in_namespaces([&] {
    mount_or_die("none", root(), "", MS_REC | MS_PRIVATE);
    const fs::path program = command[0];
    const std::string kept = *this / "command";
    fs::create_directory(kept);
    mount_or_die(program.parent_path().string(), kept, "", MS_BIND);
    supply(root(), true);
    make_directory(root(), "/run/command");
    mount_or_die(kept, root() + "/run/command", "", MS_BIND);
    make_directory(root(), "/run/out");
    mount_or_die(out, root() + "/run/out", "", MS_BIND);
    std::vector<std::string> arguments = {"/usr/bin/unshare", "-R" + root(), "--",
                                          "/run/command/" + program.filename().string()};
    arguments.insert(arguments.end(), command.begin() + 1, command.end());
    const pid_t child = start(arguments, kEnvironment, "/", {}, log, log);
    int ended = 0;
    while (::waitpid(child, &ended, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(ended) ? WEXITSTATUS(ended) : 128;
  });
  result.out = content_of(log);
  return result;
}

std::string why_no_worlds() {
  static const std::string why = [] {
    if (::geteuid() != 0) return std::string("the namespaces and mounts of a workload need root");
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
      return std::string("no private mounts here: ") + std::strerror(errno);
    }
    TemporaryDirectory directory;
    const int status = in_namespaces([&] {
      mount_or_die("tmpfs", directory.path(), "tmpfs", 0, "mode=755");
      for (const char* name : {"root", "upper", "work"}) fs::create_directory(directory / name);
      mount_overlay(directory / "root", "/", directory / "upper", directory / "work");
      supply(directory / "root", false);
      return 0;
    });
    return status == 0 ? std::string()
                       : std::string("no namespaces, overlays or devices here (see standard error)");
  }();
  return why;
}

}  // namespace rootlet::test
