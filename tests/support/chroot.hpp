// Runs programs on the host, or in a chroot that holds nothing but the tree under test: no /proc, no /dev,
// no mounts. An ordinary user gets the chroot from a user namespace, where the kernel allows one.
#pragma once

#include <string>
#include <vector>

#include "support/temporary.hpp"

namespace rootlet::test {

struct ProgramRun {
  std::string tree;                    // the chroot; empty: none
  std::vector<std::string> arguments;  // the first is the path of the program
  std::vector<std::string> environment = {"LC_ALL=C", "PATH=/usr/bin:/bin"};
  std::string input = {};
};

// Starts in "/". `status` is 126 where the program could not be started, and 142 after a minute.
CommandResult run_program(const ProgramRun& run);

// Why there is no chroot to be had here, or an empty string.
std::string why_no_chroot();

}  // namespace rootlet::test
