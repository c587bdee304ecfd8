// Programs of other machines, resolved in roots in memory: nothing of this machine is consulted. The
// directories are those of Debian's multiarch layout and of the upstream loaders (LIBRARY paths of the ABIs).
#include <gtest/gtest.h>

#include "support/world.hpp"

namespace rootlet::test {
namespace {

struct Foreign {
  const char* name;
  Target target;
  const char* multiarch;  // Debian's directory
  const char* lib;        // upstream's $LIB
  uint32_t cache_flags;   // sysdeps/generic/ldconfig.h, with FLAG_ELF_LIBC6
};

const std::vector<Foreign>& foreigners() {
  static const std::vector<Foreign> all = {
      {"arm64",
       {183, true, false, 0, "/lib/ld-linux-aarch64.so.1", std::nullopt},
       "aarch64-linux-gnu",
       "lib64",
       0x0a03},
      {"i386", {3, false, false, 0, "/lib/ld-linux.so.2", std::nullopt}, "i386-linux-gnu", "lib", 0x0003},
      {"riscv64",
       {243, true, false, 5, "/lib/ld-linux-riscv64-lp64d.so.1", std::nullopt},
       "riscv64-linux-gnu",
       "lib64/lp64d",
       0x1003},
      {"s390x", {22, true, true, 0, "/lib/ld64.so.1", std::nullopt}, "s390x-linux-gnu", "lib64", 0x0403},
      {"armhf",
       {40, false, false, 0x05000400, "/lib/ld-linux-armhf.so.3", std::nullopt},
       "arm-linux-gnueabihf",
       "lib",
       0x0903},
      {"ppc64el",
       {21, true, false, 2, "/lib64/ld64.so.2", std::nullopt},
       "powerpc64le-linux-gnu",
       "lib64",
       0x0503},
      {"mips64el",
       {8, true, false, 0x80000007, "/lib64/ld.so.1", std::nullopt},
       "mips64el-linux-gnuabi64",
       "lib64",
       0x0703},
  };
  return all;
}

class ForeignMachine : public testing::TestWithParam<size_t> {
 protected:
  const Foreign& foreign() const { return foreigners()[GetParam()]; }
};

TEST_P(ForeignMachine, FindsLibrariesInItsOwnDefaultDirectories) {
  World world(foreign().target);
  const std::string multiarch = std::string("/") + foreign().multiarch,
                    lib = std::string("/usr/") + foreign().lib;
  world.program("/app", Elf().needs({"liba.so", "libb.so", "libd.so", "libe.so"}));
  world.library("/lib" + multiarch + "/liba.so")
      .library("/usr/lib" + multiarch + "/libb.so")
      .library(lib + "/libd.so");
  world.library("/usr/lib/x86_64-linux-gnu/libe.so");
  EXPECT_EQ(world.answer("/app"), (Answer{{"liba.so => /lib" + multiarch + "/liba.so [default]",
                                           "libb.so => /usr/lib" + multiarch + "/libb.so [default]",
                                           "libd.so => " + lib + "/libd.so [default]"},
                                          {"libe.so"}}));
}

TEST_P(ForeignMachine, PassesOverWhatIsForOthers) {
  World world(foreign().target);
  world.program("/app", Elf().needs({"libx.so"}).runpath("/one:/two:/three"));
  world.library("/one/libx.so", Elf().machine(foreign().target.machine == 62 ? 183 : 62,
                                              foreign().target.is64, foreign().target.big_endian));
  world.library("/two/libx.so",
                Elf().machine(foreign().target.machine, !foreign().target.is64, foreign().target.big_endian));
  world.library("/three/libx.so");
  EXPECT_EQ(world.answer("/app"), (Answer{{"libx.so => /three/libx.so [runpath]"}, {}}));
}

TEST_P(ForeignMachine, ReadsACacheInItsOwnByteOrderAndWithItsOwnMark) {
  World world(foreign().target);
  world.program("/app", Elf().needs({"libx.so"})).library("/opt/libx.so");
  world.cache({{"libx.so", "/opt/libx.so"}}, foreign().cache_flags);
  EXPECT_EQ(world.answer("/app"), (Answer{{"libx.so => /opt/libx.so [cache]"}, {}}));
  world.cache({{"libx.so", "/opt/libx.so"}}, 0x0303);  // of x86-64
  EXPECT_EQ(world.answer("/app"), (Answer{{}, {"libx.so"}}));
}

TEST_P(ForeignMachine, ItsRunPathsAndSonamesWorkAsAnywhere) {
  World world(foreign().target);
  world.program("/opt/bin/app", Elf().needs({"liba.so"}).rpath("$ORIGIN/../lib"));
  world.library("/opt/lib/liba.so", Elf().soname("liba.so.1").needs({"libb.so"}));
  world.library("/opt/lib/libb.so", Elf().needs({"liba.so.1", "libd.so"}).runpath("$ORIGIN/$LIB"));
  world.library("/opt/bin/../lib/libd.so");
  const std::string real_lib = foreign().lib;
  world.library("/opt/lib/" + real_lib + "/libd.so");
  EXPECT_EQ(
      world.answer("/opt/bin/app"),
      (Answer{{"liba.so => /opt/bin/../lib/liba.so [rpath]", "libb.so => /opt/bin/../lib/libb.so [rpath]",
               "libd.so => /opt/bin/../lib/" + real_lib + "/libd.so [runpath]"},
              {}}));
}

INSTANTIATE_TEST_SUITE_P(All, ForeignMachine, testing::Range<size_t>(0, foreigners().size()),
                         [](const testing::TestParamInfo<size_t>& machine) {
                           return std::string(foreigners()[machine.param].name);
                         });

TEST(ForeignLoader, ARiscvObjectOfAnotherFloatAbiIsPassedOver) {
  World world({243, true, false, 5, "/lib/ld-linux-riscv64-lp64d.so.1", std::nullopt});
  world.program("/app", Elf().needs({"libx.so"}).runpath("/one:/two"));
  world.library("/one/libx.so", Elf().machine(243, true, false, 1)).library("/two/libx.so");
  EXPECT_EQ(world.answer("/app"), (Answer{{"libx.so => /two/libx.so [runpath]"}, {}}));
}

TEST(ForeignLoader, AMuslLoaderReadsThePathFileOfItsArchitecture) {
  World world({183, true, false, 0, "/lib/ld-musl-aarch64.so.1", std::nullopt});
  world.program("/app", Elf().needs({"libx.so"})).library("/opt/libx.so").library("/usr/lib/libx.so");
  world.file("/etc/ld-musl-x86_64.path", "/nowhere\n").file("/etc/ld-musl-aarch64.path", "/opt\n");
  EXPECT_EQ(world.answer("/app"), (Answer{{"libx.so => /opt/libx.so [conf]"}, {}}));
}

}  // namespace
}  // namespace rootlet::test
