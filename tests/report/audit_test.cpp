// An audit as text and as JSON.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "report/audits.hpp"
#include "rootlet/report.hpp"

namespace rootlet::test {
namespace {

using Json = nlohmann::json;

std::set<std::string> keys(const Json& object) {
  std::set<std::string> names;
  for (const auto& [key, value] : object.items()) names.insert(key);
  return names;
}

bool mentions(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }

TEST(AuditText, SaysWhatComesOfItByProgramAndSumsUp) {
  EXPECT_EQ(to_text(small_audit(), {}),
            "/usr/bin/app does not start:\n"
            "  /usr/bin/app refers to foo@V_2 of libx.so.1, which does not define it [undefined-symbol]\n"
            "      nearest: libx.so.1 has foo@V_1\n"
            "      and so in 2 other programs\n"
            "/usr/bin/tool starts, and fails later:\n"
            "  /usr/bin/tool refers to late@V_2 of libx.so.1, which does not define it [undefined-symbol]\n"
            "      nearest: libx.so.1 has late@V_1\n"
            "note: environ has 8 bytes, and 16 in libx.so.1 [copy-size]\n"
            "hardening: 1 of 2 programs PIE; of 3 objects 2 with full RELRO, 1 partial, 3 NX, 1 canary, 0 fortify, 0 text relocations\n"
            "2 programs, 3 objects, 4711 references looked up; 1 finding stops the start, 1 fails later; 1 accepted\n");
}

TEST(AuditText, SaysThatAllIsBound) {
  Audit audit = small_audit();
  audit.findings.resize(2);
  audit.findings[0].accepted = true;
  EXPECT_TRUE(to_text(audit, {}).ends_with("looked up; nothing new; 2 accepted\n"));
  audit.findings.clear();
  EXPECT_TRUE(to_text(audit, {}).ends_with("looked up; all bound\n"));
  EXPECT_EQ(to_text(Audit(), {}), "0 programs, 0 objects, 0 references looked up; all bound\n");
}

TEST(AuditText, PutsAllOfAProgramUnderTheWorstOfIt) {
  Audit audit;
  audit.findings = {unbound("/z", "a"), unbound("/a", "b", AuditEffect::fails_on_call), unbound("/z", "c", AuditEffect::fails_on_call), unbound("/m", "d", AuditEffect::fails_to_open)};
  const std::string text = to_text(audit, {});
  std::vector<std::string> heads;
  for (size_t start = 0; start < text.size(); start = text.find('\n', start) + 1) {
    if (text[start] == '/') heads.push_back(text.substr(start, text.find('\n', start) - start));
  }
  EXPECT_EQ(heads, (std::vector<std::string>{"/z does not start:", "/a starts, and fails later:", "/m starts, and cannot open what it opens later:"}));
}

TEST(AuditText, SaysTheNearestOnce) {
  Audit audit = small_audit();
  audit.findings.resize(1);
  audit.findings[0].message += "; libx.so.1 has foo@V_1";
  EXPECT_FALSE(mentions(to_text(audit, {}), "nearest:"));
}

TEST(AuditText, NamesTheLargestFilesThatNothingReaches) {
  Audit audit;
  for (int i = 0; i < 25; ++i) audit.unreached.push_back({"/data/" + std::to_string(i), static_cast<uint64_t>(25 - i) * 1024, i == 0 ? "data 1.0" : ""});
  const std::string text = to_text(audit, {});
  EXPECT_TRUE(text.starts_with("25 files that no program reaches, 325.0 KiB, the largest of them (all are in the JSON):\n    25.0 KiB  /data/0 (data 1.0)\n    24.0 KiB  /data/1\n")) << text;
  audit.entries = {"/usr/bin/app"};
  EXPECT_TRUE(mentions(to_text(audit, {}), "25 files that the entries do not reach, "));
  EXPECT_TRUE(mentions(text, "/data/19\n"));
  EXPECT_FALSE(mentions(text, "/data/20\n"));
}

TEST(AuditText, HasColorAndHostileNamesOnlyAsItShould) {
  EXPECT_TRUE(mentions(to_text(small_audit(), {true}), "\033[1m/usr/bin/app\033[0m\033[31m does not start:\033[0m\n"));
  for (const std::string& text : {to_text(hostile_audit(), {}), to_hardening(hostile_audit(), {})}) {
    EXPECT_FALSE(mentions(text, "\033"));
    EXPECT_TRUE(mentions(text, "/new\\x0aline"));
    EXPECT_TRUE(mentions(text, "/\\xff\\xfe"));
  }
}

TEST(AuditText, OfHardeningIsATable) {
  EXPECT_EQ(to_hardening(small_audit(), {}),
            "RELRO    CANARY  NX   PIE  FORTIFY  TEXTREL  RPATH  RUNPATH  IBT/BTI  SHSTK/PAC  CPU        KERNEL  FILE\n"
            "full     yes     yes  yes  no       no       no     no       yes      no         x86-64-v2  -       /usr/bin/app\n"
            "full     no      yes  no   no       no       no     no       no       no         -          -       /usr/bin/tool\n"
            "partial  no      yes  dso  no       no       no     no       no       no         -          3.2.0   /usr/lib/libx.so.1\n");
}

TEST(AuditJson, HasTheFieldsOfTheContractAndNoOthers) {
  const std::string text = to_json(small_audit());
  EXPECT_TRUE(text.ends_with("}\n"));
  const Json json = Json::parse(text);
  EXPECT_EQ(keys(json), (std::set<std::string>{"schema", "root", "entries", "bound", "programs", "bindings", "findings", "objects"}));
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["bound"], false);
  EXPECT_EQ(json["bindings"], 4711);
  EXPECT_EQ(json["findings"][0],
            (Json{{"rule", "undefined-symbol"}, {"effect", "stops-start"}, {"object", "/usr/bin/app"}, {"subject", "foo@V_2"}, {"symbol", "foo"}, {"version", "V_2"},
                  {"from", "libx.so.1"}, {"nearest", "libx.so.1 has foo@V_1"}, {"program", "/usr/bin/app"}, {"programs", 3},
                  {"message", "/usr/bin/app refers to foo@V_2 of libx.so.1, which does not define it"}, {"key", "undefined-symbol /usr/bin/app foo@V_2"}, {"accepted", false}}));
  EXPECT_EQ(keys(json["findings"][3]), (std::set<std::string>{"rule", "effect", "object", "program", "programs", "message", "key", "accepted"}));
  EXPECT_EQ(json["objects"][0],
            (Json{{"path", "/usr/bin/app"}, {"program", true}, {"references", 12}, {"relro", "full"}, {"pie", "yes"}, {"nx", true}, {"canary", true}, {"fortify", false},
                  {"text_relocations", false}, {"rpath", false}, {"runpath", false}, {"ibt", true}, {"shstk", false}, {"bti", false}, {"pac", false}, {"isa_needed", "x86-64-v2"}}));
  EXPECT_EQ(json["objects"][1]["pie"], "no");
  EXPECT_EQ(json["objects"][2]["kernel"], "3.2.0");
}

TEST(AuditJson, NamesTheHighestLevelThatIsNeeded) {
  Audit audit = small_audit();
  for (const auto& [bits, word] : {std::pair(1U, "base"), {2U, "x86-64-v2"}, {7U, "x86-64-v3"}, {15U, "x86-64-v4"}}) {
    audit.objects[0].protections.isa_needed = bits;
    EXPECT_EQ(Json::parse(to_json(audit))["objects"][0]["isa_needed"], word);
  }
}

TEST(AuditJson, KeepsTheBytesOfNamesThatAreNotUtf8) {
  const Json json = Json::parse(to_json(hostile_audit()));
  bool found = false;
  for (const Json& file : json["unreached"]) found |= file["path"] == "/\xef\xbf\xbd\xef\xbf\xbd" && file["path_hex"] == "2ffffe" && file["size"] == 12;
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace rootlet::test
