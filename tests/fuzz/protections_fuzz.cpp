#include "elf/protections.hpp"
#include "elf/fixtures.hpp"
#include "fuzz/target.hpp"

using namespace rootlet;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const MemorySource source{Bytes(fuzz::as_text(data, size))};
  const auto found = elf::read_protections(source);
  const auto storage = elf::read_thread_storage(source);
  fuzz::require(found.has_value() == storage.has_value(), "both ask for the same headers");
  if (found) (void)elf::isa_name(found->isa_needed);
  return 0;
}

std::vector<std::string> fuzz::seeds() {
  std::vector<std::string> all;
  for (const bool is64 : {true, false}) {
    for (const uint16_t machine : {elf::kMachineX86_64, elf::kMachineAarch64}) {
      test::ElfSpec spec;
      spec.is64 = is64;
      spec.machine = machine;
      spec.interpreter = "/lib/ld.so";
      spec.soname = "liba.so.1";
      spec.runpath = "/opt/b";
      spec.flags_1 = elf::kFlag1Pie;
      spec.abi_tag = {0, 3, 2, 0};
      spec.imports = {"__stack_chk_fail", "__printf_chk"};
      spec.extra_dynamic = {{30, 0x1c}, {24, 0}};
      elf_test::ElfEditor file(spec.needs("libc.so.6"));
      // The ABI note becomes one of properties: type 5, and one feature as its content.
      const size_t segment = file.segment(4);
      const size_t note = file.get(file.p_offset(segment), file.word());
      file.put(file.p_align(segment), file.word(), file.word());
      file.put(note + 8, 5, 4).put(note + 16, machine == elf::kMachineX86_64 ? 0xc0000002 : 0xc0000000, 4).put(note + 20, 4, 4).put(note + 24, 3, 4);
      all.push_back(file.bytes());
    }
  }
  return all;
}
