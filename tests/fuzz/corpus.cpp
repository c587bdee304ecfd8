// For libFuzzer: an empty corpus directory on the command line receives the seeds first.
#include <filesystem>
#include <fstream>

#include "fuzz/target.hpp"

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  for (int i = 1; i < *argc; ++i) {
    const std::filesystem::path directory((*argv)[i]);
    std::error_code ignored;
    if ((*argv)[i][0] == '-' || !std::filesystem::is_empty(directory, ignored) || ignored) continue;
    int number = 0;
    for (const std::string& seed : rootlet::fuzz::seeds()) {
      std::ofstream(directory / ("seed-" + std::to_string(number++)), std::ios::binary) << seed;
    }
    break;
  }
  return 0;
}
