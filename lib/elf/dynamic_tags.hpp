// d_tag values and flags of the dynamic section: of the gABI, of <elf.h>, of MIPS and of AArch64.
#pragma once

#include <cstdint>

namespace rootlet::elf {

inline constexpr uint64_t kDtNull = 0, kDtNeeded = 1, kDtPltRelSize = 2, kDtHash = 4, kDtStrtab = 5, kDtSymtab = 6, kDtRela = 7,
                          kDtRelaSize = 8, kDtRelaEntry = 9, kDtStringSize = 10, kDtSymbolEntry = 11, kDtSoname = 14, kDtRpath = 15,
                          kDtRel = 17, kDtRelSize = 18, kDtRelEntry = 19, kDtPltRel = 20, kDtDebug = 21, kDtTextrel = 22, kDtJmpRel = 23,
                          kDtBindNow = 24, kDtRunpath = 29, kDtFlags = 30, kDtRelr = 36, kDtGnuHash = 0x6ffffef5,
                          kDtDepaudit = 0x6ffffefb, kDtAudit = 0x6ffffefc, kDtVersym = 0x6ffffff0, kDtRelaCount = 0x6ffffff9,
                          kDtRelCount = 0x6ffffffa, kDtFlags1 = 0x6ffffffb, kDtVerdef = 0x6ffffffc, kDtVerdefCount = 0x6ffffffd,
                          kDtVerneed = 0x6ffffffe, kDtVerneedCount = 0x6fffffff, kDtAuxiliary = 0x7ffffffd, kDtFilter = 0x7fffffff,
                          kDtMipsSymbolCount = 0x70000011, kDtMipsGotSymbol = 0x70000013, kDtAarch64VariantPcs = 0x70000005;
inline constexpr uint64_t kFlagTextrel = 4, kFlagBindNow = 8, kFlagStaticTls = 16;  // DF_*
inline constexpr uint64_t kFlag1Now = 1;                                            // DF_1_*

}  // namespace rootlet::elf
