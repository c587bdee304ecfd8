#include <algorithm>
#include <fstream>
#include <iterator>

#include "audit/audit_bytes.hpp"
#include "elf/canonical.hpp"
#include "fuzz/target.hpp"
#include "support/elf_builder.hpp"

using namespace rootlet;

namespace {

constexpr size_t kLargestSeed = 1 << 16;

[[maybe_unused]] const bool placed = (auditing::use_lief_module(ROOTLET_LIEF_MODULE), true);

std::string read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string problem = auditing::model_problem();
  fuzz::require(problem.empty(), problem.c_str());
  (void)test::audit_bytes(Bytes(fuzz::as_text(data, size)));
  return 0;
}

// Small libraries of this machine, of both classes, and what is laid out of their tables: all of one kind or another that a loader knows.
std::vector<std::string> fuzz::seeds() {
  std::vector<std::string> all;
  for (const bool is64 : {true, false}) {
    test::ElfSpec spec;
    spec.is64 = is64;
    spec.machine = is64 ? elf::kMachineX86_64 : elf::kMachine386;
    spec.imports = {"foo", "bar"};
    all.push_back(test::build_elf(spec.needs("libc.so.6")));
  }
  for (const char* path : {"/lib/x86_64-linux-gnu/libdl.so.2", "/lib/x86_64-linux-gnu/libutil.so.1", "/lib/x86_64-linux-gnu/libpthread.so.0", "/lib32/libdl.so.2",
                           "/lib/x86_64-linux-gnu/libcap.so.2", "/lib/x86_64-linux-gnu/libattr.so.1", "/bin/true"}) {
    std::string bytes = read_file(path);
    if (bytes.empty() || bytes.size() > kLargestSeed) continue;
    if (auto symbols = elf::Symbols::read(MemorySource(Bytes(bytes)))) {
      std::vector<uint32_t> chosen;
      for (uint32_t i = 1; i < symbols->count(); ++i) chosen.push_back(i);
      if (auto image = elf::canonical_image(*symbols, chosen)) all.emplace_back(image->begin(), image->end());
    }
    all.push_back(std::move(bytes));
  }
  return all;
}
