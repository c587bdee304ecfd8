// Small shared libraries made by the compiler and linker of this machine, with versions as their script says.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "elf/symbols.hpp"
#include "support/temporary.hpp"

namespace rootlet::test {

// A library from C code, and from a version script unless that is empty; its bytes.
inline std::string compile_library(const std::string& code, const std::string& script = {}, std::vector<std::string> options = {}) {
  const TemporaryDirectory directory;
  const std::string path = directory / "library.so";
  std::vector<std::string> command = {"gcc", "-x", "c", "-", "-o", path, "-shared", "-fPIC", "-nostartfiles"};
  if (!script.empty()) {
    write_file(directory / "script", script);
    command.push_back("-Wl,--version-script=" + (directory / "script"));
  }
  command.insert(command.end(), options.begin(), options.end());
  const CommandResult made = run_command(command, code);
  EXPECT_EQ(made.status, 0) << made.err;
  return read_file(path);
}

inline elf::Symbols symbols_of(const std::string& bytes) {
  auto symbols = elf::Symbols::read(MemorySource(Bytes(bytes)));
  EXPECT_TRUE(symbols) << symbols.error().message;
  return symbols ? std::move(*symbols) : elf::Symbols();
}

}  // namespace rootlet::test
