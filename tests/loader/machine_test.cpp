// The subdirectories of each kind of CPU, against those that the real loader tries on this one and, of glibc-hwcaps, on
// what tunables make of it.
#include "loader/machine.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "support/diagnostics.hpp"

namespace rootlet::test {
namespace {

using Lines = std::vector<std::string>;

// Every directory once, where it is first; the loader itself keeps repetitions.
Lines distinct(const Lines& all) {
  Lines once;
  std::set<std::string> seen;
  for (const std::string& line : all) {
    if (seen.insert(line).second) once.push_back(line);
  }
  return once;
}

Lines expected_search(const CpuModel& model, bool with_legacy) {
  Lines dirs;
  for (const std::string& name : model.hwcaps) dirs.push_back("/x/glibc-hwcaps/" + name);
  if (with_legacy) {
    for (const std::string& name : model.legacy) dirs.push_back("/x/" + name.substr(0, name.size() - 1));
  }
  dirs.emplace_back("/x");
  return distinct(dirs);
}

Lines without_legacy(const Lines& searched) {
  Lines kept;
  for (const std::string& dir : searched) {
    if (dir == "/x" || dir.starts_with("/x/glibc-hwcaps/")) kept.push_back(dir);
  }
  return kept;
}

void check(const char* loader, uint16_t machine, elf::Class file_class) {
  auto diagnostics = loader_diagnostics(loader);
  if (diagnostics.empty()) GTEST_SKIP() << loader << " is not here, or has no --list-diagnostics (glibc before 2.33)";
  elf::Header header;
  header.machine = machine;
  header.file_class = file_class;
  const auto& models = abi_of(header).models;
  const bool with_legacy = std::stoi(diagnostics["version.version"].substr(2)) < 37;
  for (const char* masked : {"", "-AVX512F", "-AVX2_Usable,-AVX2", "-SSE4_2,-POPCNT", "-RTM"}) {
    const std::string tunables = *masked == '\0' ? "" : std::string("glibc.cpu.hwcaps=") + masked;
    const Lines searched = distinct(searched_for(loader, header.is_elf64(), "/x", tunables));
    ASSERT_FALSE(searched.empty());
    // With features masked this is no CPU that there is: legacy names such as "avx512_1" stay as they are.
    const bool whole = *masked == '\0';
    const Lines compared = whole ? searched : without_legacy(searched);
    EXPECT_TRUE(std::any_of(models.begin(), models.end(), [&](const CpuModel& model) { return expected_search(model, whole && with_legacy) == compared; }))
        << masked << ": no model searches " << testing::PrintToString(compared);
  }
}

TEST(Machines, OfX86_64SearchWhatTheLoaderDoes) { check("/lib64/ld-linux-x86-64.so.2", elf::kMachineX86_64, elf::Class::elf64); }

TEST(Machines, OfI386SearchWhatTheLoaderDoes) { check("/lib32/ld-linux.so.2", elf::kMachine386, elf::Class::elf32); }

TEST(Machines, HaveABaselineFirstAndNoTwoModelsAlike) {
  for (const uint16_t machine : std::initializer_list<uint16_t>{3, 8, 20, 21, 22, 40, 62, 183, 243, 258, 4242}) {
    for (const elf::Class file_class : {elf::Class::elf32, elf::Class::elf64}) {
      elf::Header header;
      header.machine = machine;
      header.file_class = file_class;
      const Abi& abi = abi_of(header);
      ASSERT_FALSE(abi.models.empty()) << machine;
      EXPECT_EQ(abi.models.front().level, "base") << machine;
      EXPECT_TRUE(abi.models.front().hwcaps.empty()) << machine;
      EXPECT_FALSE(abi.cache_flags.empty()) << machine;
      for (size_t i = 0; i < abi.models.size(); ++i) {
        for (size_t k = 0; k < i; ++k) EXPECT_FALSE(abi.models[i] == abi.models[k]) << machine << ": " << i << " and " << k;
      }
    }
  }
}

TEST(Machines, AreTheSameForObjectsOfOneFloatingPointConvention) {
  auto header = [](uint16_t machine, uint32_t flags) {
    elf::Header made;
    made.machine = machine;
    made.flags = flags;
    return made;
  };
  EXPECT_FALSE(same_machine(header(62, 0), header(183, 0)));
  EXPECT_TRUE(same_machine(header(243, 0x5), header(243, 0x4))) << "compressed instructions do not matter";
  EXPECT_FALSE(same_machine(header(243, 0x4), header(243, 0x0))) << "double against soft";
  EXPECT_FALSE(same_machine(header(21, 1), header(21, 2)));
  EXPECT_TRUE(same_machine(header(21, 2), header(21, 0))) << "an object that does not say is taken";
}

}  // namespace
}  // namespace rootlet::test
