// The JSON of a closure, as other tools rely on it.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "rootlet/report.hpp"
#include "support/resolved.hpp"

namespace rootlet::test {
namespace {

using Json = nlohmann::json;

std::set<std::string> keys(const Json& object) {
  std::set<std::string> names;
  for (const auto& [key, value] : object.items()) names.insert(key);
  return names;
}

Json json_of(const Resolved& resolved) {
  if (!resolved.ok()) return ADD_FAILURE() << resolved.error().message, Json();
  const std::string text = to_json(resolved.closure());
  EXPECT_TRUE(text.ends_with("}\n"));
  return Json::parse(text);
}

const Json& file(const Json& json, const std::string& path) {
  for (const Json& item : json["files"]) {
    if (item["path"] == path) return item;
  }
  static const Json none;
  ADD_FAILURE() << path << " is not in files";
  return none;
}

World world_with_all() {
  World world = merged_world();
  world.program("/usr/bin/app", Elf().needs({"liba.so", "libgone.so"}).interpreter(kMergedLoader));
  world.library("/opt/liba.so.1").symlink("/opt/liba.so", "liba.so.1").file("/etc/ld.so.conf", "/opt\n");
  world.directory("/data").file("/data/secret", "x", 0600);
  return world;
}

TEST(Json, HasTheFieldsOfTheContractAndNoOthers) {
  const Json json = json_of(Resolved(world_with_all(), {"/bin/app", "/data"}));
  EXPECT_EQ(keys(json), (std::set<std::string>{"schema", "root", "entries", "files", "missing", "findings"}));
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["root"], "memory");
  EXPECT_EQ(json["entries"], (Json{"/bin/app", "/data"}));
  for (const Json& item : json["files"]) {
    std::set<std::string> expected = {"path", "type", "reasons"};
    if (item["type"] == "symlink") expected.insert("target");
    if (item["type"] == "file") expected.insert({"size", "mode"});
    if (item["type"] == "directory") expected.insert("mode");
    if (item["path"] == "/etc/ld.so.cache") expected.insert("generated");
    EXPECT_EQ(keys(item), expected) << item;
    EXPECT_FALSE(item["reasons"].empty());
    for (const Json& reason : item["reasons"]) {
      std::set<std::string> fields = keys(reason);
      fields.erase("how");
      EXPECT_EQ(fields, (std::set<std::string>{"kind", "by", "detail"})) << reason;
    }
  }
}

TEST(Json, TellsOfEachFileWhatItIs) {
  const Json json = json_of(Resolved(world_with_all(), {"/bin/app", "/data"}));
  const Json& link = file(json, "/opt/liba.so");
  EXPECT_EQ(link["type"], "symlink");
  EXPECT_EQ(link["target"], "liba.so.1");
  const Json& library = file(json, "/opt/liba.so.1");
  EXPECT_EQ(library["type"], "file");
  EXPECT_EQ(library["mode"], "0644");
  EXPECT_EQ(library["size"], world_with_all().bytes_of(Elf()).size());
  EXPECT_EQ(library["reasons"],
            (Json{{{"kind", "needed"}, {"by", "/usr/bin/app"}, {"detail", "liba.so"}, {"how", "conf"}}}));
  EXPECT_EQ(file(json, "/data")["type"], "directory");
  EXPECT_EQ(file(json, "/data")["mode"], "0755");
  EXPECT_EQ(file(json, "/data/secret")["mode"], "0600");
  const Json& cache = file(json, "/etc/ld.so.cache");
  EXPECT_EQ(cache["generated"], true);
  EXPECT_EQ(cache["type"], "file");
  EXPECT_EQ(cache["mode"], "0644");
  EXPECT_GT(cache["size"], 48);
}

TEST(Json, HasOneReasonForEachEdge) {
  World world;
  world.program("/one", Elf().needs({"liba.so"}))
      .program("/two", Elf().needs({"liba.so"}))
      .library("/usr/lib/liba.so");
  const Json json = json_of(Resolved(world, {"/one", "/two"}));
  EXPECT_EQ(file(json, "/usr/lib/liba.so")["reasons"].size(), 2u);
  EXPECT_EQ(file(json, "/one")["reasons"], (Json{{{"kind", "entry"}, {"by", ""}, {"detail", "/one"}}}));
}

TEST(Json, SortsFilesBytewise) {
  World world;
  for (const char* path : {"/b", "/B", "/a-b", "/a/b", "/a.b", "/\303\251", "/z"}) world.file(path, "");
  const Json json = json_of(Resolved(world, {"/z", "/\303\251", "/a/b", "/a-b", "/a.b", "/b", "/B"}));
  Lines paths;
  for (const Json& item : json["files"]) paths.push_back(item["path"]);
  EXPECT_EQ(paths, (Lines{"/B", "/a-b", "/a.b", "/a/b", "/b", "/z", "/\303\251"}));
}

TEST(Json, ListsWhatIsMissingWithEveryPathTried) {
  const Json json = json_of(Resolved(world_with_all(), {"/bin/app"}));
  ASSERT_EQ(json["missing"].size(), 1u);
  const Json& missing = json["missing"][0];
  EXPECT_EQ(keys(missing), (std::set<std::string>{"name", "by", "kind", "tried"}));
  EXPECT_EQ(missing["name"], "libgone.so");
  EXPECT_EQ(missing["by"], "/usr/bin/app");
  EXPECT_EQ(missing["kind"], "needed");
  ASSERT_FALSE(missing["tried"].empty());
  EXPECT_EQ(missing["tried"][0],
            (Json{{"path", "/opt/libgone.so"}, {"how", "conf"}, {"why", "no such file or directory"}}));
}

TEST(Json, ListsFindings) {
  const Json json = json_of(Resolved(world_with_all(), {"/bin/app"}));
  ASSERT_EQ(json["findings"].size(), 1u);
  EXPECT_EQ(keys(json["findings"][0]), (std::set<std::string>{"kind", "by", "detail"}));
  EXPECT_EQ(json["findings"][0]["kind"], "conf-not-cache");
}

TEST(Json, KeepsThatAndGivesTheBytesOfANameThatIsNotUtf8) {
  World world;
  world.file("/data/f\xff\xfe", "").symlink("/data/l", "f\xff\xfe").file("/data/F\xc5\x91", "");
  const Json json = json_of(Resolved(world, {"/data"}));
  const Json& odd = file(json, "/data/f\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(odd["path_hex"], "2f646174612f66fffe");
  EXPECT_EQ(file(json, "/data/l")["target_hex"], "66fffe");
  EXPECT_FALSE(file(json, "/data/F\xc5\x91").contains("path_hex"));
}

TEST(Json, HoldsNoControlCharacterButLineBreaksBetweenItsItems) {
  World world;
  const std::string name =
      "/data/\x1b[31m\n\r\t\x7f\xc2\x9b"
      "31m";
  world.file(name, "");
  const Resolved resolved(world, {"/data"});
  const std::string text = to_json(resolved.closure());
  for (const char c : text) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n');
  EXPECT_EQ(text.find('\x7f'), std::string::npos);
  EXPECT_EQ(text.find("\xc2\x9b"), std::string::npos);
  file(Json::parse(text), name);
}

TEST(Json, OfWhyHasChainsFromAnEntryToThePath) {
  World world;
  world.program("/app", Elf().needs({"liba.so"}))
      .library("/usr/lib/liba.so", Elf().needs({"libb.so"}))
      .library("/usr/lib/libb.so");
  Resolved resolved(world, {"/app"});
  ASSERT_TRUE(resolved.ok());
  const Json json = Json::parse(to_json(why(resolved.closure(), resolved.root(), "/usr/lib/libb.so")));
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["path"], "/usr/lib/libb.so");
  EXPECT_EQ(json["present"], true);
  EXPECT_EQ(json["more"], false);
  ASSERT_EQ(json["chains"].size(), 1u);
  Lines steps;
  for (const Json& step : json["chains"][0])
    steps.push_back(step["path"].get<std::string>() + " " + step["reason"]["kind"].get<std::string>());
  EXPECT_EQ(steps, (Lines{"/app entry", "/usr/lib/liba.so needed", "/usr/lib/libb.so needed"}));
}

}  // namespace
}  // namespace rootlet::test
