// Why a path is in the layer, or why it is not.
#include <gtest/gtest.h>

#include <algorithm>

#include "rootlet/report.hpp"
#include "support/resolved.hpp"

namespace rootlet::test {
namespace {

ResolveOptions recording() {
  ResolveOptions options = libraries_only();
  options.loader.record_attempts = true;
  return options;
}

// The kinds and paths of a chain: "/app < liba.so".
Lines chains_of(const Why& why) {
  Lines lines;
  for (const Chain& chain : why.chains) {
    std::string line;
    for (const Step& step : chain) line += (line.empty() ? "" : " < ") + std::string(step.path);
    lines.push_back(line);
  }
  return lines;
}

bool notes_mention(const Why& why, std::initializer_list<const char*> words) {
  return std::any_of(why.notes.begin(), why.notes.end(), [&](const std::string& note) {
    return std::all_of(words.begin(), words.end(),
                       [&](const char* word) { return note.find(word) != std::string::npos; });
  });
}

TEST(Why, GivesEveryChainTheShortestFirst) {
  World world;
  world.program("/app", Elf().needs({"liba.so", "libb.so"})).program("/two", Elf().needs({"libb.so"}));
  world.library("/usr/lib/liba.so", Elf().needs({"libb.so"})).library("/usr/lib/libb.so");
  Resolved resolved(world, {"/app", "/two"}, recording());
  const Why answer = why(resolved.closure(), resolved.root(), "/usr/lib/libb.so");
  EXPECT_TRUE(answer.present);
  EXPECT_FALSE(answer.more);
  Lines chains = chains_of(answer);
  ASSERT_EQ(chains.size(), 3u);
  EXPECT_EQ(chains[2], "/app < /usr/lib/liba.so < /usr/lib/libb.so");
  std::sort(chains.begin(), chains.end());
  EXPECT_EQ(chains, (Lines{"/app < /usr/lib/liba.so < /usr/lib/libb.so", "/app < /usr/lib/libb.so",
                           "/two < /usr/lib/libb.so"}));
}

TEST(Why, KnowsWhatIsPutIntoALayerForScanners) {
  MemoryTree tree;
  tree.file("/var/lib/dpkg/status", "Package: tool\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n");
  tree.file("/var/lib/dpkg/info/tool.list", "/usr/bin/tool\n").file("/usr/bin/tool", "").file("/usr/share/doc/tool/copyright", "");
  Resolved resolved(Root::in_memory(tree), {"/usr/bin/tool"});
  const Why stanza = why(resolved.closure(), resolved.root(), "/var/lib/dpkg/status.d/tool");
  EXPECT_TRUE(stanza.present);
  EXPECT_TRUE(notes_mention(stanza, {"scanners", "--no-package-metadata"}));
  const Why copyright = why(resolved.closure(), resolved.root(), "/usr/share/doc/tool/copyright");
  EXPECT_FALSE(copyright.present);
  EXPECT_TRUE(notes_mention(copyright, {"--licenses"}));
  EXPECT_FALSE(why(resolved.closure(), resolved.root(), "/var/lib/dpkg/status").present);
}

TEST(Why, ComesToAnEndInALoop) {
  World world;
  world.program("/app", Elf().needs({"liba.so"}))
      .library("/usr/lib/liba.so", Elf().needs({"libb.so"}))
      .library("/usr/lib/libb.so", Elf().needs({"liba.so"}));
  Resolved resolved(world, {"/app"}, recording());
  EXPECT_EQ(chains_of(why(resolved.closure(), resolved.root(), "/usr/lib/libb.so")),
            Lines{"/app < /usr/lib/liba.so < /usr/lib/libb.so"});
}

TEST(Why, SaysThatThereIsMoreThanWasAskedFor) {
  World world;
  std::vector<std::string> entries;
  for (int i = 0; i < 5; ++i) {
    entries.push_back("/app" + std::to_string(i));
    world.program(entries.back(), Elf().needs({"liba.so"}));
  }
  world.library("/usr/lib/liba.so");
  Resolved resolved(world, entries, recording());
  const Why answer = why(resolved.closure(), resolved.root(), "/usr/lib/liba.so", 3);
  EXPECT_EQ(answer.chains.size(), 3u);
  EXPECT_TRUE(answer.more);
  EXPECT_EQ(why(resolved.closure(), resolved.root(), "/usr/lib/liba.so", 5).more, false);
}

TEST(Why, AnswersForALinkAndForWhereItLeads) {
  World world = merged_world();
  world.program("/usr/bin/app", Elf().needs({"liba.so"}).interpreter(kMergedLoader))
      .library("/usr/lib/liba.so.1")
      .symlink("/usr/lib/liba.so", "liba.so.1");
  Resolved resolved(world, {"/usr/bin/app"}, recording());
  const Why answer = why(resolved.closure(), resolved.root(), "/lib/liba.so");
  EXPECT_TRUE(answer.present);
  EXPECT_EQ(answer.path, "/usr/lib/liba.so");
  EXPECT_TRUE(notes_mention(answer, {"/usr/lib/liba.so", "leads to /usr/lib/liba.so.1"}));
  EXPECT_EQ(chains_of(answer),
            (Lines{"/usr/bin/app < /usr/lib/liba.so", "/usr/bin/app < /usr/lib/liba.so.1"}));
}

TEST(Why, AnswersForALinkThatNobodyCrossedByWhatItLeadsTo) {
  World world;
  world.program("/app", Elf().needs({"liba.so.1"}))
      .library("/usr/lib/liba.so.1")
      .symlink("/usr/lib/liba.so", "liba.so.1");
  Resolved resolved(world, {"/app"}, recording());
  const Why answer = why(resolved.closure(), resolved.root(), "/usr/lib/liba.so");
  EXPECT_EQ(chains_of(answer), Lines{"/app < /usr/lib/liba.so.1"});
}

TEST(Why, SaysWhoLookedForAPathThatIsNotThere) {
  World world;
  world.program("/app", Elf().needs({"libgone.so"}).runpath("/l"));
  Resolved resolved(world, {"/app"}, recording());
  const Why answer = why(resolved.closure(), resolved.root(), "/l/libgone.so");
  EXPECT_FALSE(answer.present);
  EXPECT_TRUE(notes_mention(answer, {"libgone.so", "/app", "runpath", "no such file"}))
      << testing::PrintToString(answer.notes);
}

// It was in three records: what is missing, what was passed over, and that for each level of processors.
TEST(Why, SaysAFactOnce) {
  World world;
  world.program("/app", Elf().needs({"libgone.so", "liba.so"}).runpath("/l"))
      .library("/l/liba.so").library("/l/glibc-hwcaps/x86-64-v3/liba.so").library("/l/glibc-hwcaps/x86-64-v2/liba.so");
  Resolved resolved(world, {"/app"}, recording());
  EXPECT_EQ(why(resolved.closure(), resolved.root(), "/l/libgone.so").notes,
            Lines{"looked for as libgone.so, which /app needs (runpath): no such file or directory"});
}

// A finding names who asked; what it is about stood in its words alone, and `why` said that nothing had asked.
TEST(Why, SaysWhatFindingsOfOthersSayOfAPath) {
  World world;
  const char* loader = "/lib64/ld-linux-x86-64.so.2";
  world.library(loader);
  world.program("/usr/bin/app", Elf().strings({"/root/app.conf"}).interpreter(loader)).file("/root/app.conf", "");
  world.file("/usr/bin/script", "#!/usr/bin/dash\nabsent-program\n", 0755).program("/usr/bin/dash", Elf().interpreter(loader));
  ResolveOptions options;
  options.loader.record_attempts = true;
  options.data.rules = {{"mine.toml", "[[rule]]\nname = \"mine\"\nbecause = \"b\"\nsource = \"s\"\nwhen = { path = [\"*/app\"] }\nthen = { files = [\"/opt/one\", \"/opt/*.conf\"] }\n"}};
  Resolved resolved(world, {"/usr/bin/app", "/usr/bin/script"}, options);
  const auto notes = [&](std::string_view path) { return why(resolved.closure(), resolved.root(), path).notes; };
  EXPECT_EQ(notes("/root/app.conf"), Lines{"/usr/bin/app: /root/app.conf is left out: it lies in a home directory; --include takes it [not-taken]"});
  const Lines rule = {"/usr/bin/app: rule mine found nothing at /opt/one, /opt/*.conf [not-there]"};
  EXPECT_EQ(notes("/opt/one"), rule);
  EXPECT_EQ(notes("/opt/two.conf"), rule);
  EXPECT_EQ(notes("/opt/three/four.conf"), Lines{"there is no such path in the root, and nothing looked for it"});
  EXPECT_EQ(notes("/usr/local/bin/absent-program"), Lines{"/usr/bin/script: absent-program is not there, which it may start [program-not-there]"});
}

TEST(Why, AnswersForANameThatSomethingIsNeededBy) {
  World world;
  world.program("/app", Elf().needs({"liba.so.1"})).library("/usr/lib/liba.so.1.2").symlink("/usr/lib/liba.so.1", "liba.so.1.2");
  Resolved resolved(world, {"/app"}, recording());
  const Why answer = why(resolved.closure(), resolved.root(), "liba.so.1");
  EXPECT_TRUE(answer.present);
  EXPECT_EQ(answer.path, "/usr/lib/liba.so.1.2");
  EXPECT_EQ(answer.notes, Lines{"liba.so.1 is /usr/lib/liba.so.1.2"});
  EXPECT_EQ(chains_of(answer), Lines{"/app < /usr/lib/liba.so.1.2"});
  const Why other = why(resolved.closure(), resolved.root(), "libb.so.1");
  EXPECT_FALSE(other.present);
  EXPECT_TRUE(notes_mention(other, {"nothing was looked for by this name", "begins with /"}));
}

TEST(Why, SaysWhyACandidateWasPassedOver) {
  World world;
  world.program("/app", Elf().needs({"liba.so"}).runpath("/one:/two"))
      .library("/one/liba.so", Elf().machine(183))
      .library("/two/liba.so");
  Resolved resolved(world, {"/app"}, recording());
  const Why answer = why(resolved.closure(), resolved.root(), "/one/liba.so");
  EXPECT_FALSE(answer.present);
  EXPECT_TRUE(notes_mention(answer, {"passed over", "for AArch64", "/app"}))
      << testing::PrintToString(answer.notes);
}

TEST(Why, SaysThatAPathWasExcluded) {
  World world;
  world.program("/app", Elf().needs({"liba.so"})).library("/usr/lib/liba.so");
  ResolveOptions options = recording();
  options.exclude = {"*/liba.so"};
  Resolved resolved(world, {"/app"}, options);
  EXPECT_TRUE(notes_mention(why(resolved.closure(), resolved.root(), "/usr/lib/liba.so"),
                            {"--exclude", "*/liba.so"}));
}

TEST(Why, SaysThatNobodyNeedsAPathOrThatThereIsNone) {
  World world;
  world.program("/app", Elf()).file("/etc/motd", "").file("/etc/deep/file", "");
  Resolved resolved(world, {"/app", "/etc/deep/file"}, recording());
  EXPECT_TRUE(notes_mention(why(resolved.closure(), resolved.root(), "/etc/motd"),
                            {"nothing that the entries load"}));
  EXPECT_TRUE(notes_mention(why(resolved.closure(), resolved.root(), "/absent"), {"no such path"}));
  EXPECT_TRUE(
      notes_mention(why(resolved.closure(), resolved.root(), "/etc"), {"only to hold other entries"}));
}

TEST(Why, AnswersForAGeneratedFile) {
  World world = merged_world();
  world.program("/app", Elf().needs({"liba.so"}).interpreter(kMergedLoader))
      .library("/opt/liba.so")
      .file("/etc/ld.so.conf", "/opt\n");
  Resolved resolved(world, {"/app"}, recording());
  EXPECT_EQ(chains_of(why(resolved.closure(), resolved.root(), "/etc/ld.so.cache")),
            Lines{"/app < /usr/lib64/ld-linux-x86-64.so.2 < /etc/ld.so.cache"});
}

TEST(Why, AnswersForAFileThatOnlyAnExcludedOneNeeds) {
  World world;
  world.program("/app", Elf().needs({"liba.so"}))
      .library("/usr/lib/liba.so", Elf().needs({"libb.so"}))
      .library("/usr/lib/libb.so");
  ResolveOptions options = recording();
  options.exclude = {"*/liba.so"};
  Resolved resolved(world, {"/app"}, options);
  const Why answer = why(resolved.closure(), resolved.root(), "/usr/lib/libb.so");
  EXPECT_TRUE(answer.present);
  EXPECT_EQ(chains_of(answer), Lines{"/usr/lib/libb.so"});
  EXPECT_TRUE(notes_mention(answer, {"/usr/lib/liba.so", "left out"}))
      << testing::PrintToString(answer.notes);
}

TEST(Why, AsTextIndentsEachStepAndNamesTheRule) {
  World world;
  world.program("/app", Elf().needs({"liba.so"}).runpath("/l")).library("/l/liba.so");
  Resolved resolved(world, {"/app"}, recording());
  EXPECT_EQ(to_text(why(resolved.closure(), resolved.root(), "/l/liba.so"), {}),
            "/l/liba.so is in the layer\n\n/app [entry]\n  └ /l/liba.so [needed liba.so, runpath]\n");
}

// Every file of `count` needs every other, and the first is what the user named.
Closure clique(size_t count) {
  Closure closure;
  closure.entries = {"/f00"};
  std::vector<std::string_view> paths;
  for (size_t i = 0; i < count; ++i)
    paths.push_back(closure.keep("/f" + std::to_string(i / 10) + std::to_string(i % 10)));
  for (size_t i = 0; i < count; ++i) {
    closure.files.push_back({paths[i], nullptr, "", {}});
    if (i == 0) closure.files.back().reasons.push_back({ReasonKind::entry, "", "/f00", {}});
    for (size_t by = count; by-- > 0;) {
      if (by != i) closure.files.back().reasons.push_back({ReasonKind::needed, paths[by], "x", {}});
    }
  }
  return closure;
}

TEST(Why, GivesTheShortestChainsEvenWhereThereAreTooManyToFollow) {
  const Closure closure = clique(24);  // more chains than 22!
  Root root = Root::in_memory({});
  const Why answer = why(closure, root, "/f23", 23);
  // Straight from the entry, and by way of each of the 22 others.
  ASSERT_EQ(answer.chains.size(), 23u);
  EXPECT_EQ(chains_of(answer)[0], "/f00 < /f23");
  for (size_t i = 1; i < 23; ++i) EXPECT_EQ(answer.chains[i].size(), 3u) << i;
  EXPECT_TRUE(answer.more);
}

TEST(Why, IsBoundedWhereAllChainsAreAskedFor) {
  const Closure closure = clique(24);
  Root root = Root::in_memory({});
  const Why answer = why(closure, root, "/f23", SIZE_MAX);
  EXPECT_TRUE(answer.more);
  size_t steps = 0;
  for (const Chain& chain : answer.chains) steps += chain.size();
  EXPECT_TRUE(std::is_sorted(answer.chains.begin(), answer.chains.end(),
                             [](const Chain& a, const Chain& b) { return a.size() < b.size(); }));
  EXPECT_GT(answer.chains.size(), 1000u);
  EXPECT_LE(steps, 4'000'000u);
}

TEST(Why, CountsEachChainOfASmallLoopOnce) {
  const Closure closure = clique(5);
  Root root = Root::in_memory({});
  // From one of five to another by way of none, one, two or all three others, in any order.
  const Why answer = why(closure, root, "/f04");
  EXPECT_EQ(answer.chains.size(), 1u + 3 + 6 + 6);
  EXPECT_FALSE(answer.more);
  Lines chains = chains_of(answer);
  std::sort(chains.begin(), chains.end());
  EXPECT_EQ(std::unique(chains.begin(), chains.end()), chains.end());
}

// One that went down a call for each step ran out of stack.
TEST(Why, FollowsAChainOfAnyLength) {
  constexpr size_t kCount = 200'000;
  Closure closure;
  std::string_view by;
  for (size_t i = 0; i < kCount; ++i) {
    const std::string number = std::to_string(i);
    const std::string_view path = closure.keep("/" + std::string(6 - number.size(), '0') + number);
    closure.files.push_back(
        {path, nullptr, "", {{i == 0 ? ReasonKind::entry : ReasonKind::needed, by, "x", {}}}});
    by = path;
  }
  Root root = Root::in_memory({});
  const Why answer = why(closure, root, "/199999");
  ASSERT_EQ(answer.chains.size(), 1u);
  EXPECT_EQ(answer.chains[0].size(), kCount);
  EXPECT_EQ(answer.chains[0].front().path, "/000000");
  EXPECT_EQ(answer.chains[0].back().path, "/199999");
  EXPECT_LT(to_text(answer, {}).size(), kCount * 200);
}

}  // namespace
}  // namespace rootlet::test
