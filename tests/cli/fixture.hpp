// The command, run on a small tree on disk.
#pragma once

#include <gtest/gtest.h>

#include <boost/filesystem.hpp>
#include <string>
#include <vector>

#include "support/temporary.hpp"
#include "support/world.hpp"

namespace rootlet::test {

class Command : public testing::Test {
 protected:
  Command() : world_({62, true, false, 0, "/usr/lib64/ld-linux-x86-64.so.2", std::nullopt}) {
    const Elf app = Elf().needs({"libz.so.1"}).interpreter("/lib64/ld-linux-x86-64.so.2");
    world_.symlink("/lib64", "usr/lib64").symlink("/lib", "usr/lib").symlink("/bin", "usr/bin");
    world_.program("/usr/bin/app", app);
    world_.library("/usr/lib/libz.so.1.2.13", Elf().soname("libz.so.1"))
        .symlink("/usr/lib/libz.so.1", "libz.so.1.2.13");
    world_.program("/usr/bin/broken", Elf()
                                          .needs({"libz.so.1", "libgone.so.3"})
                                          .runpath("/opt/none")
                                          .interpreter("/lib64/ld-linux-x86-64.so.2"));
    world_.file("/etc/motd", "hello\n").directory("/tmp");
  }

  // Writes what the world holds; more may be added before.
  const std::string& root() {
    if (!boost::filesystem::exists(root_)) {
      boost::filesystem::create_directory(root_);
      world_.write(root_);
    }
    return root_;
  }

  // The command with --root, --data none and these words; the first is the subcommand.
  CommandResult run(std::vector<std::string> words) {
    words.insert(words.begin() + 1, {"--root", root(), "--data", "none"});
    return plain(std::move(words));
  }
  static CommandResult plain(std::vector<std::string> words) {
    words.insert(words.begin(), ROOTLET_COMMAND);
    return run_command(words);
  }

  World world_;
  TemporaryDirectory directory_;
  const std::string root_ = directory_ / "root";
};

inline bool mentions(const std::string& text, const std::string& word) {
  return text.find(word) != std::string::npos;
}

}  // namespace rootlet::test
