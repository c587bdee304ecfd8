// Programs that share libraries are walked through one graph (lib/loader/shared_graph.hpp). It is a short
// cut: what it answers must be what walking each program alone answers. Random worlds, the seed in every
// failure.
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "rootlet/closure.hpp"
#include "support/libraries_only.hpp"
#include "support/dice.hpp"
#include "support/world.hpp"

namespace rootlet::test {
namespace {

// No loader is asked here: one that tells nothing will do.
const Target kSilent{62, true, false, 0, "/lib64/ld-linux-x86-64.so.2", std::nullopt};

struct RandomWorld {
  World world{kSilent};
  Lines programs;
};

class Generator {
 public:
  explicit Generator(uint64_t seed) : dice_(seed) {}

  RandomWorld make() {
    RandomWorld made;
    // How far this world is from plain: most are nearly so, since what is plain is what is shared.
    oddity_ = dice_.pick(std::vector<size_t>{0, 2, 5, 15, 40});
    const size_t count = dice_.between(2, 14);
    for (size_t i = 0; i < count; ++i) names_.push_back("lib" + std::to_string(i) + ".so");
    for (const std::string& name : names_) library(made.world, name);
    if (dice_.percent(50)) cache(made.world);
    if (dice_.percent(10)) made.world.file("/etc/ld.so.preload", "/usr/lib/" + dice_.pick(names_) + "\n");
    if (dice_.percent(10)) made.world.config.library_path = directory();
    const size_t programs = dice_.between(2, 6);
    for (size_t i = 0; i < programs; ++i) {
      made.programs.push_back((dice_.percent(70) ? "/bin/app" : "/opt/a/app") + std::to_string(i));
      made.world.program(made.programs.back(), object(""));
    }
    if (dice_.percent(20)) made.programs.push_back(made.programs.front());
    return made;
  }

 private:
  bool odd() { return dice_.percent(oddity_); }
  std::string directory() {
    return dice_.pick(std::vector<std::string>{"/usr/lib", "/lib/x86_64-linux-gnu", "/opt/a", "/opt/b"});
  }
  std::string path_list() {
    return dice_.pick(std::vector<std::string>{"/opt/a", "/opt/b:/opt/a", "$ORIGIN", "/usr/lib", "/opt/$LIB",
                                               "/absent:/opt/b"});
  }

  Elf object(const std::string& soname) {
    Elf elf;
    if (!soname.empty() && !odd()) elf.soname(soname);
    if (!soname.empty() && odd()) elf.soname(dice_.pick(names_));
    const size_t needs = dice_.below(5);
    for (size_t i = 0; i < needs; ++i) elf.needs({need().c_str()});
    if (odd()) elf.runpath(path_list());
    if (odd()) elf.rpath(path_list());
    if (odd() && dice_.percent(30)) elf.flags_1(elf::kFlag1NoDefaultLibraries);
    if (odd() && dice_.percent(30)) elf.auxiliary(dice_.pick(names_));
    if (odd() && dice_.percent(30)) elf.filter(dice_.pick(names_));
    return elf;
  }

  std::string need() {
    if (odd())
      return dice_.pick(std::vector<std::string>{"libabsent.so", "/opt/a/" + names_[0],
                                                 "ld-linux-x86-64.so.2", "linux-vdso.so.1",
                                                 "$ORIGIN/" + names_[0]});
    return dice_.pick(names_);
  }

  void library(World& world, const std::string& name) {
    if (odd() && dice_.percent(30)) return;  // needed and absent
    const std::string home = odd() ? directory() : "/usr/lib";
    if (dice_.percent(30)) {
      world.library(home + "/" + name + ".1.2", object(name)).symlink(home + "/" + name, name + ".1.2");
    } else {
      world.library(home + "/" + name, object(name));
    }
    if (odd()) world.library(directory() + "/" + name, object(name));
    if (odd()) world.library(directory() + "/glibc-hwcaps/x86-64-v3/" + name, object(name));
    if (odd()) world.symlink(directory() + "/" + name, "/usr/lib/" + dice_.pick(names_));
    if (home == "/usr/lib" && dice_.percent(15))
      world.symlink(dice_.percent(50) ? "/opt/a/" + name : "/opt/b/" + name, "/usr/lib/" + name);
    if (odd() && dice_.percent(20)) world.library(directory() + "/" + name, Elf().machine(183));
    if (odd() && dice_.percent(10)) world.file(directory() + "/" + name, "no library");
  }

  void cache(World& world) {
    std::vector<NewCacheEntry> entries;
    for (const std::string& name : names_) {
      if (dice_.percent(60))
        entries.push_back({name, directory() + "/" + name, 0x0303, odd() ? "x86-64-v3" : "", 0});
    }
    world.file("/etc/ld.so.cache", write_library_cache(std::move(entries), ByteOrder::little));
  }

