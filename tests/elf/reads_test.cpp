// What reading a real file costs.
#include <gtest/gtest.h>

#include <iostream>

#include "elf/fixtures.hpp"
#include "rootlet/root.hpp"

namespace rootlet {
namespace {

class ElfReads : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(RealFiles, ElfReads,
                         testing::Values("/proc/self/exe", "/usr/bin/curl", "/usr/lib/x86_64-linux-gnu/libc.so.6",
                                         "/usr/lib/x86_64-linux-gnu/libstdc++.so.6", "/usr/lib/x86_64-linux-gnu/libLLVM-14.so.1",
                                         "/usr/lib/x86_64-linux-gnu/libLLVM-15.so.1"),
                         [](const auto& parameter) {
                           std::string name;
                           for (char c : std::string(parameter.param)) {
                             if (std::isalnum(static_cast<unsigned char>(c))) name += c;
                           }
                           return name;
                         });

TEST_P(ElfReads, AreAHandfulAndNeverTheWholeFile) {
  char resolved[4096];
  if (::realpath(GetParam(), resolved) == nullptr) GTEST_SKIP() << GetParam() << " is not installed";
  auto root = Root::open("/");
  ASSERT_TRUE(root) << root.error().message;
  Walk walk = root->walk(resolved);
  ASSERT_NE(walk.node, nullptr);
  auto file = root->open_file(*walk.node);
  ASSERT_TRUE(file) << file.error().message;
  elf_test::CountingSource source(**file);
  auto image = elf::parse(source);
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_TRUE(image->has_dynamic);
  EXPECT_FALSE(image->needed().empty());
  RecordProperty("reads", static_cast<int>(source.reads()));
  std::cout << resolved << ": " << source.reads() << " reads, " << source.bytes() << " of " << source.size() << " bytes\n";
  // The start, the dynamic section, and its strings: one read where they stand together, one more for each
  // that the linker put elsewhere in a table of megabytes.
  EXPECT_LE(source.reads(), source.size() < (16u << 20) ? 4u : 8u);
  EXPECT_LE(source.bytes(), 64u << 10);
  EXPECT_LT(source.bytes(), source.size() / 4);
}

}  // namespace
}  // namespace rootlet
