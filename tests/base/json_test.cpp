#include "base/json.hpp"

#include <gtest/gtest.h>

namespace rootlet::test {
namespace {

TEST(Json, MembersKeepTheirOrderAndOfOneNameTheLastCounts) {
  const auto json = parse_json(R"({"b": 1, "a": {"x": [null, true, "text"]}, "b": "again", "c": -1.5e3})");
  ASSERT_TRUE(json && json->is(JsonValue::object));
  ASSERT_EQ(json->members.size(), 3u);
  EXPECT_EQ(json->members[0].first, "b");
  EXPECT_EQ(json->text_of("b"), "again");
  EXPECT_EQ(json->text_of("a"), "");
  EXPECT_EQ(json->text_of("none"), "");
  const JsonValue* list = json->find("a")->find("x");
  ASSERT_TRUE(list != nullptr && list->is(JsonValue::array));
  ASSERT_EQ(list->items.size(), 3u);
  EXPECT_TRUE(list->items[0].is(JsonValue::null));
  EXPECT_TRUE(list->items[1].is(JsonValue::boolean));
  EXPECT_EQ(list->items[2].text, "text");
  EXPECT_TRUE(json->find("c")->is(JsonValue::number));
}

TEST(Json, WhatIsNoJsonIsNothing) {
  for (const char* text : {"", " ", "{", "[1,]", "{\"a\"}", "1 2", "nul", "\"\xff\"", "{\"a\":1}}", "[1e999]"})
    EXPECT_FALSE(parse_json(text)) << text;
  EXPECT_TRUE(parse_json(" \"top\" "));
}

TEST(Json, NothingIsReadThatIsNestedDeeperThanAnyRealDocument) {
  const auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(parse_json(nested(kMaxJsonDepth)));
  EXPECT_FALSE(parse_json(nested(kMaxJsonDepth + 1)));
  EXPECT_FALSE(parse_json(std::string(1'000'000, '[')));
}

TEST(Json, AnErrorSaysWhereAndWhy) {
  const auto why = [](std::string_view text, size_t most = 100) {
    const auto read = read_json(text, "it", most);
    return read ? std::string() : std::string(to_string(read.error().code)) + ": " + read.error().message;
  };
  EXPECT_EQ(why("{\"a\": [1, 2.5, null]}"), "");
  EXPECT_EQ(why("{\"a\": x}"), "malformed: it is not JSON: wrong at byte 7 of 8");
  EXPECT_EQ(why("{\"a\": [1"), "malformed: it is not whole: its JSON ends after 8 bytes");
  EXPECT_EQ(why(""), "malformed: it is not whole: its JSON ends after 0 bytes");
  EXPECT_EQ(why(std::string(1000, '['), 1000), "malformed: it is nested too deep");
  EXPECT_EQ(why("[1, 2]", 3), "");
  EXPECT_EQ(why("[1, 2, 3]", 3), "too_large: it holds more than 3 values");
}

TEST(Json, ManyMembersTakeNoQuadraticTime) {
  std::string text = "{";
  for (int i = 0; i < 200'000; ++i) text += "\"" + std::to_string(i % 150'000) + "\":" + std::to_string(i) + ",";
  const auto json = parse_json(text + "\"last\":\"value\"}");
  ASSERT_TRUE(json);
  EXPECT_EQ(json->text_of("last"), "value");
}

}  // namespace
}  // namespace rootlet::test
