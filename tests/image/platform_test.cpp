// Go's words for machines (go.dev/doc/install/source#environment; image-spec config.md and image-index.md, "variant"), by the
// numbers of the system's <elf.h>.
#include "image/platform.hpp"

#include <elf.h>
#include <gtest/gtest.h>

#include "rootlet/elf.hpp"

namespace rootlet::image {
namespace {

std::string word_of(int machine, bool is_64, bool little, uint32_t flags = 0) {
  elf::Header header;
  header.machine = static_cast<uint16_t>(machine);
  header.file_class = is_64 ? elf::Class::elf64 : elf::Class::elf32;
  header.order = little ? ByteOrder::little : ByteOrder::big;
  header.flags = flags;
  return oci::to_string(platform_of(header));
}

TEST(Platform, IsInTheWordsOfGo) {
  EXPECT_EQ(word_of(EM_X86_64, true, true), "linux/amd64");
  EXPECT_EQ(word_of(EM_386, false, true), "linux/386");
  EXPECT_EQ(word_of(EM_AARCH64, true, true), "linux/arm64/v8");
  EXPECT_EQ(word_of(EM_ARM, false, true, EF_ARM_ABI_FLOAT_HARD), "linux/arm/v7");
  EXPECT_EQ(word_of(EM_ARM, false, true, EF_ARM_ABI_FLOAT_SOFT), "linux/arm/v5");
  EXPECT_EQ(word_of(EM_PPC64, true, true), "linux/ppc64le");
  EXPECT_EQ(word_of(EM_PPC64, true, false), "linux/ppc64");
  EXPECT_EQ(word_of(EM_S390, true, false), "linux/s390x");
  EXPECT_EQ(word_of(EM_MIPS, false, true), "linux/mipsle");
  EXPECT_EQ(word_of(EM_MIPS, true, false), "linux/mips64");
  EXPECT_EQ(word_of(EM_RISCV, true, true), "linux/riscv64");
  EXPECT_EQ(word_of(258, true, true), "linux/loong64");  // EM_LOONGARCH, of newer headers
  EXPECT_EQ(word_of(EM_SPARCV9, true, false), "linux/");
}

TEST(Platform, IsReadInTwoOrThreeParts) {
  const auto whole = oci::parse_platform("linux/arm/v7");
  ASSERT_TRUE(whole);
  EXPECT_EQ(*whole, (oci::Platform{"linux", "arm", "v7"}));
  EXPECT_EQ(oci::to_string(*oci::parse_platform("linux/amd64")), "linux/amd64");
  for (const char* text : {"", "linux", "linux/", "/amd64", "linux/arm/v7/x", "linux/a b", "linux//v7", "linux/arm/"}) {
    EXPECT_FALSE(oci::parse_platform(text)) << text;
  }
}

}  // namespace
}  // namespace rootlet::image
