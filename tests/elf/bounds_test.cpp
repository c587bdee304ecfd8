// What a file may ask for, and what it costs to refuse it.
#include <gtest/gtest.h>

#include "elf/fixtures.hpp"

namespace rootlet {
namespace {

using elf_test::CountingSource;
using elf_test::ElfEditor;
using test::ElfSpec;
using elf_test::full_spec;
using elf_test::parse_elf;

// Bytes followed by zeros up to a size that no disk has.
class EndlessSource final : public Source {
 public:
  explicit EndlessSource(std::string_view bytes, uint64_t size = uint64_t{1} << 62) : bytes_(bytes), size_(size) {}
  Result<size_t> read_at(uint64_t offset, std::span<std::byte> out) const override {
    for (size_t i = 0; i < out.size(); ++i) {
      out[i] = offset + i < bytes_.size() ? static_cast<std::byte>(bytes_[offset + i]) : std::byte{0};
    }
    return out.size();
  }
  uint64_t size() const override { return size_; }

 private:
  std::string_view bytes_;
  uint64_t size_;
};

void expect_error(const Result<elf::Image>& image, ErrorCode code, std::string_view word) {
  ASSERT_FALSE(image) << "read as\n" << elf_test::spell(image);
  EXPECT_EQ(image.error().code, code) << image.error().message;
  EXPECT_NE(image.error().message.find(word), std::string::npos) << image.error().message << " does not name " << word;
}

TEST(ElfBounds, AsManyProgramHeadersAsTheKernelReadsAndNoMore) {
  for (bool is64 : {false, true}) {
    ElfEditor file(full_spec(is64, false, false));
    file.bytes().resize(70000);
    const uint64_t most = 65536 / (is64 ? 56 : 32);  // load_elf_phdrs: at most 64 KiB
    EXPECT_TRUE(parse_elf(file.e_phnum(most).bytes()));
    for (uint64_t count : {most + 1, uint64_t{0xffff}}) {
      expect_error(parse_elf(file.e_phnum(count).bytes()), ErrorCode::too_large, "e_phnum " + std::to_string(count));
    }
  }
}

TEST(ElfBounds, ProgramHeadersOfAnotherSizeAreRefused) {
  for (bool is64 : {false, true}) {
    ElfEditor file(full_spec(is64, true, false));
    for (uint64_t size : {0, 31, 33, 55, 57, 64, 0xffff}) {
      expect_error(parse_elf(file.e_phentsize(size).bytes()), ErrorCode::malformed, "e_phentsize is " + std::to_string(size));
    }
  }
}

TEST(ElfBounds, ADynamicSectionOfOneMebibyteAndNoMore) {
  for (bool is64 : {false, true}) {
    ElfEditor file(full_spec(is64, false, false));
    const size_t segment = file.segment(2);
    file.bytes().resize((2 << 20) + 4096);
    EXPECT_TRUE(parse_elf(file.put(file.p_filesz(segment), 1 << 20, file.word()).bytes()));
    expect_error(parse_elf(file.put(file.p_filesz(segment), (1 << 20) + 1, file.word()).bytes()), ErrorCode::too_large, "PT_DYNAMIC");
    expect_error(parse_elf(file.put(file.p_filesz(segment), is64 ? ~uint64_t{0} : 0xffffffff, file.word()).bytes()), ErrorCode::too_large,
                 "PT_DYNAMIC");
  }
}

TEST(ElfBounds, AStringOf64KibibytesWithItsNulAndNoMore) {
  ElfSpec spec = full_spec(true, false, false);
  spec.runpath = std::string(65535, 'x');
  auto longest = parse_elf(test::build_elf(spec));
  ASSERT_TRUE(longest) << longest.error().message;
  EXPECT_EQ(longest->runpath, spec.runpath);
  spec.runpath = std::string(65536, 'x');
  expect_error(parse_elf(test::build_elf(spec)), ErrorCode::too_large, "longer than 65536");
}

TEST(ElfBounds, FourMebibytesOfStringsAndNoMore) {
  ElfSpec spec;
  spec.dependencies = {{elf_test::kNeeded, std::string(65535, 'x')}};
  for (int i = 1; i < 64; ++i) spec.extra_dynamic.emplace_back(elf_test::kNeeded, 1);
  auto fullest = parse_elf(test::build_elf(spec));
  ASSERT_TRUE(fullest) << fullest.error().message;
  EXPECT_EQ(fullest->needed().size(), 64u);
  spec.extra_dynamic.emplace_back(elf_test::kNeeded, 65535);  // one character more
  expect_error(parse_elf(test::build_elf(spec)), ErrorCode::too_large, "4194304");
}

TEST(ElfBounds, AStringThatTheFileEndsInIsAnError) {
  ElfEditor file(full_spec(true, false, false));
  file.bytes() += "no nul";
  const size_t load = file.segment(1);
  file.put(file.p_filesz(load), file.bytes().size(), 8);
  const uint64_t table = file.get(file.dynamic_value(5), 8);
  file.put(file.dynamic_value(14), file.bytes().size() - table - 6, 8);
  expect_error(parse_elf(file.bytes()), ErrorCode::malformed, "no terminating NUL");
}

// Each field that is an offset, an address or a size, at values whose sum with another wraps around.
TEST(ElfBounds, SumsThatWrapAreErrorsThatNameTheirField) {
  for (bool is64 : {false, true}) {
    const uint64_t most = is64 ? ~uint64_t{0} : 0xffffffff;
    for (uint64_t value : {most, most - 1, most - 7, most - 15, most - 63, most - 4095, (most >> 1) + 1, most >> 1}) {
      SCOPED_TRACE(std::to_string(is64 ? 64 : 32) + " bits, " + std::to_string(value));
      const ElfEditor original(full_spec(is64, false, true));
      auto with = [&](size_t at) { return parse_elf(ElfEditor(original).put(at, value, original.word()).bytes()); };
      expect_error(parse_elf(ElfEditor(original).e_phoff(value).bytes()), ErrorCode::malformed, "program header table");
      expect_error(with(original.p_offset(original.segment(3))), ErrorCode::malformed, "PT_INTERP");
      expect_error(with(original.p_filesz(original.segment(3))), ErrorCode::malformed, "PT_INTERP");
      expect_error(with(original.p_offset(original.segment(2))), ErrorCode::malformed, "PT_DYNAMIC");
      expect_error(with(original.dynamic_value(5)), ErrorCode::malformed, "DT_STRTAB");
      expect_error(with(original.p_vaddr(original.segment(1))), ErrorCode::malformed, "DT_STRTAB");
      expect_error(with(original.p_offset(original.segment(1))), ErrorCode::malformed, "DT_STRTAB");
      expect_error(with(original.dynamic_value(elf_test::kNeeded)), ErrorCode::malformed, "string offset 0x");
      expect_error(with(original.dynamic_value(29)), ErrorCode::malformed, "string offset 0x");
    }
  }
}

TEST(ElfBounds, ASegmentThatClaimsAllAddressesReadsNothingOutside) {
  ElfEditor file(full_spec(true, false, false));
  const size_t load = file.segment(1);
  file.put(file.p_filesz(load), ~uint64_t{0}, 8);
  EXPECT_TRUE(parse_elf(file.bytes())) << "sizes that lie are no harm by themselves";
  for (uint64_t value : {uint64_t{1} << 20, ~uint64_t{0}, ~uint64_t{0} - 200}) {
    file.put(file.dynamic_value(29), value, 8);
    expect_error(parse_elf(file.bytes()), ErrorCode::malformed, "0x");
  }
}

// --- costs, counted in reads: a file as large as it likes ---

TEST(ElfCosts, AHugeFileIsReadNoMoreThanASmallOne) {
  const std::string bytes = test::build_elf(full_spec(true, false, true));
  EndlessSource endless(bytes);
  CountingSource source(endless);
  auto image = elf::parse(source);
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(image->needed().size(), 3u);
  EXPECT_LE(source.reads(), 2u);
  EXPECT_LE(source.bytes(), 8192u);
}

TEST(ElfCosts, NoSingleReadExceedsTheBoundOfItsField) {
  for (uint32_t type : {2u, 3u, 4u}) {
    ElfEditor file(full_spec(true, false, true));
    const size_t segment = file.segment(type);
    for (uint64_t size : {uint64_t{4096}, uint64_t{65536}, uint64_t{1} << 20, uint64_t{1} << 40, uint64_t{1} << 61}) {
      file.put(file.p_filesz(segment), size, 8);
      EndlessSource endless(file.bytes());
      CountingSource source(endless);
      (void)elf::parse(source);
      EXPECT_LE(source.largest(), uint64_t{1} << 20) << "of PT " << type << " with p_filesz " << size;
      EXPECT_LE(source.reads(), 8u);
    }
  }
}

// As many note segments as fit, each as long as one may be and far from the others.
TEST(ElfCosts, ManyNoteSegmentsCostOneReadEach) {
  ElfEditor file(full_spec(true, false, false));
  constexpr uint64_t kCount = 65536 / 56;
  file.bytes().resize(64 + kCount * 56);
  for (uint64_t i = 6; i < kCount; ++i) {
    const size_t at = 64 + i * 56;
    file.put(at, 4, 4).put(file.p_offset(at), i << 30, 8).put(file.p_filesz(at), 65536, 8).put(file.p_align(at), 4, 8);
  }
  file.put(file.segment(4), 0, 4);  // without the good one, which would end the search
  file.e_phnum(kCount);
  EndlessSource endless(file.bytes());
  CountingSource source(endless);
  (void)elf::parse(source);
  EXPECT_GT(source.reads(), kCount - 10) << "the notes were not looked at: the test tests nothing";
  EXPECT_LE(source.reads(), kCount + 8);
  EXPECT_LE(source.bytes(), kCount * 65536 + (2 << 20));
}

// A library with `count` DT_NEEDED entries whose names lie `step` bytes apart in a table without end.
ElfEditor scattered(size_t count, uint64_t step) {
  ElfSpec spec;
  for (size_t i = 0; i < count; ++i) spec.extra_dynamic.emplace_back(elf_test::kNeeded, (1 << 22) + i * step);
  ElfEditor file(spec);
  file.put(file.p_filesz(file.segment(1)), uint64_t{1} << 60, 8);
  return file;
}

TEST(ElfCosts, ScatteredNamesCostOneReadEach) {
  constexpr size_t kCount = 65000;  // as many as a dynamic section holds
  const ElfEditor file = scattered(kCount, 5000);
  EndlessSource endless(file.bytes());
  CountingSource source(endless);
  auto image = elf::parse(source);
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(image->dependencies.size(), kCount);
  EXPECT_LE(source.reads(), kCount + 8);
  EXPECT_LE(source.bytes(), kCount * 4096 + (4 << 20));
}

TEST(ElfCosts, NamesCloseTogetherShareTheirReads) {
  constexpr size_t kCount = 65000;
  const ElfEditor file = scattered(kCount, 8);
  EndlessSource endless(file.bytes());
  CountingSource source(endless);
  auto image = elf::parse(source);
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_LE(source.reads(), kCount * 8 / 4096 + 8);
}

TEST(ElfCosts, TheFirstStringWithoutEndEndsTheReading) {
  ElfEditor file(scattered(5000, 70000));
  std::string bytes = file.bytes();
  bytes.resize(5 << 20, 'x');
  EndlessSource endless(bytes);
  CountingSource source(endless);
  auto image = elf::parse(source);
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, ErrorCode::too_large) << image.error().message;
  EXPECT_LE(source.reads(), 6u);
}

TEST(ElfCosts, AnErrorOfTheSourceIsPassedOn) {
  class Failing final : public Source {
   public:
    Failing(std::string_view bytes, int good) : memory_{Bytes(bytes)}, good_(good) {}
    Result<size_t> read_at(uint64_t offset, std::span<std::byte> out) const override {
      if (good_-- <= 0) return fail(ErrorCode::io, "the disk is gone");
      return memory_.read_at(offset, out);
    }
    uint64_t size() const override { return memory_.size(); }

   private:
    MemorySource memory_;
    mutable int good_;
  };
  ElfSpec spec = full_spec(true, false, false);
  spec.runpath = std::string(9000, 'r');  // the dynamic section is not on the first page
  const std::string bytes = test::build_elf(spec);
  for (int good : {0, 1, 2}) {
    auto image = elf::parse(Failing(bytes, good));
    ASSERT_FALSE(image) << good;
    EXPECT_EQ(image.error().code, ErrorCode::io) << good;
    EXPECT_EQ(image.error().message, "the disk is gone") << good;
  }
}

}  // namespace
}  // namespace rootlet
