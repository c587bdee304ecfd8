// Digests, against the test vectors of FIPS 180-4 and RFC 1321.
#include "base/digest.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace rootlet::test {
namespace {

struct Text final : Source {
  explicit Text(std::string content, uint64_t pretended = 0) : text(std::move(content)), length(pretended) {}
  uint64_t size() const override { return length != 0 ? length : text.size(); }
  Result<size_t> read_at(uint64_t offset, std::span<std::byte> out) const override {
    const size_t count = offset < text.size() ? std::min<size_t>(out.size(), text.size() - offset) : 0;
    std::memcpy(out.data(), text.data() + std::min<size_t>(offset, text.size()), count);
    return count;
  }
  std::string text;
  uint64_t length;
};

std::string of(DigestKind kind, std::string_view text) {
  Digest digest(kind);
  digest.add(text);
  return digest.hex();
}

TEST(Digest, HasTheValuesOfTheStandards) {
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(of(DigestKind::sha1, "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(of(DigestKind::md5, "message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
  EXPECT_EQ(of(DigestKind::md5, ""), "d41d8cd98f00b204e9800998ecf8427e");
}

TEST(Digest, IsTheSameInPiecesAndStartsAgainAfterEachAnswer) {
  Digest digest;
  digest.add("a");
  digest.add("bc");
  EXPECT_EQ(digest.hex(), sha256("abc"));
  EXPECT_EQ(digest.hex(), sha256(""));
}

// A million times "a": also of FIPS 180-4 and of RFC 1321's kind, and more than is read at once.
TEST(Digest, ReadsASourceToItsEnd) {
  const Text source(std::string(1'000'000, 'a'));
  EXPECT_EQ(sha256(source).value(), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  EXPECT_EQ(md5(source).value(), "7707d6ae4e027c70eea2a935c2296f21");
}

TEST(Digest, SaysThatASourceIsShorterThanItSaid) {
  const auto digest = sha256(Text("abc", 5));
  ASSERT_FALSE(digest);
  EXPECT_EQ(digest.error().code, ErrorCode::io);
  EXPECT_EQ(digest.error().message, "ends after 3 of 5 bytes");
}

}  // namespace
}  // namespace rootlet::test
