// Where a workload runs: an overlay over a root, in private mount, network, process, IPC and host-name
// namespaces, with what a container runtime supplies: /proc, /dev, /tmp, /run, /etc/hosts,
// /etc/resolv.conf, /etc/hostname, and the inputs in /case. Nothing that a program does there stays.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "support/temporary.hpp"
#include "support/workload.hpp"

namespace rootlet::test {

// Not part of a layer: supplied by whoever starts the container, or no files of an image at all.
bool is_supplied(std::string_view path);

struct Outcome {
  std::vector<int> statuses;  // of each step, up to the first that failed
  std::string output;
  std::string errors;  // for people: what the steps said on standard error
};

// The machine as the workload's user has it: this one, with the application's files and the inputs. It is
// seen at root() and cannot be changed there; /case is not in it.
class WorkloadWorld {
 public:
  // What failed is in `error()`.
  explicit WorkloadWorld(const Workload& workload);
  ~WorkloadWorld();
  WorkloadWorld(const WorkloadWorld&) = delete;
  WorkloadWorld& operator=(const WorkloadWorld&) = delete;

  const std::string& error() const { return error_; }
  std::string root() const { return directory_ / "root"; }
  // For layers and logs; goes away with the world.
  std::string operator/(const std::string& name) const { return directory_ / ("scratch/" + name); }

  // Runs the workload here (an empty `layer`), or in a layer. With `traces`, strace writes there one file a
  // process, their names beginning with the number of the step and a dot.
  Outcome run(const std::string& layer = {}, const std::string& traces = {}) const;
  // Where `run` had its root, as it is written in traces.
  std::string sandbox() const { return directory_ / "run/root"; }

  // Runs a command in root(), which cannot write but to /tmp, /run and to the directory `out`, which it finds
  // as /run/out. The command's own directory is there as /run/command.
  CommandResult build(const std::vector<std::string>& command, const std::string& out) const;

 private:
  void prepare(const Workload& workload);

  const Workload& workload_;
  TemporaryDirectory directory_;
  std::string error_;
};

// Why there are no such worlds to be had here, or an empty string. The first call takes this process into a
// mount namespace of its own.
std::string why_no_worlds();

}  // namespace rootlet::test
