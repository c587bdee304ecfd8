#include "base/json_writer.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/dice.hpp"

namespace rootlet::test {
namespace {

std::string written(std::string_view text) {
  JsonWriter json;
  json.string(text);
  return json.take();
}

// nlohmann's, but for the controls that it leaves to the terminal.
std::string expected(std::string_view text) {
  const std::string dumped = nlohmann::json(text).dump(1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::string out;
  for (size_t i = 0; i < dumped.size(); ++i) {
    const auto byte = static_cast<unsigned char>(dumped[i]), next = static_cast<unsigned char>(dumped[i + 1]);
    const char* const digits = "0123456789abcdef";
    if (byte == 0x7f)
      out += "\\u007f";
    else if (byte == 0xc2 && next < 0xa0)
      out += std::string("\\u00") + digits[next >> 4] + digits[next & 15], ++i;
    else
      out += dumped[i];
  }
  return out + "\n";
}

TEST(JsonWriter, WritesEveryStringAsTheLibraryOfTheTestsDoes) {
  Dice dice(20261124);
  // Bytes that characters begin with and go on with, and their neighbours.
  const std::vector<int> bytes = {0x00, 0x08, 0x0a, 0x1f, 0x20, 0x22, 0x2f, 0x5c, 0x7e, 0x7f, 0x80, 0x8f,
                                  0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xc3, 0xdf, 0xe0, 0xe1, 0xec,
                                  0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff, 'a',  'b',  'e'};
  for (int round = 0; round < 50000; ++round) {
    std::string text;
    for (size_t length = dice.below(9); length > 0; --length) text += static_cast<char>(dice.pick(bytes));
    ASSERT_EQ(written(text), expected(text)) << "round " << round;
  }
}

TEST(JsonWriter, IndentsByOneBlankALevel) {
  JsonWriter json;
  json.begin_object();
  json.member("a", "b");
  json.key("empty");
  json.begin_array();
  json.end_array();
  json.key("nothing");
  json.begin_object();
  json.end_object();
  json.key("numbers");
  json.begin_array();
  json.number(0);
  json.number(UINT64_MAX);
  json.boolean(false);
  json.begin_object();
  json.path("path", "\xff");
  json.end_object();
  json.end_array();
  json.end_object();
  const std::string text = json.take();
  EXPECT_EQ(
      text,
      "{\n \"a\": \"b\",\n \"empty\": [],\n \"nothing\": {},\n \"numbers\": [\n  0,\n  18446744073709551615,\n  false,\n  {\n"
      "   \"path\": \"\xef\xbf\xbd\",\n   \"path_hex\": \"ff\"\n  }\n ]\n}\n");
  EXPECT_EQ(text, nlohmann::ordered_json::parse(text).dump(1) + "\n");
}

TEST(JsonWriter, ForAScriptNothingEndsItsElement) {
  JsonWriter json(JsonWriter::Style::script);
  json.begin_object();
  json.member("a", "</script><!--&\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa");
  json.key("b");
  json.begin_array();
  json.number(1);
  json.number(2);
  json.end_array();
  json.end_object();
  EXPECT_EQ(json.take(), "{\"a\":\"\\u003c/script\\u003e\\u003c!--\\u0026\\u2028\\u2029\xe2\x80\xaa\",\"b\":[1,2]}");
}

}  // namespace
}  // namespace rootlet::test
