// Files that are cut short or altered: an image or an error, and never a byte read behind the end.
#include <gtest/gtest.h>

#include "elf/fixtures.hpp"
#include "support/dice.hpp"
#include "support/guard_page.hpp"

namespace rootlet {
namespace {

using test::Dice;
using elf_test::ElfFixture;
using test::GuardedBytes;

// What the reader says of a file, asked in three ways that must give the same answer: by reads of its own, with
// the whole file at hand, and with no more than its ELF header at hand.
class ThreeWays {
 public:
  explicit ThreeWays(size_t capacity) : whole_(capacity), start_(64) {}

  std::string ask(std::string_view content) {
    const Bytes bytes = whole_.place(content);
    MemorySource memory(bytes);
    elf_test::CountingSource source(memory);
    const auto by_reads = elf::parse(source);
    const std::string answer = elf_test::spell(by_reads);
    EXPECT_EQ(elf_test::spell(elf::parse(memory, bytes)), answer);
    const Bytes start = start_.place(content.substr(0, 64));
    EXPECT_EQ(elf_test::spell(elf::parse(memory, start)), answer);
    EXPECT_LE(source.bytes(), kMostRead) << answer;
    if (by_reads) return answer;
    EXPECT_TRUE(by_reads.error().code == ErrorCode::malformed || by_reads.error().code == ErrorCode::too_large) << answer;
    EXPECT_TRUE(says_where(by_reads.error().message)) << answer;
    check_header(start);
    return answer;
  }

 private:
  static constexpr uint64_t kMostRead = 1 << 20;

  // A field of the gABI, or an offset, or what is missing of the header.
  static bool says_where(const std::string& message) {
    for (const char* place : {"EI_CLASS ", "EI_DATA ", "e_ph", "PT_INTERP ", "PT_DYNAMIC ", "DT_STRTAB", " 0x", "offset 0", "file too short: ", "strings of the dynamic section"}) {
      if (message.find(place) != std::string::npos) return true;
    }
    return false;
  }

  // The header alone is good or not, and never read behind its end.
  static void check_header(Bytes start) {
    auto header = elf::parse_header(start);
    if (!header) {
      EXPECT_TRUE(says_where(header.error().message)) << header.error().message;
    }
  }

