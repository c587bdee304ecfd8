// An audit in the formats that other programs read: each held to the rules of its format, by its published schema where
// ROOTLET_SCHEMAS names a directory that has it (sarif-schema-2.1.0.json of OASIS, junit-10.xsd of Jenkins' xUnit plugin).
#include <gtest/gtest.h>

#include <boost/filesystem.hpp>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "report/audits.hpp"
#include "rootlet/report.hpp"
#include "support/temporary.hpp"

namespace rootlet::test {
namespace {

using Json = nlohmann::json;

// The published schema of that name; empty where there is none.
std::string schema(const std::string& name) {
  const char* directory = std::getenv("ROOTLET_SCHEMAS");
  const std::string path = directory == nullptr ? "" : std::string(directory) + "/" + name;
  return boost::filesystem::exists(path) ? path : "";
}

Json run_of(const Audit& audit) {
  const Json sarif = Json::parse(to_sarif(audit));
  EXPECT_EQ(sarif["version"], "2.1.0");
  EXPECT_EQ(sarif["runs"].size(), 1U);
  return sarif["runs"][0];
}

TEST(Sarif, DescribesEveryRuleOnce) {
  const Json run = run_of(small_audit());
  const Json& driver = run["tool"]["driver"];
  EXPECT_EQ(driver["name"], "rootlet");
  EXPECT_EQ(driver["rules"].size(), all_audit_rules().size());
  std::set<std::string> ids;
  for (const Json& rule : driver["rules"]) {
    ids.insert(rule["id"]);
    EXPECT_FALSE(rule["shortDescription"]["text"].get<std::string>().empty());
    EXPECT_FALSE(rule["help"]["text"].get<std::string>().empty());
  }
  EXPECT_EQ(ids.size(), driver["rules"].size());
  EXPECT_EQ(run["invocations"][0]["executionSuccessful"], true);
}

TEST(Sarif, TakesBracketsAndBracesForWhatTheyAre) {
  Audit audit = small_audit();
  audit.findings[0].message = "[click](https://example.org) {0}";
  EXPECT_EQ(run_of(audit)["results"][0]["message"]["text"], "\\[click\\](https://example.org) {{0}}");
}

TEST(Sarif, HasAResultForEachFinding) {
  const Json run = run_of(small_audit());
  ASSERT_EQ(run["results"].size(), 5U);
  const Json& first = run["results"][0];
  EXPECT_EQ(first["ruleId"], "undefined-symbol");
  EXPECT_EQ(run["tool"]["driver"]["rules"][first["ruleIndex"].get<size_t>()]["id"], "undefined-symbol");
  EXPECT_EQ(first["level"], "error");
  EXPECT_EQ(first["message"]["text"], "/usr/bin/app refers to foo@V_2 of libx.so.1, which does not define it");
  EXPECT_EQ(first["locations"][0]["physicalLocation"]["artifactLocation"], (Json{{"uri", "usr/bin/app"}, {"uriBaseId", "ROOT"}}));
  EXPECT_EQ(first["partialFingerprints"]["rootletKey/v1"], "undefined-symbol /usr/bin/app foo@V_2");
  EXPECT_EQ(first["properties"]["nearest"], "libx.so.1 has foo@V_1");
  EXPECT_EQ(run["results"][2]["level"], "warning");
  EXPECT_EQ(run["results"][3]["level"], "note");
}

// 3.27.23: an array in all results, empty where nothing is suppressed, or in none.
TEST(Sarif, SuppressesWhatIsAccepted) {
  Audit audit = small_audit();
  const Json run = run_of(audit);
  EXPECT_EQ(run["results"][0]["suppressions"], Json::array());
  EXPECT_EQ(run["results"][1]["suppressions"][0]["kind"], "external");
  EXPECT_EQ(run["results"][1]["suppressions"][0]["status"], "accepted");
  audit.findings[1].accepted = false;
  const Json none = run_of(audit);
  for (const Json& result : none["results"]) EXPECT_FALSE(result.contains("suppressions"));
}

// RFC 3986; each URI leads back to the bytes of the path.
TEST(Sarif, HasUrisThatAreRelativeAndEncoded) {
  static const std::regex kRelative("([A-Za-z0-9._~/-]|%[0-9A-F]{2})+");
  const Audit audit = hostile_audit();
  const Json run = run_of(audit);
  size_t i = 0;
  std::set<std::string> fingerprints;
  for (const Json& result : run["results"]) {
    const AuditFinding& finding = audit.findings[i++];
    EXPECT_TRUE(fingerprints.insert(result["partialFingerprints"]["primaryLocationLineHash"]).second);
    if (finding.object.empty()) {
      EXPECT_FALSE(result.contains("locations"));
      continue;
    }
    const std::string uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    EXPECT_TRUE(std::regex_match(uri, kRelative)) << uri;
    EXPECT_FALSE(uri.starts_with('/'));
    std::string path;
    for (size_t at = 0; at < uri.size(); ++at) {
      path += uri[at] != '%' ? uri[at] : static_cast<char>(std::stoi(uri.substr(at + 1, 2), nullptr, 16));
      if (uri[at] == '%') at += 2;
    }
    EXPECT_EQ(path, finding.object.substr(finding.object.find_first_not_of('/')));
  }
}

TEST(Sarif, IsTakenByThePublishedSchema) {
  const std::string published = schema("sarif-schema-2.1.0.json");
  if (published.empty()) GTEST_SKIP() << "ROOTLET_SCHEMAS names no directory with sarif-schema-2.1.0.json";
  const std::string program =
      "import json, sys, jsonschema\n"
      "validator = jsonschema.Draft4Validator(json.load(open(sys.argv[1])))\n"
      "document = json.load(sys.stdin)\n"
      "print([error.message for error in validator.iter_errors(document)])\n"
      "del document['runs'][0]['tool']['driver']['name']\n"
      "assert list(validator.iter_errors(document))\n";
  for (const Audit& audit : {small_audit(), hostile_audit(), Audit()}) {
    const CommandResult said = run_command({"python3", "-c", program, published}, to_sarif(audit));
    EXPECT_EQ(said.out, "[]\n") << said.err;
    EXPECT_EQ(said.status, 0) << said.err;
  }
}

// What a parser of XML finds: "TAG name message text" of each element.
std::string parsed(const std::string& xml) {
  const std::string program =
      "import sys, xml.etree.ElementTree as tree\n"
      "for element in tree.fromstring(sys.stdin.buffer.read()).iter():\n"
      "  print(element.tag, element.get('name', '-'), element.get('message', '-'), repr((element.text or '').strip()), sep=' | ')\n";
  const CommandResult said = run_command({"env", "PYTHONIOENCODING=utf-8", "python3", "-c", program}, xml);
  EXPECT_EQ(said.status, 0) << said.err;
  return said.out;
}

TEST(Junit, HasACaseForEachObjectAndOneFailureAtMost) {
  Audit audit = small_audit();
  audit.findings.push_back(unbound("/usr/bin/app", "second"));
  EXPECT_EQ(parsed(to_junit(audit)),
            "testsuites | rootlet audit | - | ''\n"
            "testsuite | rootlet audit | - | ''\n"
            "properties | - | - | ''\n"
            "property | root | - | ''\n"
            "testcase | /usr/bin/app | - | ''\n"
            "failure | - | /usr/bin/app refers to foo@V_2 of libx.so.1, which does not define it (and 1 more) | "
            "'stops-start: /usr/bin/app refers to foo@V_2 of libx.so.1, which does not define it [undefined-symbol /usr/bin/app foo@V_2]\\n"
            "stops-start: /usr/bin/app refers to second@V_2 of libx.so.1, which does not define it [undefined-symbol /usr/bin/app second@V_2]'\n"
            "testcase | /usr/bin/tool | - | ''\n"
            "failure | - | /usr/bin/tool refers to late@V_2 of libx.so.1, which does not define it | "
            "'fails-on-call: /usr/bin/tool refers to late@V_2 of libx.so.1, which does not define it [undefined-symbol /usr/bin/tool late@V_2]'\n"
            "system-out | - | - | "
            "'accepted: stops-start: /usr/bin/tool refers to bar@V_2 of libx.so.1, which does not define it [undefined-symbol /usr/bin/tool bar@V_2]\\n"
            "note: /usr/bin/tool is always at the same address [no-pie /usr/bin/tool]\\n"
            "note: environ has 8 bytes, and 16 in libx.so.1 [copy-size /usr/bin/tool]'\n"
            "testcase | /usr/lib/libx.so.1 | - | ''\n");
  EXPECT_NE(to_junit(audit).find(" tests=\"3\" failures=\"2\" errors=\"0\" skipped=\"0\""), std::string::npos);
}

TEST(Junit, SkipsWhatIsAccepted) {
  Audit audit = small_audit();
  audit.findings = {unbound("/usr/bin/tool", "bar")};
  audit.findings[0].accepted = true;
  const std::string xml = to_junit(audit);
  EXPECT_NE(xml.find(" tests=\"3\" failures=\"0\" errors=\"0\" skipped=\"1\""), std::string::npos) << xml;
  EXPECT_NE(parsed(xml).find("skipped | - | a baseline names what is amiss"), std::string::npos);
}

TEST(Junit, IsXmlWhateverTheNamesAre) {
  const std::string found = parsed(to_junit(hostile_audit()));
  for (const char* name : {"| /new\\x0aline |", "| /\\xff\\xfe |", "| /<b>&\"']]> |", "| /nul\\x01\\x1b[2J |", "| /\\xef\\xbf\\xbf\\xef\\xbf\\xbe\xef\xbf\xbd |", "| /ü/名前 |"}) {
    EXPECT_NE(found.find(std::string("testcase ") + name), std::string::npos) << name << " in " << found;
  }
}

TEST(Junit, IsTakenByThePublishedSchema) {
  const std::string published = schema("junit-10.xsd");
  if (published.empty()) GTEST_SKIP() << "ROOTLET_SCHEMAS names no directory with junit-10.xsd";
  for (const Audit& audit : {small_audit(), hostile_audit(), Audit()}) {
    const CommandResult said = run_command({"xmllint", "--noout", "--schema", published, "-"}, to_junit(audit));
    EXPECT_EQ(said.status, 0) << said.err;
  }
}

}  // namespace
}  // namespace rootlet::test
