// What the reader finds in files that are in order.
#include <gtest/gtest.h>

#include "elf/fixtures.hpp"

namespace rootlet {
namespace {

using elf::DependencyKind;
using elf::Image;
using elf_test::ElfEditor;
using test::ElfSpec;
using elf_test::full_spec;
using elf_test::parse_elf;

Image parsed(std::string_view bytes) {
  auto image = parse_elf(bytes);
  EXPECT_TRUE(image) << image.error().message;
  return image ? *std::move(image) : Image();
}
Image parsed(const ElfSpec& spec) { return parsed(test::build_elf(spec)); }

class ElfReader : public testing::TestWithParam<std::pair<bool, bool>> {
 protected:
  bool is64() const { return GetParam().first; }
  bool big_endian() const { return GetParam().second; }
  ElfSpec program() const { return full_spec(is64(), big_endian(), true); }
  ElfSpec library() const { return full_spec(is64(), big_endian(), false); }
};

INSTANTIATE_TEST_SUITE_P(Kinds, ElfReader,
                         testing::Values(std::pair(false, false), std::pair(false, true), std::pair(true, false), std::pair(true, true)),
                         [](const auto& parameter) {
                           return std::string(parameter.param.first ? "Elf64" : "Elf32") + (parameter.param.second ? "Big" : "Little");
                         });

TEST_P(ElfReader, ReadsEveryFieldOfAProgram) {
  const Image image = parsed(program());
  EXPECT_EQ(image.is_elf64(), is64());
  EXPECT_EQ(image.order, big_endian() ? ByteOrder::big : ByteOrder::little);
  EXPECT_EQ(image.type, elf::Type::executable);
  EXPECT_EQ(image.machine, program().machine);
  EXPECT_EQ(image.flags, 0x70001007u);
  EXPECT_EQ(image.os_abi, 3);
  EXPECT_EQ(image.abi_version, 0);
  EXPECT_EQ(image.ident_version, 1);
  EXPECT_EQ(image.version, 1u);
  EXPECT_TRUE(image.ident_padding_clear);
  EXPECT_EQ(image.program_header_offset, is64() ? 64u : 52u);
  EXPECT_EQ(image.program_header_size, is64() ? 56 : 32);
  EXPECT_EQ(image.program_header_count, 6);
  EXPECT_EQ(image.interpreter, "/lib/ld-linux.so.2");
  EXPECT_TRUE(image.has_dynamic);
  EXPECT_TRUE(image.has_load);
  EXPECT_EQ(image.soname, std::nullopt);
  EXPECT_EQ(image.flags_1, 0x08000801u);
  ASSERT_TRUE(image.abi_tag);
  EXPECT_EQ(image.abi_tag->os, 0u);
  EXPECT_EQ(image.abi_tag->version, (std::array<uint32_t, 3>{3, 2, 17}));
}

TEST_P(ElfReader, ReadsEveryStringOfALibrary) {
  const Image image = parsed(library());
  EXPECT_EQ(image.type, elf::Type::shared);
  EXPECT_EQ(image.interpreter, std::nullopt);
  EXPECT_EQ(image.soname, "libfull.so.1");
  EXPECT_EQ(image.rpath, "/old/path:$ORIGIN/../lib");
  EXPECT_EQ(image.runpath, "$ORIGIN/lib:/opt/new/lib");
  EXPECT_EQ(image.audit, "libaudit-a.so");
  EXPECT_EQ(image.depaudit, "libaudit-d.so:/x/b.so");
}

TEST_P(ElfReader, KeepsNeededFilterAndAuxiliaryInTheOrderOfTheFile) {
  const Image image = parsed(library());
  const std::pair<DependencyKind, std::string_view> kExpected[] = {{DependencyKind::needed, "libz.so.1"},
                                                                   {DependencyKind::auxiliary, "libfast.so"},
                                                                   {DependencyKind::needed, "liba.so.2"},
                                                                   {DependencyKind::filter, "libreal.so"},
                                                                   {DependencyKind::needed, "libc.so.6"}};
  ASSERT_EQ(image.dependencies.size(), std::size(kExpected));
  for (size_t i = 0; i < std::size(kExpected); ++i) {
    EXPECT_EQ(image.dependencies[i].kind, kExpected[i].first) << i;
    EXPECT_EQ(image.dependencies[i].name, kExpected[i].second) << i;
  }
  EXPECT_EQ(image.needed(), (std::vector<std::string>{"libz.so.1", "liba.so.2", "libc.so.6"}));
}

TEST_P(ElfReader, FindsNothingInAStaticProgramButItsHeader) {
  ElfSpec spec;
  spec.is64 = is64();
  spec.big_endian = big_endian();
  spec.type = 2;
  spec.dynamic = false;
  const Image image = parsed(spec);
  EXPECT_FALSE(image.has_dynamic);
  EXPECT_TRUE(image.has_load);
  EXPECT_EQ(image.interpreter, std::nullopt);
  EXPECT_TRUE(image.dependencies.empty());
  EXPECT_EQ(image.abi_tag, std::nullopt);
}

TEST_P(ElfReader, WhatIsAbsentIsNotAnEmptyString) {
  ElfSpec spec;
  spec.is64 = is64();
  spec.big_endian = big_endian();
  const Image image = parsed(spec);
  EXPECT_TRUE(image.has_dynamic);
  for (const auto& field : {image.soname, image.rpath, image.runpath, image.audit, image.depaudit, image.interpreter}) {
    EXPECT_EQ(field, std::nullopt);
  }
  EXPECT_EQ(image.flags_1, 0u);
}

TEST_P(ElfReader, WhatIsEmptyIsNotAbsent) {
  ElfSpec spec = library();
  spec.soname = spec.rpath = spec.runpath = "";
  const Image image = parsed(spec);
  EXPECT_EQ(image.soname, "");
  EXPECT_EQ(image.rpath, "");
  EXPECT_EQ(image.runpath, "");
}

TEST_P(ElfReader, OfARepeatedTagTheLastOneCounts) {
  ElfSpec spec = library();
  spec.dependencies = {{elf_test::kNeeded, "first"}};  // its name is at 1 of the string table
  spec.extra_dynamic = {{14, 1}, {15, 1}, {29, 1}, {0x6ffffefc, 1}, {0x6ffffefb, 1}, {0x6ffffffb, 5}};
  const Image image = parsed(spec);
  EXPECT_EQ(image.soname, "first");
  EXPECT_EQ(image.rpath, "first");
  EXPECT_EQ(image.runpath, "first");
  EXPECT_EQ(image.audit, "first");
  EXPECT_EQ(image.depaudit, "first");
  EXPECT_EQ(image.flags_1, 5u);
}

TEST_P(ElfReader, ANameThatIsNeededTwiceIsListedTwice) {
  ElfSpec spec = library();
  spec.dependencies = {{elf_test::kNeeded, "liba.so"}, {elf_test::kNeeded, "liba.so"}};
  spec.extra_dynamic = {{elf_test::kNeeded, 1}};
  EXPECT_EQ(parsed(spec).needed(), (std::vector<std::string>{"liba.so", "liba.so", "liba.so"}));
}

TEST_P(ElfReader, NamesMayShareTheirTails) {
  ElfSpec spec = library();
  spec.dependencies = {{elf_test::kNeeded, "libfoo.so"}};
  spec.extra_dynamic = {{elf_test::kNeeded, 4}, {elf_test::kNeeded, 7}, {elf_test::kNeeded, 10}};
  EXPECT_EQ(parsed(spec).needed(), (std::vector<std::string>{"libfoo.so", "foo.so", ".so", ""}));
}

TEST_P(ElfReader, TheDynamicSectionEndsAtDtNull) {
  ElfSpec spec = library();
  spec.dependencies = {{elf_test::kNeeded, "liba.so"}};
  spec.extra_dynamic = {{0, 0}, {elf_test::kNeeded, 1}, {29, 1}};
  const Image image = parsed(spec);
  EXPECT_EQ(image.needed(), (std::vector<std::string>{"liba.so"}));
  EXPECT_EQ(image.runpath, spec.runpath);
}

TEST_P(ElfReader, TheDynamicSectionMayEndWithoutDtNull) {
  ElfEditor file(library());
  const size_t size_at = file.p_filesz(file.segment(2));
  file.put(size_at, file.get(size_at, file.word()) - 2 * file.word(), file.word());
  EXPECT_EQ(parsed(file.bytes()).needed().size(), 3u);
}

TEST_P(ElfReader, SectionHeadersAreNeverLookedAt) {
  ElfEditor file(library());
  const std::string before = elf_test::spell(parsed(file.bytes()));
  file.e_shoff(0xfffffff0);
  for (size_t at = is64() ? 58 : 46; at < (is64() ? 64 : 52); at += 2) file.put(at, 0xffff, 2);  // e_shentsize, e_shnum, e_shstrndx
  EXPECT_EQ(elf_test::spell(parsed(file.bytes())), before);
}

TEST_P(ElfReader, OfSeveralDynamicSegmentsTheLastOneCounts) {
  ElfEditor file(library());
  // PT_GNU_STACK, the last header, becomes a PT_DYNAMIC that starts at the second DT_NEEDED.
  const size_t dynamic = file.segment(2), last = file.segment(0x6474e551);
  const uint64_t skip = 4 * file.word();
  file.put(last, 2, 4);
  file.put(file.p_offset(last), file.get(file.p_offset(dynamic), file.word()) + skip, file.word());
  file.put(file.p_filesz(last), file.get(file.p_filesz(dynamic), file.word()) - skip, file.word());
  EXPECT_EQ(parsed(file.bytes()).needed(), (std::vector<std::string>{"liba.so.2", "libc.so.6"}));
  // One without content in the file does not count.
  file.put(file.p_filesz(last), 0, file.word());
  EXPECT_EQ(parsed(file.bytes()).needed(), (std::vector<std::string>{"libz.so.1", "liba.so.2", "libc.so.6"}));
}

TEST_P(ElfReader, TypesAndMachinesAreCarriedWhateverTheyAre) {
  ElfSpec spec = library();
  for (uint16_t type : std::vector<uint16_t>{0, 1, 2, 3, 4, 0xfe00, 0xffff}) {
    spec.type = type;
    EXPECT_EQ(static_cast<uint16_t>(parsed(spec).type), type);
  }
  for (uint16_t machine : std::vector<uint16_t>{0, 2, 3, 8, 20, 21, 22, 40, 42, 43, 50, 62, 183, 243, 258, 4242, 0xffff}) {
    spec.machine = machine;
    EXPECT_EQ(parsed(spec).machine, machine);
  }
}

TEST_P(ElfReader, IdentificationBytesAreKeptAsTheyAre) {
  ElfEditor file(library());
  file.put(6, 7, 1).put(7, 9, 1).put(8, 5, 1).put(20, 3, 4);
  Image image = parsed(file.bytes());
  EXPECT_EQ(image.ident_version, 7);
  EXPECT_EQ(image.os_abi, 9);
  EXPECT_EQ(image.abi_version, 5);
  EXPECT_EQ(image.version, 3u);
  for (size_t at = 9; at < 16; ++at) {
    ElfEditor other(library());
    EXPECT_TRUE(parsed(other.bytes()).ident_padding_clear);
    other.put(at, 1, 1);
    EXPECT_FALSE(parsed(other.bytes()).ident_padding_clear) << at;
  }
}

TEST_P(ElfReader, ParseHeaderReadsTheSameHeader) {
  for (const ElfSpec& spec : {program(), library()}) {
    const std::string bytes = test::build_elf(spec);
    auto header = elf::parse_header(Bytes(std::string_view(bytes)));
    ASSERT_TRUE(header) << header.error().message;
    const Image image = parsed(bytes);
    Image from_header;
    static_cast<elf::Header&>(from_header) = *header;
    Image only_header;
    static_cast<elf::Header&>(only_header) = image;
    EXPECT_EQ(elf_test::spell(from_header), elf_test::spell(only_header));
  }
}

TEST_P(ElfReader, AFileWithoutProgramHeadersIsAnImageOfItsHeader) {
  ElfEditor file(library());
  file.e_phnum(0).e_phoff(0xffffffff).e_phentsize(0);
  const Image image = parsed(file.bytes());
  EXPECT_EQ(image.machine, library().machine);
  EXPECT_FALSE(image.has_load);
  EXPECT_FALSE(image.has_dynamic);
}

TEST_P(ElfReader, StringsBehindTheFirstPageAreFound) {
  ElfSpec spec = library();
  spec.dependencies.clear();
  std::vector<std::string> names;
  for (int i = 0; i < 3000; ++i) spec.needs(names.emplace_back("lib" + std::to_string(i * 7919 % 3001) + std::string(i % 60, 'x') + ".so"));
  spec.runpath = std::string(60000, 'r');
  const Image image = parsed(spec);
  EXPECT_EQ(image.needed(), names);
  EXPECT_EQ(image.runpath, spec.runpath);
  EXPECT_EQ(image.soname, spec.soname);
}

TEST(ElfMagic, IsFourBytes) {
  EXPECT_TRUE(elf::has_magic(Bytes(std::string_view("\177ELF"))));
  EXPECT_TRUE(elf::has_magic(Bytes(std::string_view("\177ELF rest"))));
  for (std::string_view text : {"", "\177EL", "\177ELf", "ELF\177", "#!/bin/sh", " \177ELF"}) {
    EXPECT_FALSE(elf::has_magic(Bytes(text))) << text;
  }
}

TEST(MachineName, IsTheFieldsOwnWordOrTheNumber) {
  // The words of readelf's "Machine:" line where they are short, else the architecture's usual name.
  const std::pair<uint16_t, std::string_view> kTable[] = {
      {3, "i386"}, {8, "MIPS"}, {20, "PowerPC"}, {21, "PowerPC64"}, {22, "S/390"}, {40, "Arm"}, {62, "x86-64"},
      {183, "AArch64"}, {243, "RISC-V"}, {258, "LoongArch"}, {4242, "machine 4242"}, {0, "machine 0"}};
  for (const auto& [machine, name] : kTable) EXPECT_EQ(elf::machine_name(machine), name);
}

}  // namespace
}  // namespace rootlet