  GuardedBytes whole_;
  GuardedBytes start_;
};

TEST(ElfWalls, EveryPrefixOfEveryFixtureIsAnImageOrAnError) {
  for (const ElfFixture& fixture : elf_test::elf_fixtures()) {
    SCOPED_TRACE(fixture.name);
    ThreeWays reader(fixture.bytes.size());
    const std::string whole = reader.ask(fixture.bytes);
    EXPECT_FALSE(whole.starts_with("error")) << whole;
    size_t errors = 0;
    for (size_t length = 0; length < fixture.bytes.size(); ++length) {
      const std::string answer = reader.ask(std::string_view(fixture.bytes).substr(0, length));
      if (answer.starts_with("error")) {
        ++errors;
      } else {
        EXPECT_EQ(answer, whole) << "a prefix of " << length << " bytes is read as another file";
      }
      if (testing::Test::HasFailure()) return;
    }
    // Everything up to the last byte of the program headers and of the dynamic section is needed.
    EXPECT_GT(errors, fixture.spec.is64 ? 64u + 56 : 52u + 32);
  }
}

TEST(ElfWalls, TheMessageOfAShortFileNamesItsLength) {
  const std::string& bytes = elf_test::elf_fixtures().front().bytes;
  EXPECT_EQ(elf_test::spell(elf_test::parse_elf(bytes.substr(0, 7))), "error malformed: file too short: 7 bytes");
  EXPECT_EQ(elf_test::spell(elf_test::parse_elf("")), "error malformed: file too short: 0 bytes");
  EXPECT_EQ(elf_test::spell(elf_test::parse_elf(bytes.substr(0, 51))), "error malformed: file too short: 51 of the 52 bytes of an ELF header");
  const std::string cut = elf_test::spell(elf_test::parse_elf(bytes.substr(0, 60)));
  EXPECT_NE(cut.find("program header table at 0x34"), std::string::npos) << cut;
  EXPECT_NE(cut.find("exceeds file size 60"), std::string::npos) << cut;
}

// Values that tend to be at a limit of something.
uint64_t interesting(Dice& dice, size_t file_size) {
  switch (dice.below(8)) {
    case 0: return 0;
    case 1: return ~uint64_t{0} - dice.below(80);
    case 2: return uint64_t{1} << dice.below(64);
    case 3: return (uint64_t{1} << dice.between(8, 63)) - 1 - dice.below(64);
    case 4: return file_size - dice.below(64);
    case 5: return file_size + dice.below(64);
    case 6: return dice.below(file_size);
    default: return dice.below(300);
  }
}

std::string mutate(std::string bytes, bool big_endian, Dice& dice) {
  const size_t edits = dice.between(1, 4);
  for (size_t i = 0; i < edits; ++i) {
    if (dice.percent(40)) {
      bytes[dice.below(bytes.size())] = static_cast<char>(dice.below(256));
      continue;
    }
    const size_t width = size_t{1} << dice.below(4);
    const size_t at = dice.below(bytes.size() / width) * width;
    const uint64_t value = interesting(dice, bytes.size());
    for (size_t k = 0; k < width && at + k < bytes.size(); ++k) {
      bytes[at + k] = static_cast<char>(value >> (8 * (big_endian ? width - 1 - k : k)) & 0xff);
    }
  }
  if (dice.percent(20)) bytes.resize(dice.below(bytes.size()));
  return bytes;
}

TEST(ElfWalls, AlteredFilesAreImagesOrErrors) {
  size_t images = 0, errors = 0;
  for (const ElfFixture& fixture : elf_test::elf_fixtures()) {
    SCOPED_TRACE(fixture.name);
    Dice dice(1);
    ThreeWays reader(fixture.bytes.size());
    for (int round = 0; round < 3000; ++round) {
      const std::string answer = reader.ask(mutate(fixture.bytes, fixture.spec.big_endian, dice));
      ++(answer.starts_with("error") ? errors : images);
      ASSERT_FALSE(testing::Test::HasFailure()) << "in round " << round;
    }
  }
  // Both kinds of outcome are met often, or the alterations test little.
  EXPECT_GT(images, 5000u);
  EXPECT_GT(errors, 5000u);
}

TEST(ElfWalls, EverySingleByteSetToEveryEdgeIsAnImageOrAnError) {
  for (const ElfFixture& fixture : elf_test::elf_fixtures()) {
    SCOPED_TRACE(fixture.name);
    ThreeWays reader(fixture.bytes.size());
    for (size_t at = 0; at < fixture.bytes.size(); ++at) {
      for (int value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
        std::string bytes = fixture.bytes;
        bytes[at] = static_cast<char>(value);
        reader.ask(bytes);
        ASSERT_FALSE(testing::Test::HasFailure()) << "byte " << at << " set to " << value;
      }
    }
  }
}

TEST(ElfWalls, BytesThatAreNoElfFileAreErrors) {
  ThreeWays reader(4096);
  Dice dice(2);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(dice.below(300), '\0');
    for (char& byte : bytes) byte = static_cast<char>(dice.below(256));
    if (dice.percent(80)) bytes.replace(0, std::min<size_t>(4, bytes.size()), "\177ELF");
    if (dice.percent(50) && bytes.size() > 5) bytes[4] = static_cast<char>(dice.between(1, 2)), bytes[5] = static_cast<char>(dice.between(1, 2));
    const std::string answer = reader.ask(bytes);
    ASSERT_FALSE(testing::Test::HasFailure()) << "in round " << round;
    // A file of less than the header is never an image.
    if (bytes.size() < 52) {
      EXPECT_TRUE(answer.starts_with("error")) << answer;
    }
  }
}

}  // namespace
}  // namespace rootlet
