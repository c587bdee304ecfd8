// What differs between two layers.
#include "inventory/layers.hpp"
#include <nlohmann/json.hpp>

namespace rootlet::test {
namespace {

TEST(Diff, OfEqualLayersIsEmpty) {
  const Inventory one = inventory_of(greeter()), other = inventory_of(greeter());
  EXPECT_TRUE(diff(one, other).same());
  EXPECT_EQ(to_text(diff(one, other), {}), "");
}

TEST(Diff, SaysEveryWayInWhichAPathDiffers) {
  MemoryTree before, after;
  before.file("/content", "one").file("/mode", "x", 0644).file("/gone", "").symlink("/target", "a").file("/type", "x").directory("/a").file("/a-b", "");
  after.file("/content", "two").file("/mode", "x", 04755).file("/new", "").symlink("/target", "b").symlink("/type", "x").directory("/a").file("/a/c", "");
  EXPECT_EQ(lines(diff(inventory_of(std::move(before)), inventory_of(std::move(after)))),
            (Lines{"- /a-b", "+ /a/c", "~ /content: content", "- /gone", "~ /mode: mode 0644, now 4755", "+ /new", "~ /target: target a, now b",
                   "~ /type: a file, now a link"}));
}

TEST(Diff, OwnersAndCapabilitiesCountWhereBothSidesHaveThoseOfTheLayer) {
  Inventory before, after;
  for (Inventory* side : {&before, &after}) {
    InventoryFile file;
    file.path = "/usr/bin/ping";
    file.sha256 = kHelloSha256;
    side->files.push_back(file);
  }
  after.files[0].uid = 7;
  after.files[0].capability = "\x01";
  EXPECT_EQ(lines(diff(before, after)), Lines{"~ /usr/bin/ping: owner 0:0, now 7:0; capabilities"});
  after.owners = false;
  EXPECT_TRUE(diff(before, after).same());
}

TEST(Diff, ALayerWithoutAPackageDatabaseSaysNothingOfPackages) {
  Inventory before, after;
  before.format = PackageFormat::dpkg;
  before.packages.push_back({"a", "1", "amd64", "a", {}});
  EXPECT_TRUE(diff(before, after).same());
  EXPECT_TRUE(diff(after, before).same());
  after.format = PackageFormat::dpkg;
  EXPECT_EQ(lines(diff(before, after)), Lines{"- package a:amd64 1> 0>0"});
}

TEST(Diff, PackagesAreComparedByNameAndArchitecture) {
  Inventory before, after;
  const auto add = [](Inventory& to, const std::string& name, const std::string& version, const std::string& architecture, uint64_t size) {
    to.packages.push_back({name, version, architecture, name, {}});
    InventoryFile file;
    file.path = "/" + name + version + architecture;
    file.size = size;
    file.package = name + " " + version;
    file.architecture = architecture;
    to.files.push_back(file);
  };
  add(before, "a", "1", "amd64", 10);
  add(before, "b", "1", "amd64", 20);
  add(before, "c", "1", "amd64", 5);
  add(before, "kernel", "1", "x86_64", 1);
  add(before, "kernel", "2", "x86_64", 2);
  add(after, "a", "1", "i386", 30);
  add(after, "b", "2", "amd64", 25);
  add(after, "c", "1", "amd64", 5);
  add(after, "kernel", "2", "x86_64", 2);
  before.format = after.format = PackageFormat::dpkg;
  Diff found = diff(before, after);
  found.files.clear();
  EXPECT_EQ(lines(found), (Lines{"- package a:amd64 1> 10>0", "+ package a:i386 >1 0>30", "~ package b:amd64 1>2 20>25", "- package kernel:x86_64 1> 1>0"}));
}

TEST(Diff, IsTextWithSizesAndReasons) {
  MemoryTree tree = greeter();
  tree.file("/usr/bin/greet", std::string(2048, 'x'), 0755).file("/opt/\x1b[31m", "");
  const Layer was(greeter(), {"/usr/bin/hail"});
  Layer before(greeter(), {"/usr/bin/hail"}), after(std::move(tree), {"/usr/bin/hail", "/opt/own", "/opt/\x1b[31m"});
  const Inventory from = before.inventory(), to = after.inventory();
  const std::string text = to_text(diff(from, to), {});
  EXPECT_EQ(text,
            "+ /opt\n"
            "+ /opt/\\x1b[31m (0 B) entry: /opt/\\x1b[31m\n"
            "+ /opt/own (4 B) entry: /opt/own\n"
            "~ /usr/bin/greet (content; 6 B, now 2.0 KiB; greet 1:2.0+b1-3~x) entry: /usr/bin/hail\n"
            "3 added (4 B), 0 removed (0 B), 1 changed (6 B, now 2.0 KiB)\n");
  EXPECT_NE(to_text(diff(from, to), {true}).find("\033[32m+\033[0m /opt/own"), std::string::npos);
}

TEST(Diff, IsJsonThatAnotherReaderTakes) {
  Layer before(greeter(), {"/usr/bin/hail", "/opt/own"}), after(greeter(), {"/usr/bin/hail", "/share/greet/words"});
  const auto json = nlohmann::json::parse(to_json(diff(before.inventory(), after.inventory())));
  EXPECT_EQ(json["same"], false);
  EXPECT_EQ(json["removed"]["files"], 2);
  EXPECT_EQ(json["removed"]["bytes_before"], 4);
  EXPECT_EQ(json["packages"][0]["name"], "words");
  EXPECT_EQ(json["packages"][0]["change"], "added");
  EXPECT_EQ(json["packages"][0]["after"]["size"], 3);
  const auto& own = json["files"][1];
  EXPECT_EQ(own["path"], "/opt/own");
  EXPECT_EQ(own["before"]["size"], 4);
  EXPECT_EQ(own["before"]["mode"], "0640");
  EXPECT_EQ(own.contains("after"), false);
  EXPECT_EQ(own["reasons"][0]["kind"], "entry");
}

}  // namespace
}  // namespace rootlet::test
