#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string>

#include "rootlet/base.hpp"
#include "support/guard_page.hpp"

namespace rootlet {
namespace {

using namespace std::string_view_literals;

constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();

TEST(Bytes, ARangeInsideIsAViewOfExactlyThoseBytes) {
  Bytes bytes("abcdef"sv);
  EXPECT_EQ(bytes.sub(0, 6)->text(), "abcdef");
  EXPECT_EQ(bytes.sub(2, 3)->text(), "cde");
  EXPECT_EQ(bytes.sub(6, 0)->text(), "");
  EXPECT_EQ(bytes.from(4)->text(), "ef");
  EXPECT_EQ(bytes.from(6)->text(), "");
  EXPECT_EQ(bytes.sub(1, 4)->sub(1, 2)->text(), "cd");
}

TEST(Bytes, ARangeThatEndsOutsideIsNothing) {
  Bytes bytes("abcdef"sv);
  EXPECT_FALSE(bytes.sub(0, 7));
  EXPECT_FALSE(bytes.sub(6, 1));
  EXPECT_FALSE(bytes.sub(7, 0));
  EXPECT_FALSE(bytes.from(7));
  EXPECT_FALSE(Bytes().sub(0, 1));
}

TEST(Bytes, OffsetsAndLengthsThatWouldWrapAreNothing) {
  Bytes bytes("abcdef"sv);
  for (uint64_t offset : {uint64_t{1}, uint64_t{5}, uint64_t{6}}) {
    EXPECT_FALSE(bytes.sub(offset, kMost)) << offset;
    EXPECT_FALSE(bytes.sub(offset, kMost - offset + 1)) << offset;
    EXPECT_FALSE(bytes.sub(kMost - offset + 1, offset)) << offset;
  }
  EXPECT_FALSE(bytes.sub(kMost, 0));
  EXPECT_FALSE(bytes.sub(kMost, kMost));
  EXPECT_FALSE(bytes.from(kMost));
  EXPECT_FALSE(bytes.number<uint64_t>(kMost - 3, ByteOrder::little));
  EXPECT_FALSE(bytes.c_string(kMost));
}

TEST(Bytes, NumbersAreReadInTheOrderAskedFor) {
  Bytes bytes("\x01\x82\x03\x84\x05\x86\x07\x88"sv);
  EXPECT_EQ(bytes.number<uint8_t>(1, ByteOrder::big), 0x82u);
  EXPECT_EQ(bytes.number<uint16_t>(0, ByteOrder::little), 0x8201u);
  EXPECT_EQ(bytes.number<uint16_t>(0, ByteOrder::big), 0x0182u);
  EXPECT_EQ(bytes.number<uint32_t>(1, ByteOrder::little), 0x05840382u);
  EXPECT_EQ(bytes.number<uint32_t>(1, ByteOrder::big), 0x82038405u);
  EXPECT_EQ(bytes.number<uint64_t>(0, ByteOrder::little), 0x8807860584038201u);
  EXPECT_EQ(bytes.number<uint64_t>(0, ByteOrder::big), 0x0182038405860788u);
  EXPECT_FALSE(bytes.number<uint64_t>(1, ByteOrder::big));
  EXPECT_FALSE(bytes.number<uint16_t>(7, ByteOrder::big));
}

TEST(Bytes, AStringEndsAtItsNulAndWithoutOneIsNothing) {
  Bytes bytes("one\0two\0\0rest"sv);
  EXPECT_EQ(bytes.c_string(0), "one");
  EXPECT_EQ(bytes.c_string(2), "e");
  EXPECT_EQ(bytes.c_string(3), "");
  EXPECT_EQ(bytes.c_string(4), "two");
  EXPECT_EQ(bytes.c_string(8), "");
  EXPECT_FALSE(bytes.c_string(9)) << "no NUL follows";
  EXPECT_FALSE(bytes.c_string(13)) << "at the end";
  EXPECT_FALSE(bytes.c_string(14)) << "behind the end";
  EXPECT_FALSE(Bytes().c_string(0));
}

TEST(Bytes, NothingIsReadBehindTheEnd) {
  const std::string_view content = "0123456789abcdef";
  test::GuardedBytes wall(content.size());
  for (size_t length = 0; length <= content.size(); ++length) {
    Bytes bytes = wall.place(content.substr(0, length));
    for (uint64_t offset = 0; offset <= length + 1; ++offset) {
      EXPECT_EQ(bytes.number<uint64_t>(offset, ByteOrder::big).has_value(), offset + 8 <= length);
      EXPECT_EQ(bytes.number<uint16_t>(offset, ByteOrder::little).has_value(), offset + 2 <= length);
      EXPECT_FALSE(bytes.c_string(offset)) << "there is no NUL in the content";
      EXPECT_EQ(bytes.from(offset).has_value(), offset <= length);
    }
  }
}

TEST(MemorySource, ReadsAsFarAsTheContentGoes) {
  MemorySource source(Bytes("0123456789"sv));
  EXPECT_EQ(source.size(), 10u);
  std::array<std::byte, 4> buffer{};
  auto read = [&](uint64_t offset) {
    auto length = source.read_at(offset, buffer);
    return length ? std::string(Bytes(std::span<const std::byte>(buffer)).text().substr(0, *length)) : "error";
  };
  EXPECT_EQ(read(0), "0123");
  EXPECT_EQ(read(6), "6789");
  EXPECT_EQ(read(8), "89");
  EXPECT_EQ(read(10), "");
  EXPECT_EQ(read(kMost), "");
}

TEST(ReadAll, StopsAtTheLimitItIsGiven) {
  MemorySource source(Bytes("0123456789"sv));
  auto whole = read_all(source, 10);
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_EQ(*whole, "0123456789");
  auto refused = read_all(source, 9);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::too_large);
  EXPECT_NE(refused.error().message.find("10 bytes"), std::string::npos) << refused.error().message;
  EXPECT_NE(refused.error().message.find("the 9 that"), std::string::npos) << refused.error().message;
}

// A source that ends sooner than it said, as a file that was cut since it was looked up.
class ShrunkenSource final : public Source {
 public:
  Result<size_t> read_at(uint64_t offset, std::span<std::byte> out) const override { return rest_.read_at(offset, out); }
  uint64_t size() const override { return 100; }

 private:
  MemorySource rest_{Bytes("short"sv)};
};

TEST(ReadAll, ReturnsWhatIsThereOfASourceThatShrank) {
  auto content = read_all(ShrunkenSource(), 1000);
  ASSERT_TRUE(content);
  EXPECT_EQ(*content, "short");
}

class BrokenSource final : public Source {
 public:
  Result<size_t> read_at(uint64_t, std::span<std::byte>) const override { return fail(ErrorCode::io, "the disk is gone", "/x"); }
  uint64_t size() const override { return 1; }
};

TEST(ReadAll, PassesOnTheErrorOfItsSource) {
  auto content = read_all(BrokenSource(), 1000);
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().code, ErrorCode::io);
  EXPECT_EQ(content.error().message, "the disk is gone");
  EXPECT_EQ(content.error().path, "/x");
}

}  // namespace
}  // namespace rootlet