  Dice dice_;
  size_t oddity_ = 0;
  std::vector<std::string> names_;
};

struct Seen {
  std::set<std::string> edges, failures;
  bool operator==(const Seen&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Seen& seen) {
  for (const std::string& edge : seen.edges) out << "\n  " << edge;
  for (const std::string& failure : seen.failures) out << "\n  missing: " << failure;
  return out << "\n";
}

template <typename Call>
Seen see(const RandomWorld& random, Call call) {
  Root root = random.world.root();
  Loader loader(root, random.world.config);
  Seen seen;
  for (const std::string& program : random.programs) {
    auto loads = call(loader, *root.walk(program).node, program);
    if (!loads) return ADD_FAILURE() << loads.error().message, seen;
    for (const Load& load : *loads) {
      for (const LoadEdge& edge : load.edges) {
        seen.edges.insert(load.objects[edge.from].node->path() + " needs " + std::string(edge.name) + ": " +
                          load.objects[edge.to].node->path());
      }
      for (const LoadFailure& failure : load.failures)
        seen.failures.insert(load.objects[failure.from].node->path() + " needs " + failure.name);
    }
  }
  return seen;
}

size_t worlds() {
  const char* text = std::getenv("ROOTLET_GRAPHS");
  return text != nullptr ? std::strtoul(text, nullptr, 10) * 10 : 1500;
}

TEST(SharedGraph, AnswersWhatWalkingEachProgramAloneAnswers) {
  size_t edges = 0, failures = 0;
  for (uint64_t seed = 1; seed <= worlds(); ++seed) {
    const RandomWorld random = Generator(seed).make();
    const Seen alone = see(random, [](Loader& loader, const Node& node, const std::string& name) {
      return loader.load_all(node, name);
    });
    const Seen shared = see(random, [](Loader& loader, const Node& node, const std::string& name) {
      return loader.load_more(node, name);
    });
    ASSERT_EQ(shared, alone) << "seed " << seed;
    edges += alone.edges.size();
    failures += alone.failures.size();
  }
  // The worlds are neither empty nor all broken.
  EXPECT_GT(edges, 5 * worlds());
  EXPECT_GT(failures, worlds() / 20);
}

TEST(SharedGraph, WhatIsBehindASharedLibraryIsReportedOnce) {
  World world(kSilent);
  world.library("/usr/lib/liba.so", Elf().soname("liba.so").needs({"libb.so"}))
      .library("/usr/lib/libb.so", Elf().soname("libb.so"));
  world.program("/one", Elf().needs({"liba.so"})).program("/two", Elf().needs({"liba.so"}));
  Root root = world.root();
  Loader loader(root, {});
  auto names = [&](const char* program) {
    Lines lines;
    auto loads = loader.load_more(*root.walk(program).node, program);
    for (const LoadEdge& edge : loads->front().edges) lines.push_back(std::string(edge.name));
    return lines;
  };
  EXPECT_EQ(names("/one"), (Lines{"liba.so", "libb.so"}));
  EXPECT_EQ(names("/two"), Lines{"liba.so"});
}

TEST(SharedGraph, ALibraryFoundUnderAnotherNameHasAnotherOrigin) {
  World world(kSilent);
  world.library("/usr/lib/libx.so", Elf().soname("libx.so").needs({"liby.so"}).runpath("$ORIGIN"));
  world.library("/usr/lib/liby.so", Elf().soname("liby.so"))
      .library("/opt/a/liby.so", Elf().soname("liby.so"));
  world.symlink("/opt/a/libx.so", "/usr/lib/libx.so");
  world.program("/one", Elf().needs({"libx.so"})).program("/two", Elf().needs({"libx.so"}).runpath("/opt/a"));
  const RandomWorld both{world, {"/one", "/two"}};
  const Seen shared = see(both, [](Loader& loader, const Node& node, const std::string& name) {
    return loader.load_more(node, name);
  });
  EXPECT_EQ(shared.edges, (std::set<std::string>{"/one needs libx.so: /usr/lib/libx.so",
                                                 "/two needs libx.so: /usr/lib/libx.so",
                                                 "/usr/lib/libx.so needs liby.so: /usr/lib/liby.so",
                                                 "/usr/lib/libx.so needs liby.so: /opt/a/liby.so"}));
}

// What a closure says of its files, one line each.
std::set<std::string> lines_of(const Closure& closure) {
  std::set<std::string> lines;
  for (const ClosureFile& file : closure.files) {
    for (const Reason& reason : file.reasons) {
      lines.insert(std::string(file.path) + " <- " + std::string(to_string(reason.kind)) + " " +
                   std::string(reason.by) + " " + std::string(reason.detail));
    }
  }
  for (const Missing& missing : closure.missing)
    lines.insert("missing " + std::string(missing.name) + " by " + std::string(missing.by));
  for (const Finding& finding : closure.findings)
    lines.insert(finding.kind + " " + finding.by + " " + finding.detail);
  return lines;
}

TEST(SharedGraph, TheClosureIsTheSameWithAndWithoutIt) {
  for (uint64_t seed = 1; seed <= worlds() / 3; ++seed) {
    const RandomWorld random = Generator(seed).make();
    auto closure = [&](bool record_attempts) {
      Root root = random.world.root();
      ResolveOptions options = libraries_only();
      options.loader = random.world.config;
      options.loader.record_attempts = record_attempts;  // which takes every program alone
      auto resolved = resolve(root, random.programs, options);
      return resolved ? lines_of(*resolved) : std::set<std::string>{resolved.error().message};
    };
    ASSERT_EQ(closure(false), closure(true)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace rootlet::test
