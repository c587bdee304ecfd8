// The page of a report: what names can do in it, and what it takes for an earlier report.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "rootlet/report.hpp"
#include "support/resolved.hpp"

namespace rootlet::test {
namespace {

using Json = nlohmann::json;

bool has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

// The text of the page's element that begins with `start`.
std::string element(std::string_view page, std::string_view start, std::string_view end) {
  const size_t at = page.find(start);
  if (at == page.npos) return ADD_FAILURE() << "no " << start, "";
  page.remove_prefix(at + start.size());
  return std::string(page.substr(0, page.find(end)));
}
std::string data_of(std::string_view page) { return element(page, R"(<script type="application/json" id="data">)", "</script>"); }
std::string before_of(std::string_view page) { return element(page, R"(<script type="application/json" id="before">)", "</script>"); }

World world_with_app() {
  World world = merged_world();
  world.program("/usr/bin/app", Elf().needs({"libz.so.1"}).interpreter(kMergedLoader));
  world.library("/usr/lib/libz.so.1", Elf().soname("libz.so.1"));
  return world;
}

class HtmlPage : public testing::Test {
 protected:
  HtmlPage() : resolved_(world_with_app(), {"/usr/bin/app"}) {}
  std::string page(std::string_view before = {}) {
    auto html = to_html(resolved_.closure(), before);
    return html ? *html : (ADD_FAILURE() << html.error().message, "");
  }
  // Why `before` is refused.
  std::string refusal(std::string_view before, ErrorCode code = ErrorCode::malformed) {
    auto html = to_html(resolved_.closure(), before);
    if (html) return "taken";
    EXPECT_EQ(html.error().code, code);
    return html.error().message;
  }
  Json answer() { return Json::parse(to_json(resolved_.closure())); }
  Resolved resolved_;
};

TEST_F(HtmlPage, HoldsTheAnswerAsToJsonGivesIt) {
  EXPECT_EQ(Json::parse(data_of(page())), answer());
  EXPECT_EQ(before_of(page()), "null");
}

TEST_F(HtmlPage, IsTheSameForTheSameClosure) {
  const std::string before = to_json(resolved_.closure());
  EXPECT_EQ(page(), page());
  EXPECT_EQ(page(before), page(before));
  Resolved again(world_with_app(), {"/usr/bin/app"});
  EXPECT_EQ(*to_html(again.closure()), page());
}

TEST_F(HtmlPage, LetsNothingRunButItsOwnScriptAndNothingLoad) {
  const std::string html = page(), policy = element(html, R"(<meta http-equiv="Content-Security-Policy" content=")", "\"");
  EXPECT_TRUE(has(policy, "default-src 'none'; script-src 'sha256-")) << policy;
  EXPECT_TRUE(has(policy, "; style-src 'sha256-")) << policy;
  EXPECT_FALSE(has(policy, "unsafe")) << policy;
  EXPECT_FALSE(has(policy, "http")) << policy;
  // A digest of 32 bytes is 43 characters and one for padding.
  EXPECT_EQ(element(policy, "script-src 'sha256-", "'").size(), 44U);
  EXPECT_LT(html.find("Content-Security-Policy"), html.find("<style"));
}

TEST_F(HtmlPage, NamesNoOtherPlace) {
  const std::string html = page();
  EXPECT_FALSE(has(html, "http://"));
  EXPECT_FALSE(has(html, "https://"));
  EXPECT_FALSE(has(html, "url("));
  EXPECT_FALSE(has(html, "@import"));
  EXPECT_FALSE(has(html, " src="));
  EXPECT_EQ(element(html, "<link", ">"), R"( rel="icon" href="data:,")");
}

TEST_F(HtmlPage, PutsNamesInAsTextOnly) {
  const std::string html = page();
  for (const char* const way : {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"})
    EXPECT_FALSE(has(html, way)) << way;
  // What would end or change the script element from inside.
  const std::string script = element(html, "<script>", "</script>");
  EXPECT_FALSE(has(script, "<!--"));
  EXPECT_FALSE(has(script, "<script"));
  EXPECT_FALSE(has(html, "@DATA@"));
  EXPECT_FALSE(has(html, "@SCRIPT@"));
}

// Every name, wherever it appears, is data: nothing in it may end the element that holds it.
TEST(HtmlNames, CannotEndTheElementThatHoldsThem) {
  const std::vector<std::string> names = {"</script><script>alert(1)</script>", "<!--<script>", "a&amp;b",
                                          "line\u2028para\u2029end", "del\x7f", "c1\u0085",
                                          "quote\"'`${alert(1)}", "@BEFORE@", "@SCRIPT@"};
  World world = merged_world();
  for (const std::string& name : names) world.file("/data/" + name, "x");
  Resolved resolved(world, {"/data"});
  ASSERT_TRUE(resolved.ok()) << resolved.error().message;
  const std::string answer = to_json(resolved.closure());
  auto html = to_html(resolved.closure(), answer);
  ASSERT_TRUE(html.has_value()) << html.error().message;
  for (const std::string& text : {data_of(*html), before_of(*html)}) {
    for (const char c : {'<', '>', '&', '\x7f'}) EXPECT_EQ(text.find(c), text.npos) << c;
    EXPECT_FALSE(has(text, "\u2028"));
    EXPECT_FALSE(has(text, "\u2029"));
    EXPECT_FALSE(has(text, "\u0085"));
  }
  EXPECT_EQ(Json::parse(data_of(*html)), Json::parse(answer));
  EXPECT_EQ(Json::parse(before_of(*html))["files"].size(), resolved.closure().files.size());
}

TEST(HtmlNames, ThatAreNotUtf8ComeWithTheirBytes) {
  World world = merged_world();
  world.file("/data/a\xff", "x");
  Resolved resolved(world, {"/data"});
  ASSERT_TRUE(resolved.ok()) << resolved.error().message;
  const std::string answer = to_json(resolved.closure());
  auto html = to_html(resolved.closure(), answer);
  ASSERT_TRUE(html.has_value()) << html.error().message;
  EXPECT_TRUE(has(data_of(*html), R"("path_hex":"2f646174612f61ff")"));
  EXPECT_TRUE(has(before_of(*html), R"("path_hex":"2f646174612f61ff")"));
}

TEST_F(HtmlPage, ComparesWithWhatFilesWereAndKeepsReasonsOfThoseNoLongerThere) {
  Json old = answer();
  const Json reason = {{"kind", "needed"}, {"by", "/usr/bin/app"}, {"detail", "libold.so"}, {"how", "cache"}};
  old["files"].push_back({{"path", "/usr/lib/libold.so"}, {"type", "file"}, {"size", 7}, {"mode", "0644"}, {"package", "old 1"}, {"reasons", {reason}}});
  const Json before = Json::parse(before_of(page(old.dump())));
  ASSERT_EQ(before["files"].size(), old["files"].size());
  EXPECT_EQ(before["files"].back(), old["files"].back());
  EXPECT_FALSE(before["files"][0].contains("reasons"));
  EXPECT_EQ(before["entries"], old["entries"]);
}

TEST_F(HtmlPage, RefusesWhatIsNoEarlierReport) {
  EXPECT_EQ(refusal("{\"schema\": 1, oops"), "the earlier report is not JSON: wrong at byte 15 of 18");
  EXPECT_EQ(refusal("[]"), "the earlier report is not an object");
  EXPECT_EQ(refusal("{}"), "the earlier report has no /schema");
  EXPECT_EQ(refusal(R"({"schema": 2})"), "the earlier report has /schema 2, not 1");
  EXPECT_EQ(refusal(R"({"schema": 1})"), "the earlier report is not one: /root is not there");
}

TEST_F(HtmlPage, SaysWhereAnEarlierReportIsWrong) {
  const auto wrong = [this](auto change) {
    Json old = answer();
    change(old);
    const std::string message = refusal(old.dump()), start = "the earlier report is not one: ";
    return message.starts_with(start) ? message.substr(start.size()) : "otherwise: " + message;
  };
  EXPECT_EQ(wrong([](Json& old) { old["files"] = 1; }), "/files is not an array");
  EXPECT_EQ(wrong([](Json& old) { old["files"][1] = "x"; }), "/files/1 is not an object");
  EXPECT_EQ(wrong([](Json& old) { old["files"][1].erase("path"); }), "/files/1/path is not there");
  EXPECT_EQ(wrong([](Json& old) { old["files"][1]["path"] = 3; }), "/files/1/path is not a text");
  EXPECT_EQ(wrong([](Json& old) { old["files"][1]["size"] = "9"; }), "/files/1/size is not a number of bytes");
  EXPECT_EQ(wrong([](Json& old) { old["files"][1]["size"] = -9; }), "/files/1/size is not a number of bytes");
  EXPECT_EQ(wrong([](Json& old) { old["files"][1]["path_hex"] = "2g"; }), "/files/1/path_hex is not hexadecimal");
  EXPECT_EQ(wrong([](Json& old) { old["files"][1]["generated"] = 1; }), "/files/1/generated is not true or false");
  EXPECT_EQ(wrong([](Json& old) { old["files"][1].erase("reasons"); }), "/files/1/reasons is not an array");
  EXPECT_EQ(wrong([](Json& old) { old["files"][1]["reasons"][0] = 1; }), "/files/1/reasons/0 is not an object");
  EXPECT_EQ(wrong([](Json& old) { old["files"][1]["reasons"][0]["by"] = 1; }), "/files/1/reasons/0/by is not a text");
  EXPECT_EQ(wrong([](Json& old) { old["findings"] = Json::array({Json::object()}); }), "/findings/0/kind is not there");
  EXPECT_EQ(wrong([](Json& old) { old["entries"][0] = 1; }), "/entries/0 is not a text");
}

TEST_F(HtmlPage, RefusesEarlierReportsWithoutBounds) {
  EXPECT_EQ(refusal(std::string(1 << 20, '[')), "the earlier report is nested too deep");
  EXPECT_EQ(refusal(R"({"schema": 1e999})"), "the earlier report is not JSON: a number in it is too large");
  EXPECT_EQ(refusal(std::string((256u << 20) + 1, ' '), ErrorCode::too_large), "the earlier report has more than 256 MiB");
}

// Every beginning of a report is refused, or none of it is: no crash, and nothing half read.
TEST_F(HtmlPage, RefusesEveryBeginningOfAReport) {
  const std::string whole = to_json(resolved_.closure());
  for (size_t length = 1; length + 1 < whole.size(); ++length) {
    const std::string_view beginning = std::string_view(whole).substr(0, length);
    EXPECT_FALSE(to_html(resolved_.closure(), beginning).has_value()) << length;
  }
  EXPECT_TRUE(to_html(resolved_.closure(), whole).has_value());
}

}  // namespace
}  // namespace rootlet::test
