// Findings that somebody accepted: what a baseline says, and what of it is still true.
#include <gtest/gtest.h>

#include <set>

#include "rootlet/audit.hpp"

namespace rootlet::test {
namespace {

AuditFinding finding(std::string object, std::string subject, AuditEffect effect = AuditEffect::stops_start) {
  AuditFinding made;
  made.rule = effect == AuditEffect::note ? "no-pie" : "undefined-symbol";
  made.effect = effect;
  made.object = std::move(object);
  made.subject = std::move(subject);
  made.message = made.object + " lacks " + made.subject;
  return made;
}

Audit with(std::vector<AuditFinding> findings) {
  Audit audit;
  audit.findings = std::move(findings);
  return audit;
}

// Names that a line cannot hold as they are, and pairs that would look alike.
Audit hostile() {
  return with({finding("/usr/bin/a b", "c"), finding("/usr/bin/a", "b c"), finding("/usr/bin/new\nline", "x"), finding("/\xff\xfe", "\xc3\x28"),
               finding("/\\xff\\xfe", "y"), finding("/tab\t", "z"), finding("/bell\a", "\x7f"), finding("/c1\xc2\x85", "\xc2\x9b"),
               finding("/ü/名前", "größe@V_1"), finding("/#", "# none"), finding(std::string("/nul\0", 5), "s"), finding("/r\r", "t ")});
}

TEST(AuditKey, IsTheRuleTheFileAndTheSubject) {
  EXPECT_EQ(finding("/usr/bin/app", "foo@V_2").key(), "undefined-symbol /usr/bin/app foo@V_2");
  EXPECT_EQ(finding("/usr/bin/app", "", AuditEffect::note).key(), "no-pie /usr/bin/app");
}

TEST(AuditKey, IsOneLineOfThreeWordsWhateverTheNamesAre) {
  EXPECT_EQ(finding("/a b\n", "\xff\\").key(), "undefined-symbol /a\\x20b\\x0a \\xff\\x5c");
  EXPECT_EQ(finding("/ü", "c1\xc2\x85").key(), "undefined-symbol /ü c1\\xc2\\x85");
  std::set<std::string> keys;
  for (const AuditFinding& one : hostile().findings) {
    const std::string key = one.key();
    EXPECT_EQ(std::count(key.begin(), key.end(), ' '), 2) << key;
    for (const char c : key) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) << key;
    keys.insert(key);
  }
  EXPECT_EQ(keys.size(), hostile().findings.size());
}

TEST(Baseline, AByteOrderMarkIsPassedOver) {
  const std::string line = "undefined-symbol /usr/bin/app foo\n";
  for (const std::string& text : {"\xef\xbb\xbf" + line, "\xef\xbb\xbf# words\n" + line}) {
    Audit audit = with({finding("/usr/bin/app", "foo")});
    const auto stale = accept(audit, text);
    ASSERT_TRUE(stale) << stale.error().message;
    EXPECT_TRUE(stale->empty());
    EXPECT_TRUE(audit.findings.front().accepted);
  }
  Audit audit = with({finding("/usr/bin/app", "foo")});
  EXPECT_FALSE(accept(audit, line + "\xef\xbb\xbf" + line));
}

TEST(AuditRules, AreWordsWithSomethingToSay) {
  std::set<std::string_view> names;
  for (const AuditRule& rule : all_audit_rules()) {
    EXPECT_TRUE(names.insert(rule.name).second) << rule.name;
    EXPECT_EQ(rule.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz-"), std::string_view::npos) << rule.name;
    EXPECT_TRUE(rule.summary.ends_with('.')) << rule.summary;
    EXPECT_TRUE(rule.help.ends_with('.')) << rule.help;
    EXPECT_EQ(rule.name.data()[rule.name.size()], '\0');  // the interface of C hands them out
  }
}

TEST(AuditBaseline, OfAllFindingsAcceptsAllOfThem) {
  Audit audit = hostile();
  EXPECT_FALSE(audit.bound());
  const auto stale = accept(audit, to_baseline(audit));
  ASSERT_TRUE(stale) << stale.error().message;
  EXPECT_EQ(*stale, std::vector<std::string>());
  for (const AuditFinding& one : audit.findings) EXPECT_TRUE(one.accepted) << one.key();
  EXPECT_TRUE(audit.bound());
  EXPECT_EQ(to_baseline(audit), to_baseline(hostile())) << "what was accepted stays in the next one";
}

TEST(AuditBaseline, HasEachMessageAndNoNotes) {
  const std::string text = to_baseline(with({finding("/a", "f"), finding("/b", "", AuditEffect::note)}));
  EXPECT_TRUE(text.starts_with("# "));
  EXPECT_NE(text.find("\n# /a lacks f\nstops-start undefined-symbol /a f\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("no-pie"), std::string::npos) << text;
}

TEST(AuditBaseline, DoesNotAcceptWhatHasBecomeWorse) {
  const std::string known = to_baseline(with({finding("/a", "f", AuditEffect::fails_on_call)}));
  EXPECT_NE(known.find("\nfails-on-call undefined-symbol /a f\n"), std::string::npos) << known;
  for (const AuditEffect effect : {AuditEffect::stops_start, AuditEffect::fails_on_call, AuditEffect::fails_to_open}) {
    Audit audit = with({finding("/a", "f", effect)});
    ASSERT_TRUE(accept(audit, known));
    EXPECT_EQ(audit.bound(), effect != AuditEffect::stops_start) << to_string(effect);
  }
}

TEST(AuditBaseline, AcceptsWhatItNamesAndSaysWhatIsNoMore) {
  Audit audit = with({finding("/a", "f"), finding("/a", "g"), finding("/b", "", AuditEffect::note)});
  const auto stale = accept(audit, "# by hand\n\r\n  undefined-symbol /a f \r\nundefined-symbol /gone h\n\n#no-pie /a\nno-pie /b");
  ASSERT_TRUE(stale) << stale.error().message;
  EXPECT_EQ(*stale, std::vector<std::string>{"undefined-symbol /gone h"});
  EXPECT_TRUE(audit.findings[0].accepted);
  EXPECT_FALSE(audit.findings[1].accepted);
  EXPECT_TRUE(audit.findings[2].accepted);
  EXPECT_FALSE(audit.bound());
  ASSERT_TRUE(accept(audit, "undefined-symbol /a g\n"));
  EXPECT_TRUE(audit.bound()) << "one baseline adds to another";
}

TEST(AuditBaseline, ThatIsNoneIsRefusedWithItsLineAndChangesNothing) {
  for (const auto& [text, words] : {std::pair("undefined-symbol /a f\n\nundefined-symbols /a f\n", "line 3 of the baseline does not begin with a rule's name"),
                                    {"undefined-symbol", "line 1 of the baseline names no file"},
                                    {"#\nundefined-symbol /a b f\n", "line 2 of the baseline has more words"},
                                    {"{\"schema\": 1}", "line 1 of the baseline does not begin"}}) {
    Audit audit = with({finding("/a", "f")});
    const auto refused = accept(audit, text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code, ErrorCode::malformed);
    EXPECT_NE(refused.error().message.find(words), std::string::npos) << refused.error().message;
    EXPECT_FALSE(audit.findings[0].accepted);
  }
}

TEST(Audit, IsBoundWithNothingButNotes) {
  EXPECT_TRUE(Audit().bound());
  EXPECT_TRUE(with({finding("/a", "", AuditEffect::note)}).bound());
  for (const AuditEffect effect : {AuditEffect::stops_start, AuditEffect::fails_on_call, AuditEffect::fails_to_open}) EXPECT_FALSE(with({finding("/a", "f", effect)}).bound());
}

}  // namespace
}  // namespace rootlet::test
