// What the relocations of each machine do, as far as the binding of symbols depends on it.
#pragma once

#include <cstdint>

#include "rootlet/elf.hpp"

namespace rootlet::elf {

// Types of the processor supplements, 0 where there is none.
struct RelocationTypes {
  uint32_t jump_slot = 0, copy = 0, relative = 0, indirect = 0;
  uint32_t thread_offset = 0, thread_offset_32 = 0;  // TPOFF, TPREL
};

inline RelocationTypes relocation_types(uint16_t machine) {
  switch (machine) {
    case kMachine386: return {7, 5, 8, 42, 14, 37};
    case kMachineX86_64: return {7, 5, 8, 37, 18, 0};
    case kMachineArm: return {22, 20, 23, 160, 19, 0};
    case kMachineAarch64: return {1026, 1024, 1027, 1032, 1030, 0};
    case kMachinePpc:
    case kMachinePpc64: return {21, 19, 22, 248, 73, 0};
    case kMachineS390: return {11, 9, 12, 61, 56, 0};
    case kMachineRiscv: return {5, 4, 3, 58, 11, 10};
    case kMachineLoongarch: return {5, 4, 3, 12, 11, 10};
    case kMachineMips: return {127, 126, 0, 128, 48, 47};
    default: return {};
  }
}

struct Relocation {
  uint32_t symbol = 0, type = 0;
};

// r_info of Elf32_Rel, Elf64_Rel and of MIPS, whose 64-bit little-endian form has the symbol first.
inline Relocation relocation(uint64_t info, const Header& header) {
  if (!header.is_elf64()) return {static_cast<uint32_t>(info >> 8), static_cast<uint32_t>(info & 0xff)};
  if (header.machine == kMachineMips) {
    if (header.order == ByteOrder::little) return {static_cast<uint32_t>(info), static_cast<uint32_t>(info >> 56)};
    return {static_cast<uint32_t>(info >> 32), static_cast<uint32_t>(info & 0xff)};
  }
  return {static_cast<uint32_t>(info >> 32), static_cast<uint32_t>(info)};
}

}  // namespace rootlet::elf
