// Mounts and namespaces for tests. Failures end the process with a message: these run in children.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace rootlet::test {

// Runs `body` as the first process of new mount, network, process, IPC and host-name namespaces with a
// loopback device that is up. Returns its exit status, 128 + N after signal N.
int in_namespaces(const std::function<int()>& body);

void mount_or_die(const std::string& source, const std::string& target, const std::string& type,
                  unsigned long flags = 0, const std::string& options = {});

// An overlay; with an empty `upper` it cannot be written. `lower`: the topmost first, separated by colons.
void mount_overlay(const std::string& target, const std::string& lower, const std::string& upper = {},
                   const std::string& work = {});

// The directory `path` of a root, made if it is missing, and never outside of the root.
void make_directory(const std::string& root, const std::string& path);

// /proc, /dev, /tmp and /run of a container, and /etc/hosts and its like unless `read_only`.
void supply(const std::string& root, bool read_only);

// Ends all processes of this process namespace but the first; strace is let write its last lines.
void stop_all();

// A child with its own session. `out` and `err` are files that are appended to; empty: as here.
int start(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
          const std::string& directory, const std::string& input, const std::string& out,
          const std::string& err);

}  // namespace rootlet::test
