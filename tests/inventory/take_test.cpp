// Inventories of plans and of roots.
#include "inventory/layers.hpp"

namespace rootlet::test {
namespace {

TEST(Inventory, OfAPlanHasDigestsPackagesAndReasons) {
  Layer layer(greeter(), {"/usr/bin/hail", "/usr/share/greet/words", "/opt/own"});
  const Inventory taken = layer.inventory(true);
  const InventoryFile* greet = taken.find("/usr/bin/greet");
  ASSERT_NE(greet, nullptr);
  EXPECT_EQ(greet->sha256, kHelloSha256);
  EXPECT_EQ(greet->sha1, kHelloSha1);
  EXPECT_EQ(greet->size, 6U);
  EXPECT_EQ(greet->mode, 0755U);
  EXPECT_EQ(greet->package, "greet 1:2.0+b1-3~x");
  EXPECT_EQ(greet->architecture, "amd64");
  ASSERT_FALSE(greet->reasons.empty());
  EXPECT_EQ(to_string(greet->reasons.front()), "entry: /usr/bin/hail");
  EXPECT_EQ(taken.find("/usr/bin/hail")->target, "greet");
  EXPECT_EQ(taken.find("/usr/bin/hail")->sha256, "");
  EXPECT_EQ(taken.find("/opt/own")->package, "");
  EXPECT_EQ(taken.find("/opt")->type, NodeType::directory);
  EXPECT_EQ(taken.find("/"), nullptr);
  ASSERT_EQ(taken.packages.size(), 2U);
  EXPECT_EQ(taken.packages[0].source, "greetings");
  EXPECT_EQ(taken.packages[0].depends, Lines{"words"});
  EXPECT_EQ(taken.format, PackageFormat::dpkg);
  EXPECT_EQ(taken.distribution.id + " " + taken.distribution.version + " " + taken.distribution.name, "debian 12 Debian GNU/Linux 12 (bookworm)");
}

// 58 packages of Debian 12 have /lib as a directory, which a merged /usr has as a link.
TEST(Inventory, ALinkToADirectoryIsNoPackagesOwn) {
  Layer layer(greeter(), {"/share/greet/words"});
  const Inventory taken = layer.inventory();
  EXPECT_EQ(taken.find("/share")->package, "");
  ASSERT_EQ(taken.packages.size(), 1U);
  EXPECT_EQ(taken.packages[0].name, "words");
}

TEST(Inventory, AFileInALinksPlaceIsNoPackagesOwn) {
  MemoryTree tree = greeter();
  tree.file("/usr/lib/os-release", "ID=debian\nVERSION_ID=12\n").symlink("/etc/os-release", "../usr/lib/os-release");
  tree.file("/var/lib/dpkg/info/words.list", "/.\n/etc/os-release\n/usr/lib/os-release\n");
  Layer layer(std::move(tree), {"/usr/bin/greet"}, true);
  const Inventory taken = layer.inventory();
  const InventoryFile* release = taken.find("/etc/os-release");
  ASSERT_NE(release, nullptr);
  EXPECT_EQ(release->type, NodeType::file);
  EXPECT_EQ(release->package, "");
  ASSERT_FALSE(release->reasons.empty());
  EXPECT_EQ(to_string(release->reasons.front()), "generated: os-release");
  EXPECT_EQ(taken.find("/usr/lib/os-release")->package, "words 7");
  ASSERT_EQ(taken.packages.size(), 2U);
}

TEST(Inventory, OfARootHasEverythingInIt) {
  MemoryTree tree = greeter();
  tree.hard_link("/opt/same", "/opt/own");
  const Inventory taken = inventory_of(std::move(tree));
  EXPECT_EQ(taken.find("/usr/bin/greet")->sha256, kHelloSha256);
  EXPECT_EQ(taken.find("/usr/bin/greet")->package, "greet 1:2.0+b1-3~x");
  EXPECT_EQ(taken.find("/srv")->mode, 0711U);
  EXPECT_EQ(taken.find("/opt/same")->type, NodeType::file);
  EXPECT_EQ(taken.find("/opt/same")->sha256, taken.find("/opt/own")->sha256);
  EXPECT_EQ(taken.packages.size(), 2U);
  for (size_t i = 1; i < taken.files.size(); ++i) EXPECT_LT(taken.files[i - 1].path, taken.files[i].path);
}

TEST(Inventory, HardLinksOfAPlanHaveWhatTheirFirstNameHas) {
  MemoryTree tree;
  tree.file("/a/one", "hello\n", 0750).hard_link("/a/two", "/a/one");
  Layer layer(std::move(tree), {"/a"});
  const Inventory taken = layer.inventory();
  ASSERT_NE(taken.find("/a/two"), nullptr);
  EXPECT_EQ(taken.find("/a/two")->type, NodeType::file);
  EXPECT_EQ(taken.find("/a/two")->sha256, kHelloSha256);
  EXPECT_EQ(taken.find("/a/two")->mode, 0750U);
}

TEST(Inventory, AnUnreadableFileIsAnError) {
  Root root = Root::in_memory(MemoryTree().file("/etc/secret", "x").unreadable("/etc/secret"));
  auto taken = take_inventory(root);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().path, "/etc/secret");
}

TEST(Inventory, CanBeCancelledAndSaysHowFarItIs) {
  Layer layer(greeter(), {"/usr/bin/greet", "/opt/own"});
  std::vector<std::string> seen;
  Progress last;
  InventoryOptions options;
  options.progress = [&](const Progress& progress) { return seen.emplace_back(progress.path), last = progress, true; };
  ASSERT_TRUE(take_inventory(*layer.closure, layer.plan, layer.root, options));
  EXPECT_EQ(last.files_done, layer.plan.entries.size());
  EXPECT_EQ(last.bytes_done, layer.plan.bytes);
  EXPECT_EQ(seen.size(), layer.plan.entries.size() + 1);
  options.progress = [](const Progress& progress) { return progress.path != "/opt/own"; };
  EXPECT_EQ(take_inventory(*layer.closure, layer.plan, layer.root, options).error().code, ErrorCode::cancelled);
  EXPECT_EQ(take_inventory(layer.root, options).error().code, ErrorCode::cancelled);
}

TEST(Inventory, OsReleaseIsReadAsAShellWould) {
  Root root = Root::in_memory(MemoryTree().file("/usr/lib/os-release", "# ID=no\nID=\"al\\\"p\"\n\nVERSION_ID=3.18\nNAME=x\nPRETTY_NAME='A $B'\nID_LIKE=y"));
  const Distribution found = take_inventory(root)->distribution;
  EXPECT_EQ(found.id, "al\"p");
  EXPECT_EQ(found.version, "3.18");
  EXPECT_EQ(found.name, "A $B");
}

}  // namespace
}  // namespace rootlet::test
