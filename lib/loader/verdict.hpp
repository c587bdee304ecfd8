// Whether the glibc loader takes a file that it found (open_verify, _dl_map_object_from_fd).
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "loader/state.hpp"

namespace rootlet {

struct Verdict {
  enum Kind : uint8_t {
    take,
    pass,   // the search goes on: nothing there, another class, another machine
    fatal,  // the loader gives up the program
  } kind = take;
  int error = 0;    // errno as the loader's last call left it, where kind is pass
  std::string why;  // empty where kind is take
  // Fatal for something odd in the e_ident of a file that is for another machine. Debian's loaders look at the
  // machine first and pass such a file over.
  bool foreign = false;
};

Verdict judge(const Candidate& candidate, const elf::Header& program);

// The same for the ABI note, which loaders before glibc 2.36 compare: `kernel` as in LoaderConfig.
Verdict judge_abi_tag(const elf::AbiTag& tag, const std::string& kernel);

// "5.10" as {5, 10, 0}; what is no number counts as 0.
std::array<uint32_t, 3> parse_version(const std::string& text);

}  // namespace rootlet
