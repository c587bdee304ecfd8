#include "fuzz/target.hpp"
#include "rootlet/elf.hpp"
#include "support/elf_builder.hpp"

using namespace rootlet;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes bytes(fuzz::as_text(data, size));
  const auto header = elf::parse_header(bytes);
  const auto image = elf::parse(MemorySource(bytes));
  if (!image) return 0;
  fuzz::require(header.has_value(), "a file that can be parsed has a header");
  fuzz::require(elf::has_magic(bytes), "and the magic bytes");
  uint64_t total = 0;
  for (const std::string& name : image->needed()) total += name.size();
  fuzz::require(total <= elf::kMaxStringTotal, "names stay within their bound");
  return 0;
}

std::vector<std::string> fuzz::seeds() {
  std::vector<std::string> all;
  for (const bool is64 : {true, false}) {
    for (const bool big_endian : {true, false}) {
      test::ElfSpec spec;
      spec.is64 = is64;
      spec.big_endian = big_endian;
      spec.interpreter = "/lib64/ld-linux-x86-64.so.2";
      spec.soname = "liba.so.1";
      spec.rpath = "/opt/a:$ORIGIN/../lib";
      spec.runpath = "/opt/b";
      spec.audit = "audit.so";
      spec.flags_1 = elf::kFlag1Pie;
      spec.abi_tag = {0, 3, 2, 0};
      all.push_back(test::build_elf(spec.needs("libb.so").needs("libc.so.6")));
    }
  }
  return all;
}
