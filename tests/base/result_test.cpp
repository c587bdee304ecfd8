#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <set>
#include <string>

#include "rootlet/base.hpp"

namespace rootlet {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return fail(ErrorCode::invalid_argument, "odd", "/p");
  return number / 2;
}

TEST(Result, HoldsEitherAValueOrAnError) {
  auto good = half(8);
  ASSERT_TRUE(good.has_value());
  EXPECT_EQ(*good, 4);
  auto bad = half(7);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(bad.error().message, "odd");
  EXPECT_EQ(bad.error().path, "/p");
}

TEST(Result, GivesAwayAValueThatCannotBeCopied) {
  Result<std::unique_ptr<int>> owner(std::make_unique<int>(7));
  std::unique_ptr<int> taken = *std::move(owner);
  ASSERT_NE(taken, nullptr);
  EXPECT_EQ(*taken, 7);
}

TEST(Result, OfNothingIsGoodUntilItHoldsAnError) {
  Result<void> good;
  EXPECT_TRUE(good);
  Result<void> bad = fail(ErrorCode::cancelled, "stopped");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().message, "stopped");
}

TEST(ErrorCode, NumbersAndWordsAreStable) {
  const std::pair<int, std::string_view> kTable[] = {
      {1, "invalid_argument"}, {2, "not_found"}, {3, "not_a_directory"}, {4, "permission_denied"},
      {5, "io"},               {6, "malformed"}, {7, "unsupported"},     {8, "already_exists"},
      {9, "too_large"},        {10, "cancelled"}};
  std::set<std::string_view> words;
  for (const auto& [number, word] : kTable) {
    EXPECT_EQ(to_string(static_cast<ErrorCode>(number)), word);
    EXPECT_TRUE(words.insert(word).second) << word;
  }
}

TEST(ErrorFromErrno, NamesTheAttemptThePathAndTheReason) {
  Error error = error_from_errno(ENOENT, "cannot open", "/etc/nothing");
  EXPECT_EQ(error.code, ErrorCode::not_found);
  EXPECT_EQ(error.message, "cannot open /etc/nothing: No such file or directory");
  EXPECT_EQ(error.path, "/etc/nothing");
  EXPECT_EQ(error_from_errno(EIO, "cannot read", "").message, "cannot read: Input/output error");
}

TEST(ErrorFromErrno, KindsFollowTheErrnoValue) {
  EXPECT_EQ(error_from_errno(ENOTDIR, "x", "").code, ErrorCode::not_a_directory);
  EXPECT_EQ(error_from_errno(EACCES, "x", "").code, ErrorCode::permission_denied);
  EXPECT_EQ(error_from_errno(EPERM, "x", "").code, ErrorCode::permission_denied);
  EXPECT_EQ(error_from_errno(EEXIST, "x", "").code, ErrorCode::already_exists);
  EXPECT_EQ(error_from_errno(ENOTEMPTY, "x", "").code, ErrorCode::already_exists);
  EXPECT_EQ(error_from_errno(EIO, "x", "").code, ErrorCode::io);
  EXPECT_EQ(error_from_errno(ELOOP, "x", "").code, ErrorCode::io);
}

TEST(Version, IsThreeNumbers) {
  const std::string text(version());
  int parts[3];
  char rest = 0;
  EXPECT_EQ(std::sscanf(text.c_str(), "%d.%d.%d%c", &parts[0], &parts[1], &parts[2], &rest), 3) << text;
}

}  // namespace
}  // namespace rootlet
