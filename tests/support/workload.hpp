// A workload: real work of installed programs whose output is the same every time, as the TOML files of
// tests/programs/workloads describe it.
#pragma once

#include <map>
#include <ostream>
#include <string>
#include <vector>

namespace rootlet::test {

struct Step {
  enum class Kind {
    kRun,        // a program inside the root
    kServe,      // the same in the background, until the end
    kHost,       // a shell script outside of the root, in the directory that is /case inside
    kHostServe,  // the same in the background
    kWait,       // until somebody listens at a port, or a path inside the root is there
  };
  Kind kind = Kind::kRun;
  std::vector<std::string> arguments;  // kRun and kServe: the first is the program's path
  std::string text;                    // the script, or what to wait for
  std::string input;
  std::string directory = "/case";
  unsigned user = 0;
  bool quiet = false;   // its output is not the same every time
  bool errors = false;  // its standard error is output too
};

struct Workload {
  std::string name;
  std::string group;
  std::vector<std::string> packages;
  std::vector<std::string> entries;
  std::vector<std::string> environment;  // NAME=VALUE
  // By their paths in the root: the application's own, or in /case. One with "#!" is executable.
  std::map<std::string, std::string> files;
  std::string prepare;  // a shell script that finishes the application and the inputs, in the host's root
  std::vector<Step> steps;
  bool in_default_run = false;
};
std::ostream& operator<<(std::ostream& out, const Workload& workload);

// Of all files *.toml of a directory, in the order of their names. One that cannot be read ends the process
// with a message: a test list that is silently shorter would pass.
std::vector<Workload> read_workloads(const std::string& directory);

}  // namespace rootlet::test
