#include "support/debian.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <boost/filesystem.hpp>
#include <ctime>
#include <functional>
#include <sstream>

#include "support/temporary.hpp"

namespace rootlet::test {
namespace {

namespace fs = boost::filesystem;

// One process at a time works below a directory.
class Lock {
 public:
  explicit Lock(const std::string& file)
      : descriptor_(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    ::flock(descriptor_, LOCK_EX);
  }
  ~Lock() { ::close(descriptor_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  int descriptor_;
};

// The first line of an apt's or dpkg's complaint that says what is wrong.
std::string complaint(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("E: ") || line.starts_with("W: ")) return line;
  }
  return text.substr(0, text.find('\n'));
}

class Apt {
 public:
  Apt(const std::string& directory, const std::string& architecture)
      : directory_(directory), architecture_(architecture) {}

  // An error, or nothing.
  std::string set_up() {
    for (const char* below :
         {"/state/lists/partial", "/cache/archives/partial", "/sources.d", "/root", "/packages"})
      fs::create_directories(directory_ + below);
    // Debian's own sources, as this machine has them; others know no foreign architectures.
    bool any = false;
    for (const char* list : {"/etc/apt/sources.list", "/etc/apt/sources.list.d/debian.sources"}) {
      boost::system::error_code error;
      if (fs::file_size(list, error) == 0 || error) continue;
      write_file(directory_ + "/sources.d/" + fs::path(list).filename().string(), read_file(list));
      any = true;
    }
    if (!any) return "no Debian sources in /etc/apt";
    write_file(directory_ + "/status", "");
    write_file(directory_ + "/apt.conf", configuration());
    // A suite that cannot be had may hold nothing that is wanted; the download will tell.
    const CommandResult updated = apt({"update"});
    if (!updated.err.empty()) update_problem_ = " (apt-get update: " + complaint(updated.err) + ")";
    return {};
  }

  std::string download(const std::vector<std::string>& packages) {
    std::vector<std::string> words = {"download"};
    for (const std::string& package : packages) words.push_back(package + ":" + architecture_);
    const CommandResult done = apt(words);
    return done.status != 0 ? "apt-get download: " + complaint(done.err) + update_problem_ : std::string();
  }

 private:
  std::string configuration() const {
    const std::string& d = directory_;
    std::string text =
        "Dir::State \"" + d + "/state\";\nDir::State::status \"" + d + "/status\";\nDir::Cache \"" + d +
        "/cache\";\n" +
        "Dir::Etc::main \"/dev/null\";\nDir::Etc::parts \"/dev/null\";\nDir::Etc::sourcelist "
        "\"/dev/null\";\n" +
        "Dir::Etc::sourceparts \"" + d +
        "/sources.d\";\nDir::Etc::preferences \"/dev/null\";\nDir::Etc::preferencesparts \"/dev/null\";\n" +
        "APT::Architecture \"" + architecture_ + "\";\nAPT::Architectures { \"" + architecture_ + "\"; };\n" +
        "APT::Sandbox::User \"root\";\nAcquire::Languages \"none\";\nAcquire::Retries "
        "\"2\";\nAcquire::http::Timeout \"20\";\n";
    std::istringstream lines(run_command({"apt-config", "dump"}).out);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("Acquire::") && line.find("Proxy") != std::string::npos) text += line + "\n";
    }
    return text;
  }

  CommandResult apt(const std::vector<std::string>& words) const {
    std::vector<std::string> command = {
        "sh", "-c",
        "cd \"$0\" && shift 0 && APT_CONFIG=\"$1\" && export APT_CONFIG && shift && exec apt-get -q \"$@\"",
        directory_ + "/packages", directory_ + "/apt.conf"};
    command.insert(command.end(), words.begin(), words.end());
    return run_command(command);
  }

  std::string directory_;
  std::string architecture_;
  std::string update_problem_;
};

std::string unpack(const std::string& directory) {
  const std::string root = directory + "/root";
  for (const fs::directory_entry& package : fs::directory_iterator(directory + "/packages")) {
    const CommandResult done = run_command({"dpkg-deb", "-x", package.path().string(), root});
    if (done.status != 0) return "dpkg-deb: " + complaint(done.err);
  }
  // What usrmerge does to an installed system.
  for (const std::string name : {"bin", "sbin", "lib"}) {
    fs::create_directories(root + "/usr/" + name);
    if (fs::exists(root + "/" + name)) {
      const CommandResult moved = run_command({"cp", "-al", root + "/" + name + "/.", root + "/usr/" + name});
      if (moved.status != 0) return "cp: " + complaint(moved.err);
      fs::remove_all(root + "/" + name);
    }
    fs::create_symlink("usr/" + name, root + "/" + name);
  }
  return {};
}

// A failure is remembered for some minutes, so that not every test waits for the network again.
std::string recent_failure(const std::string& directory) {
  boost::system::error_code error;
  const std::time_t when = fs::last_write_time(directory + "/failed", error);
  return error || std::time(nullptr) - when > 300 ? std::string() : read_file(directory + "/failed");
}

}  // namespace

DebianRoot debian_root(const std::string& keep, const std::string& architecture,
                       const std::vector<std::string>& packages) {
  std::string all;
  for (const std::string& package : packages) all += package + " ";
  fs::create_directories(keep);
  const std::string directory = fs::canonical(keep).string() + "/" + architecture + "-" +
                                std::to_string(std::hash<std::string>{}(all));
  const Lock lock(keep + "/" + architecture + ".lock");
  DebianRoot made{directory + "/root", {}};
  if (fs::exists(directory + "/complete")) return made;
  if (made.why_not = recent_failure(directory); !made.why_not.empty()) return made;
  fs::remove_all(directory);
  Apt apt(directory, architecture);
  made.why_not = apt.set_up();
  if (made.why_not.empty()) made.why_not = apt.download(packages);
  if (made.why_not.empty()) made.why_not = unpack(directory);
  write_file(directory + (made.why_not.empty() ? "/complete" : "/failed"),
             made.why_not.empty() ? all : made.why_not);
  fs::remove_all(directory + "/state");
  fs::remove_all(directory + "/packages");
  return made;
}

}  // namespace rootlet::test
