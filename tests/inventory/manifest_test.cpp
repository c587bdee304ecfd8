// Manifests: what they say, what they are checked against, and what strangers make of them.
#include <nlohmann/json.hpp>

#include "base/json_writer.hpp"
#include "inventory/layers.hpp"
#include "support/guard_page.hpp"

namespace rootlet::test {
namespace {

std::string manifest_of(MemoryTree tree, const std::vector<std::string>& entries) {
  Layer layer(std::move(tree), entries);
  return to_manifest(*layer.closure, layer.inventory());
}

nlohmann::json greeter_manifest() { return nlohmann::json::parse(manifest_of(greeter(), {"/usr/bin/hail", "/opt/own"})); }

std::string refusal(const nlohmann::json& manifest) {
  const auto read = read_manifest(manifest.dump());
  return read ? "" : std::string(to_string(read.error().code)) + ": " + read.error().message;
}

TEST(Manifest, IsTheJsonOfResolveWithWhatFilesAreInTheLayer) {
  Layer layer(greeter(), {"/usr/bin/hail", "/opt/own"});
  auto resolved = nlohmann::json::parse(to_json(*layer.closure)), manifest = nlohmann::json::parse(to_manifest(*layer.closure, layer.inventory()));
  for (auto& file : manifest["files"]) {
    if (file["path"] == "/usr/bin/greet") { EXPECT_EQ(file["sha256"], kHelloSha256); }
    file.erase("sha256");
    file.erase("architecture");
  }
  std::vector<std::string> beyond;
  for (const auto& entry : manifest["layer"]) beyond.push_back(entry["path"]);
  EXPECT_EQ(beyond, (Lines{"/opt", "/usr", "/usr/bin"}));
  for (const char* more : {"layer", "packages", "distribution"}) manifest.erase(more);
  EXPECT_EQ(manifest, resolved);
}

TEST(Manifest, SaysTheModeOfTheLayer) {
  const auto manifest = nlohmann::json::parse(manifest_of(MemoryTree().file("/bin/su", "x", 04755), {"/bin/su"}));
  EXPECT_EQ(manifest["files"][0]["mode"], "0755");
}

TEST(Manifest, ReadBackIsTheInventory) {
  const std::string odd = "/opt/\xff\n\"";
  MemoryTree tree = greeter();
  tree.file(odd, "x").symlink("/opt/link", "\xfe");
  Layer layer(std::move(tree), {"/usr/bin/hail", "/opt"});
  const Inventory taken = layer.inventory();
  const std::string text = to_manifest(*layer.closure, taken);
  auto read = read_manifest(text);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(lines(diff(*read, taken)), Lines{});
  ASSERT_EQ(read->files.size(), taken.files.size());
  for (size_t i = 0; i < taken.files.size(); ++i) {
    const InventoryFile &a = taken.files[i], &b = read->files[i];
    EXPECT_EQ(a.path, b.path);
    EXPECT_EQ(a.package + a.architecture + a.package_note, b.package + b.architecture + b.package_note);
    EXPECT_EQ(a.generated, b.generated);
    EXPECT_EQ(a.reasons, b.reasons) << a.path;
  }
  EXPECT_EQ(read->entries, taken.entries);
  EXPECT_EQ(to_sbom(*read, SbomFormat::cyclonedx), to_sbom(taken, SbomFormat::cyclonedx));
}

TEST(Manifest, VerifiesADirectoryThatIsAsItWasAndSaysWhatIsNot) {
  MemoryTree layer;
  layer.file("/usr/bin/greet", "hello\n", 0755).symlink("/usr/bin/hail", "greet").directory("/opt").file("/opt/own", "own\n", 0640);
  auto manifest = read_manifest(manifest_of(greeter(), {"/usr/bin/hail", "/opt/own"}));
  ASSERT_TRUE(manifest);
  EXPECT_EQ(lines(verify(*manifest, inventory_of(layer))), Lines{});
  layer.file("/usr/bin/greet", "hullo\n", 0755).file("/opt/own", "own\n", 0644).file("/usr/bin/more", "");
  EXPECT_EQ(lines(verify(*manifest, inventory_of(layer))),
            (Lines{"~ /opt/own: mode 0640, now 0644", "~ /usr/bin/greet: content", "+ /usr/bin/more"}));
}

// Where the reader stops must not be where the bytes do.
TEST(Manifest, EveryPrefixIsRefusedAndNothingBeyondItsEndIsRead) {
  const std::string text = manifest_of(greeter(), {"/opt/own"});
  const size_t end = text.find_last_of('}') + 1;
  GuardedBytes wall(end);
  for (size_t length = 0; length < end; ++length) {
    const auto read = read_manifest(wall.place(std::string_view(text).substr(0, length)).text());
    ASSERT_FALSE(read) << length;
    EXPECT_EQ(read.error().code, ErrorCode::malformed);
    EXPECT_EQ(read.error().message, "the manifest is not whole: its JSON ends after " + std::to_string(length) + " bytes");
  }
}

TEST(Manifest, WhatIsNoJsonIsSaidWithItsPlace) {
  EXPECT_EQ(read_manifest("{\"schema\": 1, oh}").error().message, "the manifest is not JSON: wrong at byte 15 of 17");
}

TEST(Manifest, WrongMembersAreNamed) {
  const auto good = greeter_manifest();
  ASSERT_EQ(refusal(good), "");
  const auto with = [&](const char* pointer, nlohmann::json value) {
    auto changed = good;
    changed[nlohmann::json::json_pointer(pointer)] = std::move(value);
    return refusal(changed);
  };
  EXPECT_EQ(with("/schema", 2), "malformed: the manifest has a /schema that is not 1");
  EXPECT_EQ(with("/files", 1), "malformed: the manifest is not one: /files is not an array");
  EXPECT_EQ(with("/entries/0", 1), "malformed: the manifest is not one: /entries/0 is not a text");
  EXPECT_EQ(with("/files/0", 1), "malformed: the manifest is not one: /files/0 is not an object");
  EXPECT_EQ(with("/files/0/mode", "0888"), "malformed: the manifest is not one: /files/0/mode is not an octal mode");
  EXPECT_EQ(with("/files/0/mode", "10000"), "malformed: the manifest is not one: /files/0/mode is not an octal mode");
  EXPECT_EQ(with("/files/0/size", -1), "malformed: the manifest is not one: /files/0/size is not a number from 0 to 9223372036854775807");
  EXPECT_EQ(with("/files/0/uid", 4294967296), "malformed: the manifest is not one: /files/0/uid is not a number from 0 to 4294967295");
  EXPECT_EQ(with("/files/0/sha256", "abc"), "malformed: the manifest is not one: /files/0/sha256 is not a SHA-256 in hexadecimal");
  EXPECT_EQ(with("/files/0/sha256", std::string(64, 'G')), "malformed: the manifest is not one: /files/0/sha256 is not a SHA-256 in hexadecimal");
  EXPECT_EQ(with("/files/0/type", "fifo"), "malformed: the manifest is not one: /files/0/type is not file, directory or symlink");
  EXPECT_EQ(with("/files/0/capability", "0"), "malformed: the manifest is not one: /files/0/capability is not hexadecimal");
  EXPECT_EQ(with("/files/0/generated", 1), "malformed: the manifest is not one: /files/0/generated is not true or false");
  EXPECT_EQ(with("/files/0/reasons/0/by", nullptr), "malformed: the manifest is not one: /files/0/reasons/0/by is not a text");
  EXPECT_EQ(with("/packages/0/name", nullptr), "malformed: the manifest is not one: /packages/0/name is not a text");
  EXPECT_EQ(with("/packages/0/depends/0", 1), "malformed: the manifest is not one: /packages/0/depends/0 is not a text");
  EXPECT_EQ(with("/distribution", 1), "malformed: the manifest is not one: /distribution is not an object");
  for (const char* path : {"", "opt", "/opt/", "//opt", "/opt/../etc", "/./opt"}) {
    EXPECT_EQ(with("/files/0/path", path), "malformed: the manifest is not one: /files/0/path is not the path of a file in a layer") << path;
  }
  EXPECT_EQ(with("/files/0/path_hex", "2f6100"), "malformed: the manifest is not one: /files/0/path is not the path of a file in a layer");
  EXPECT_EQ(with("/layer/0/path", "/opt/own"), "malformed: the manifest is not one: it has the path /opt/own twice");
  auto plain = good;
  plain.erase("layer");
  EXPECT_EQ(refusal(plain), "malformed: the manifest has no /layer, as what `rootlet resolve` prints; `rootlet build --manifest` writes a manifest");
  EXPECT_EQ(refusal(nlohmann::json::array()), "malformed: the manifest is not an object");
}

TEST(Manifest, HasBounds) {
  EXPECT_EQ(read_manifest(std::string(256u << 20, ' ') + "{").error().code, ErrorCode::too_large);
  EXPECT_EQ(read_manifest(std::string(100'000, '[')).error().message, "the manifest is nested too deep");
  std::string many = "[0";
  for (int i = 0; i < 8'000'000; ++i) many += ",0";
  EXPECT_EQ(read_manifest(many + "]").error().message, "the manifest holds more than 8000000 values");
}

}  // namespace
}  // namespace rootlet::test
