#include "loader/machine.hpp"

namespace rootlet {
namespace {

// Subdirectories that glibc before 2.37 tries: every subset of `names`, the fullest first
// (_dl_important_hwcaps). The empty one, the directory itself, is left to the search.
std::vector<std::string> power_set(const std::vector<std::string>& names) {
  std::vector<std::string> subsets;
  const size_t count = names.size();
  for (size_t bits = (size_t{1} << count) - 1; bits > 0; --bits) {
    std::string subset;
    for (size_t i = 0; i < count; ++i) {
      if ((bits >> (count - 1 - i)) & 1) subset += names[i] + "/";
    }
    subsets.push_back(std::move(subset));
  }
  return subsets;
}

struct Legacy {
  std::vector<std::string> names;  // beside "tls": the platform, then hardware names, highest bit first
  uint64_t bits = 0;
  uint64_t platform_bit = 0;
};

CpuModel model(std::string level, std::vector<std::string> hwcaps, std::string platform, Legacy legacy,
               uint32_t isa_bits = 0xffffffff) {
  legacy.names.insert(legacy.names.begin(), "tls");
  return {std::move(level),     std::move(hwcaps),  std::move(platform), power_set(legacy.names),
          legacy.bits, legacy.platform_bit, isa_bits};
}

// sysdeps/x86/cpu-features.c, dl-procinfo.c, x86_64/dl-hwcaps-subdirs.c: "haswell" and "xeon_phi" are
// said of Intel's processors only, so two processors of one level may differ.
std::vector<CpuModel> x86_64_models() {
  constexpr uint64_t kX86_64 = 1 << 1, kAvx512 = 1 << 2, kHaswell = uint64_t{1} << 50, kXeonPhi = uint64_t{1} << 51;
  const Legacy plain{{"x86_64", "x86_64"}, kX86_64, 0};
  const Legacy haswell{{"haswell", "x86_64"}, kX86_64, kHaswell};
  const std::vector<std::string> v2{"x86-64-v2"}, v3{"x86-64-v3", "x86-64-v2"},
      v4{"x86-64-v4", "x86-64-v3", "x86-64-v2"};
  return {
      model("base", {}, "x86_64", plain, 1),
      model("x86-64-v2", v2, "x86_64", plain, 3),
      model("x86-64-v3", v3, "x86_64", plain, 7),
      model("x86-64-v3", v3, "haswell", haswell, 7),
      model("x86-64-v3", v3, "xeon_phi", {{"xeon_phi", "x86_64"}, kX86_64, kXeonPhi}, 7),
      model("x86-64-v4", v4, "x86_64", plain, 15),
      model("x86-64-v4", v4, "haswell", {{"haswell", "avx512_1", "x86_64"}, kX86_64 | kAvx512, kHaswell}, 15),
  };
}

std::vector<CpuModel> i386_models() {
  constexpr uint64_t kSse2 = 1, kI586 = uint64_t{1} << 48, kI686 = uint64_t{1} << 49;
  return {model("base", {}, "i586", {{"i586"}, 0, kI586}, 1), model("i686", {}, "i686", {{"i686"}, 0, kI686}, 1),
          model("sse2", {}, "i686", {{"i686", "sse2"}, kSse2, kI686}, 15)};
}

std::vector<CpuModel> arm_models() {
  constexpr uint64_t kVfp = 1 << 6, kNeon = 1 << 12;
  return {model("base", {}, "v7l", {{"v7l", "vfp"}, kVfp, 0}),
          model("neon", {}, "v7l", {{"v7l", "neon", "vfp"}, kVfp | kNeon, 0}),
          model("neon", {}, "v8l", {{"v8l", "neon", "vfp"}, kVfp | kNeon, 0})};
}

// Levels that are named after platforms, oldest first; the baseline's platform is `base`.
std::vector<CpuModel> levels(const std::string& base, const std::vector<std::string>& names) {
  std::vector<CpuModel> models{model("base", {}, base, {{base}, 0, 0})};
  std::vector<std::string> hwcaps;
  for (const std::string& name : names) {
    hwcaps.insert(hwcaps.begin(), name);
    models.push_back(model(name, hwcaps, name, {{name}, 0, 0}));
  }
  return models;
}

std::vector<CpuModel> only(const std::string& platform) {
  return {model("base", {}, platform, platform.empty() ? Legacy{} : Legacy{{platform}, 0, 0})};
}

std::vector<std::string> dirs(std::string_view multiarch, std::string_view lib) {
  std::vector<std::string> all;
  for (const std::string& name : {std::string(multiarch), std::string(lib)}) {
    std::string below = name.empty() ? "" : name + "/";
    if (name == lib) {
      all.push_back("/" + below);
      all.push_back("/usr/" + below);
    } else {
      all.push_back("/lib/" + below);
      all.push_back("/usr/lib/" + below);
    }
  }
  if (lib != "lib") all.insert(all.end(), {"/lib/", "/usr/lib/"});
  return all;
}

constexpr uint32_t kLibc6 = 3;  // FLAG_ELF_LIBC6; the rest from sysdeps/generic/ldconfig.h

const Abi& riscv(uint32_t flags, bool wide) {
  static const Abi kDouble{"riscv64-linux-gnu", {0x1003}, dirs("riscv64-linux-gnu", "lib64/lp64d"), "lib64/lp64d",
                           "/lib/ld-linux-riscv64-lp64d.so.1", "riscv64", "linux-vdso.so.1", only("")};
  static const Abi kSoft{"riscv64-linux-gnu", {0x0f03}, dirs("", "lib64/lp64"), "lib64/lp64",
                         "/lib/ld-linux-riscv64-lp64.so.1", "riscv64-sf", "linux-vdso.so.1", only("")};
  static const Abi k32{"riscv32-linux-gnu", {0x1003}, dirs("", "lib32/ilp32d"), "lib32/ilp32d",
                       "/lib/ld-linux-riscv32-ilp32d.so.1", "riscv32", "linux-vdso.so.1", only("")};
  if (!wide) return k32;
  return (flags & 6) == 0 ? kSoft : kDouble;
}

const Abi& arm(uint32_t flags) {
  static const Abi kHard{"arm-linux-gnueabihf", {kLibc6, 0x0903}, dirs("arm-linux-gnueabihf", "lib"), "lib",
                         "/lib/ld-linux-armhf.so.3", "armhf", "linux-vdso.so.1", arm_models()};
  static const Abi kSoft{"arm-linux-gnueabi", {kLibc6, 0x0b03}, dirs("arm-linux-gnueabi", "lib"), "lib",
                         "/lib/ld-linux.so.3", "arm", "linux-vdso.so.1", arm_models()};
  return (flags & 0x200) != 0 ? kSoft : kHard;  // EF_ARM_ABI_FLOAT_SOFT; unmarked objects go with hard
}

const Abi& mips(const elf::Header& header) {
  const bool nan2008 = (header.flags & 0x400) != 0, n32 = !header.is_elf64() && (header.flags & 0x20) != 0;
  auto make = [](uint32_t flag, std::string_view name, std::string_view lib, std::string_view musl) {
    return Abi{name, flag == kLibc6 ? std::vector<uint32_t>{1, kLibc6} : std::vector<uint32_t>{flag}, dirs(name, lib), lib,
               lib == "lib" ? "/lib/ld.so.1" : lib == "lib32" ? "/lib32/ld.so.1" : "/lib64/ld.so.1", musl, "linux-vdso.so.1", only("")};
  };
  static const Abi k64 = make(0x0703, "mips64el-linux-gnuabi64", "lib64", "mips64el");
  static const Abi k64Nan = make(0x0e03, "mips64el-linux-gnuabi64", "lib64", "mips64el");
  static const Abi kN32 = make(0x0603, "mips64el-linux-gnuabin32", "lib32", "mipsn32el");
  static const Abi kN32Nan = make(0x0d03, "mips64el-linux-gnuabin32", "lib32", "mipsn32el");
  static const Abi kO32 = make(kLibc6, "mipsel-linux-gnu", "lib", "mipsel");
  static const Abi kO32Nan = make(0x0c03, "mipsel-linux-gnu", "lib", "mipsel");
  if (header.is_elf64()) return nan2008 ? k64Nan : k64;
  if (n32) return nan2008 ? kN32Nan : kN32;
  return nan2008 ? kO32Nan : kO32;
}

const Abi& power(const elf::Header& header) {
  static const Abi kLittle{"powerpc64le-linux-gnu", {0x0503}, dirs("powerpc64le-linux-gnu", "lib64"), "lib64",
                           "/lib64/ld64.so.2", "powerpc64le", "linux-vdso64.so.1", levels("power8", {"power9", "power10"})};
  static const Abi kBig{"powerpc64-linux-gnu", {0x0503}, dirs("powerpc64-linux-gnu", "lib64"), "lib64",
                        "/lib64/ld64.so.1", "powerpc64", "linux-vdso64.so.1", only("power4")};
  static const Abi k32{"powerpc-linux-gnu", {1, kLibc6}, dirs("powerpc-linux-gnu", "lib"), "lib",
                       "/lib/ld.so.1", "powerpc", "linux-vdso32.so.1", only("powerpc")};
  if (!header.is_elf64()) return k32;
  return header.order == ByteOrder::little ? kLittle : kBig;
}

const Abi& s390(bool wide) {
  static const Abi k64{"s390x-linux-gnu", {0x0403}, dirs("s390x-linux-gnu", "lib64"), "lib64",
                       "/lib/ld64.so.1", "s390x", "linux-vdso64.so.1", levels("zEC12", {"z13", "z14", "z15", "z16", "z17"})};
  static const Abi k31{"s390-linux-gnu", {1, kLibc6}, dirs("s390-linux-gnu", "lib"), "lib",
                       "/lib/ld.so.1", "s390", "linux-vdso32.so.1", only("z10")};
  return wide ? k64 : k31;
}

const Abi& x86(bool wide) {
  static const Abi k64{"x86_64-linux-gnu", {0x0303}, dirs("x86_64-linux-gnu", "lib64"), "lib64",
                       "/lib64/ld-linux-x86-64.so.2", "x86_64", "linux-vdso.so.1", x86_64_models()};
  static const Abi kX32{"x86_64-linux-gnux32", {0x0803}, dirs("x86_64-linux-gnux32", "libx32"), "libx32",
                        "/libx32/ld-linux-x32.so.2", "x32", "linux-vdso.so.1", x86_64_models()};
  return wide ? k64 : kX32;
}

}  // namespace

const Abi& abi_of(const elf::Header& header) {
  static const Abi kI386{"i386-linux-gnu", {1, kLibc6}, dirs("i386-linux-gnu", "lib"), "lib",
                         "/lib/ld-linux.so.2", "i386", "linux-gate.so.1", i386_models()};
  static const Abi kAarch64{"aarch64-linux-gnu", {0x0a03}, dirs("aarch64-linux-gnu", "lib64"), "lib64",
                            "/lib/ld-linux-aarch64.so.1", "aarch64", "linux-vdso.so.1", only("aarch64")};
  static const Abi kLoongarch{"loongarch64-linux-gnu", {kLibc6, 0x1203}, dirs("loongarch64-linux-gnu", "lib64"), "lib64",
                              "/lib64/ld-linux-loongarch-lp64d.so.1", "loongarch64", "linux-vdso.so.1", only("loongarch")};
  static const Abi kGeneric{"linux-gnu", {1, kLibc6}, dirs("", "lib"), "lib", "/lib/ld.so.1", "generic", "linux-vdso.so.1", only("")};
  switch (header.machine) {
    case elf::kMachine386: return kI386;
    case elf::kMachineX86_64: return x86(header.is_elf64());
    case elf::kMachineAarch64: return kAarch64;
    case elf::kMachineArm: return arm(header.flags);
    case elf::kMachineRiscv: return riscv(header.flags, header.is_elf64());
    case elf::kMachineMips: return mips(header);
    case elf::kMachinePpc:
    case elf::kMachinePpc64: return power(header);
    case elf::kMachineS390: return s390(header.is_elf64());
    case elf::kMachineLoongarch: return kLoongarch;
    default: return kGeneric;
  }
}

bool same_machine(const elf::Header& program, const elf::Header& candidate) {
  if (program.machine != candidate.machine) return false;
  auto same_bits = [&](uint32_t mask) { return (program.flags & mask) == (candidate.flags & mask); };
  switch (program.machine) {
    case elf::kMachineRiscv: return same_bits(0x6);        // EF_RISCV_FLOAT_ABI
    case elf::kMachineMips: return same_bits(0x420);       // EF_MIPS_NAN2008, EF_MIPS_ABI2
    case elf::kMachineLoongarch: return same_bits(0x7);    // EF_LARCH_ABI_MODIFIER_MASK
    case elf::kMachinePpc64: return (candidate.flags & 3) == 0 || (program.flags & 3) == 0 || same_bits(3);
    default: return true;
  }
}

}  // namespace rootlet
