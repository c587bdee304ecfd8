// The entries of passwd and group that a container's start looks for.
#include <gtest/gtest.h>

#include <algorithm>

#include "rootlet/plan.hpp"
#include "support/resolved.hpp"

namespace rootlet::test {
namespace {

constexpr const char* kPasswd =
    "root:x:0:0:root:/root:/bin/bash\n"
    "app:$6$secret:100:200:The app,,,:/srv/app:/usr/sbin/nologin\n"
    "alice:x:1000:1000::/home/alice:/bin/sh\n";
constexpr const char* kGroup = "root:x:0:\nservice:x:200:alice\nalice:x:1000:\nvideo:x:44:alice\n";

MemoryTree tree_with_accounts() {
  MemoryTree tree;
  tree.file("/srv/app/data", "data").file("/etc/passwd", kPasswd).file("/etc/group", kGroup);
  return tree;
}

Plan plan_for(MemoryTree tree, const std::vector<std::string>& entries, const std::string& user) {
  Resolved resolved(Root::in_memory(std::move(tree)), entries);
  if (!resolved.ok()) return ADD_FAILURE() << resolved.error().message, Plan{};
  PlanOptions options;
  options.user = user;
  auto plan = make_plan(resolved.closure(), resolved.root(), options);
  if (!plan) return ADD_FAILURE() << plan.error().message, Plan{};
  return std::move(*plan);
}

const PlanEntry* find(const Plan& plan, const std::string& path) {
  const auto found = std::find_if(plan.entries.begin(), plan.entries.end(), [&](const PlanEntry& entry) { return entry.path == path; });
  return found == plan.entries.end() ? nullptr : &*found;
}

std::string content_of(const Plan& plan, const std::string& path) {
  const PlanEntry* entry = find(plan, path);
  return entry == nullptr ? "(none)" : entry->content.value_or("(the root's)");
}

TEST(PlanUser, WithoutOneNothingIsAdded) {
  const Plan plan = plan_for(tree_with_accounts(), {"/srv/app/data"}, "");
  EXPECT_EQ(find(plan, "/etc/passwd"), nullptr);
}

TEST(PlanUser, NonrootIsKnownWhereTheRootDoesNotKnowIt) {
  const Plan plan = plan_for(tree_with_accounts(), {"/srv/app/data"}, "nonroot");
  EXPECT_EQ(content_of(plan, "/etc/passwd"), "nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n");
  EXPECT_EQ(content_of(plan, "/etc/group"), "nonroot:x:65532:\n");
  const PlanEntry* home = find(plan, "/home/nonroot");
  ASSERT_NE(home, nullptr);
  EXPECT_EQ(home->type, PlanEntryType::directory);
  EXPECT_EQ(home->mode, 0700u);
  EXPECT_EQ(home->uid, 65532u);
  EXPECT_EQ(home->gid, 65532u);
  EXPECT_TRUE(plan.findings.empty());
}

TEST(PlanUser, AUserOfTheRootKeepsItsNumbersAndLosesItsPassword) {
  const Plan plan = plan_for(tree_with_accounts(), {"/srv/app/data"}, "app");
  EXPECT_EQ(content_of(plan, "/etc/passwd"), "app:x:100:200:The app,,,:/srv/app:/usr/sbin/nologin\n");
  EXPECT_EQ(content_of(plan, "/etc/group"), "service:x:200:\n");
  EXPECT_EQ(find(plan, "/home/nonroot"), nullptr);
}

TEST(PlanUser, AGroupIsAddedByItsName) {
  const Plan plan = plan_for(tree_with_accounts(), {"/srv/app/data"}, "1000:video");
  EXPECT_EQ(content_of(plan, "/etc/passwd"), "(none)");
  EXPECT_EQ(content_of(plan, "/etc/group"), "video:x:44:\n");
}

TEST(PlanUser, WhatTheLayerHasAlreadyStays) {
  const Plan plan = plan_for(tree_with_accounts(), {"/srv/app/data", "/etc/passwd", "/etc/group"}, "alice:alice");
  EXPECT_EQ(content_of(plan, "/etc/passwd"), "(the root's)");
  const Plan more = plan_for(tree_with_accounts(), {"/srv/app/data", "/etc/passwd", "/etc/group"}, "nonroot");
  EXPECT_EQ(content_of(more, "/etc/passwd"), std::string(kPasswd) + "nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n");
  EXPECT_EQ(find(more, "/etc/passwd")->size, content_of(more, "/etc/passwd").size());
}

TEST(PlanUser, ALinkedPasswdIsExtendedWhereItLies) {
  MemoryTree tree;
  tree.file("/srv/app/data", "data").file("/usr/share/accounts/passwd", "root:x:0:0:root:/root:/bin/sh").symlink("/etc/passwd", "../usr/share/accounts/passwd");
  const Plan plan = plan_for(std::move(tree), {"/srv/app/data", "/etc/passwd"}, "nonroot");
  EXPECT_EQ(content_of(plan, "/usr/share/accounts/passwd"), "root:x:0:0:root:/root:/bin/sh\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n");
  EXPECT_EQ(find(plan, "/etc/passwd")->type, PlanEntryType::symlink);
}

TEST(PlanUser, ALinkThatTheLayerLacksIsReplaced) {
  MemoryTree tree;
  tree.file("/srv/app/data", "data").file("/usr/share/accounts/passwd", "root:x:0:0:root:/root:/bin/sh").symlink("/etc/passwd", "../usr/share/accounts/passwd");
  const Plan plan = plan_for(std::move(tree), {"/srv/app/data"}, "nonroot");
  EXPECT_EQ(content_of(plan, "/etc/passwd"), "nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n");
  EXPECT_EQ(find(plan, "/usr/share/accounts/passwd"), nullptr);
}

TEST(PlanUser, OtherNamesOfTheFileKeepWhatItWas) {
  MemoryTree tree = tree_with_accounts();
  tree.hard_link("/etc/passwd.a", "/etc/passwd").hard_link("/etc/passwd.b", "/etc/passwd");
  const Plan plan = plan_for(std::move(tree), {"/etc/passwd", "/etc/passwd.a", "/etc/passwd.b"}, "nonroot");
  EXPECT_EQ(content_of(plan, "/etc/passwd.a"), "(the root's)");
  EXPECT_EQ(find(plan, "/etc/passwd.a")->type, PlanEntryType::file);
  EXPECT_EQ(find(plan, "/etc/passwd.b")->target, "/etc/passwd.a");
  EXPECT_NE(content_of(plan, "/etc/passwd").find("nonroot"), std::string::npos);
}

TEST(PlanUser, AnotherNonrootOfTheRootIsAFinding) {
  MemoryTree tree;
  tree.file("/srv/app/data", "data").file("/etc/passwd", "nonroot:x:1000:1000::/srv:/bin/sh\n");
  const Plan plan = plan_for(std::move(tree), {"/srv/app/data"}, "nonroot");
  ASSERT_EQ(plan.findings.size(), 1u);
  EXPECT_NE(plan.findings[0].detail.find("1000"), std::string::npos);
  EXPECT_EQ(find(plan, "/etc/passwd"), nullptr);
}

TEST(PlanUser, ANameThatNobodyKnowsIsAFinding) {
  const Plan plan = plan_for(tree_with_accounts(), {"/srv/app/data"}, "bob:wheel");
  ASSERT_EQ(plan.findings.size(), 2u);
  EXPECT_EQ(plan.findings[0].kind, "unknown-user");
  EXPECT_EQ(plan.findings[0].by, "bob");
  EXPECT_EQ(plan.findings[1].by, "wheel");
  EXPECT_EQ(find(plan, "/etc/passwd"), nullptr);
  EXPECT_TRUE(plan_for(tree_with_accounts(), {"/srv/app/data"}, "1234:99").findings.empty());
}

}  // namespace
}  // namespace rootlet::test
