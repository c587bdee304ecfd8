// What a fuzz target consists of. One file is one target: an entry point and the seeds that it starts from. With
// clang's libFuzzer each is a program of its own kind; otherwise replay.cpp runs it on mutations of its seeds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace rootlet::fuzz {

// Inputs that reach into the target, each of another kind.
std::vector<std::string> seeds();

// What holds for every input, good or bad.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "not so: %s\n", what);
  std::abort();
}

inline std::string_view as_text(const uint8_t* data, size_t size) {
  return size == 0 ? std::string_view() : std::string_view(reinterpret_cast<const char*>(data), size);
}

}  // namespace rootlet::fuzz
