// The page rootlet-json(5) names every member and every word that other programs may meet, and none that there is not.
#include <regex>
#include <set>

#include "cli/fixture.hpp"
#include "report/audit_words.hpp"
#include "rootlet/audit.hpp"
#include "rootlet/closure.hpp"
#include "rootlet/loader.hpp"

namespace rootlet::test {
namespace {

namespace fs = boost::filesystem;
using Words = std::set<std::string>;

Words matches(const std::string& text, const char* pattern) {
  const std::regex expression(pattern);
  Words found;
  for (std::sregex_iterator at(text.begin(), text.end(), expression), end; at != end; ++at) found.insert((*at)[1]);
  return found;
}

// Of the lines that set words apart: ".It Li root , entries", ".Li path ,".
Words named() {
  const std::string page = read_file(ROOTLET_CLI_DIRECTORY "/man/rootlet-json.5");
  Words words;
  for (const std::string& line : matches(page, "(?:^|\n)\\.(?:It )?(?:Pq )?Li ([^\n]*)")) words.merge(matches(line, "([A-Za-z0-9_-]+)"));
  return words;
}

void expect_named(const Words& words) {
  static const Words known = named();
  for (const std::string& word : words) EXPECT_EQ(known.count(word), 1U) << word;
}

// What the sources that write JSON, or find something, have as literal names.
Words literals(const char* directory, const char* pattern) {
  Words found;
  for (const fs::directory_entry& file : fs::directory_iterator(std::string(ROOTLET_CLI_DIRECTORY "/../../lib/") + directory))
    if (file.path().extension() == ".cpp") found.merge(matches(read_file(file.path().string()), pattern));
  return found;
}

TEST_F(Command, TheJsonPageNamesEveryMember) {
  const std::string layer = directory_ / "layer", manifest = directory_ / "manifest.json";
  ASSERT_EQ(run({"build", "--dir", layer, "--manifest", manifest, "--user", "nonroot", "/usr/bin/app"}).status, 0);
  write_file(layer + "/added", "");
  std::string all = read_file(manifest);
  for (const char* entry : {"/usr/bin/app", "/usr/bin/broken"}) {
    for (const char* command : {"resolve", "audit"}) all += run({command, "--format", "json", "--include", "/etc/no*", entry}).out;
    all += run({"why", "--format", "json", "/usr/lib/libz.so.1", entry}).out;
  }
  all += run({"audit", "--all", "--format", "json"}).out + plain({"diff", "--format", "json", manifest, layer}).out;
  const Words members = matches(all, "\"([a-z0-9_]+)\": ");
  for (const char* each : {"tried", "kind", "chains", "sha256", "distribution", "bytes_after", "effect", "relro", "unreached"}) EXPECT_EQ(members.count(each), 1U) << each;
  expect_named(members);
}

TEST_F(Command, TheJsonPageNamesEveryWord) {
  Words words;
  for (auto kind = ReasonKind::entry; kind <= ReasonKind::generated; kind = static_cast<ReasonKind>(static_cast<int>(kind) + 1)) words.emplace(to_string(kind));
  for (auto how = How::loaded; how <= How::default_dir; how = static_cast<How>(static_cast<int>(how) + 1)) words.emplace(to_string(how));
  for (auto effect = AuditEffect::stops_start; effect <= AuditEffect::note; effect = static_cast<AuditEffect>(static_cast<int>(effect) + 1)) words.emplace(to_string(effect));
  for (const AuditRule& rule : all_audit_rules()) words.emplace(rule.name);
  for (const std::string_view protection : report::kProtections) words.emplace(protection);
  for (const char* room : {"closure", "data", "loader", "plan", "image"})
    words.merge(literals(room, "(?:[^_]finding\\(|findings_?\\.push_back\\(\\{|Need::finding, )\"([a-z-]+)\","));
  EXPECT_EQ(words.count("needed") + words.count("cache") + words.count("unproved") + words.count("base-differs") + words.count("limit"), 5U);
  expect_named(words);
}

TEST_F(Command, TheJsonPageNamesNothingElse) {
  Words said = literals("report", "\"([a-z0-9_-]+)\"");
  for (const char* room : {"closure", "data", "loader", "plan", "image", "inventory", "audit"}) said.merge(literals(room, "\"([a-z0-9_-]+)\""));
  for (const char* word : {"digest", "config", "layers", "diff_id", "schema", "_hex"}) said.insert(word);
  for (const std::string& word : named()) EXPECT_EQ(said.count(word), 1U) << word;
}

}  // namespace
}  // namespace rootlet::test
