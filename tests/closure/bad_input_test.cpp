// Entries that cannot be used, and things that are missing or amiss behind good ones.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/resolved.hpp"

namespace rootlet::test {
namespace {

void expect_refused(const World& world, const std::string& entry, ErrorCode code,
                    std::initializer_list<const char*> words) {
  const Resolved resolved(world, {entry});
  ASSERT_FALSE(resolved.ok());
  EXPECT_EQ(resolved.error().code, code) << resolved.error().message;
  for (const char* word : words)
    EXPECT_NE(resolved.error().message.find(word), std::string::npos) << resolved.error().message;
}

TEST(ClosureEntry, ThatIsNotThereIsRefused) {
  expect_refused(World(), "/usr/bin/absent", ErrorCode::not_found, {"/usr/bin/absent", "memory"});
}

TEST(ClosureEntry, ThatIsRelativeIsRefusedWithAnExampleOfWhatIsMeant) {
  expect_refused(World(), "usr/bin/app", ErrorCode::invalid_argument, {"usr/bin/app", "/usr/bin/curl"});
  expect_refused(World(), "", ErrorCode::invalid_argument, {"absolute"});
}

TEST(ClosureEntry, BehindALinkThatLeadsNowhereNamesTheLink) {
  World world;
  world.symlink("/usr/bin/java", "/etc/alternatives/java");
  expect_refused(world, "/usr/bin/java", ErrorCode::not_found,
                 {"/usr/bin/java", "-> /etc/alternatives/java"});
}

TEST(ClosureEntry, ThatCannotBeReadIsRefused) {
  World world;
  world.program("/app", Elf()).unreadable("/app");
  expect_refused(world, "/app", ErrorCode::permission_denied, {"/app"});
}

TEST(ClosureEntry, ThatIsCutShortIsRefusedWithWhatIsWrong) {
  World world;
  world.program("/whole", Elf().needs({"liba.so"}));
  const std::string bytes = world.bytes_of(Elf().interpreter(kX86_64.interpreter).needs({"liba.so"}));
  for (const size_t length : {size_t{5}, size_t{20}, size_t{63}, size_t{100}}) {
    world.file("/app", bytes.substr(0, length), 0755);
    expect_refused(world, "/app", ErrorCode::malformed, {"/app", "not a usable ELF file"});
  }
}

TEST(ClosureEntry, OfNoKnownKindIsCarriedAlongWithAFinding) {
  World world;
  world.file("/empty", "", 0755).file("/text", "echo hello\n", 0755).file("/data", "not executable");
  EXPECT_EQ(Resolved(world, {"/empty"}).findings(), Lines{"not-a-program /empty"});
  EXPECT_EQ(Resolved(world, {"/text"}).findings(), Lines{"not-a-program /text"});
  EXPECT_EQ(Resolved(world, {"/data"}).findings(), Lines{});
  EXPECT_EQ(Resolved(world, {"/text"}).paths(), Lines{"/text"});
}

TEST(ClosureEntry, NoneAtAllIsRefused) {
  const Resolved resolved(World(), {});
  ASSERT_FALSE(resolved.ok());
  EXPECT_EQ(resolved.error().code, ErrorCode::invalid_argument);
}

// Real directories hold things that memory does not.

TEST(ClosureEntry, ThatIsADeviceAPipeOrASocketIsRefused) {
  TemporaryDirectory directory;
  ASSERT_EQ(::mkfifo((directory / "pipe").c_str(), 0644), 0);
  Resolved resolved(std::move(*Root::open(directory.path())), {"/pipe"});
  ASSERT_FALSE(resolved.ok());
  EXPECT_EQ(resolved.error().code, ErrorCode::unsupported);
  EXPECT_NE(resolved.error().message.find("device, pipe or socket"), std::string::npos)
      << resolved.error().message;
}

TEST(Closure, LeavesSpecialFilesOfADirectoryOutAndSaysSo) {
  TemporaryDirectory directory;
  ASSERT_EQ(::mkdir((directory / "data").c_str(), 0755), 0);
  ASSERT_EQ(::mkfifo((directory / "data/pipe").c_str(), 0644), 0);
  write_file(directory / "data/file", "x");
  const Resolved resolved(std::move(*Root::open(directory.path())), {"/data"});
  EXPECT_EQ(resolved.paths(), (Lines{"/data", "/data/file"}));
  EXPECT_EQ(resolved.findings(), Lines{"special-file /data/pipe"});
}

TEST(ClosureEntry, ThatAnOrdinaryUserMayNotReadIsRefused) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything; the in-memory test above stands for it";
  TemporaryDirectory directory;
  write_file(directory / "app", "x", 0000);
  Resolved resolved(std::move(*Root::open(directory.path())), {"/app"});
  ASSERT_FALSE(resolved.ok());
  EXPECT_EQ(resolved.error().code, ErrorCode::permission_denied);
}

// What is missing behind a good entry is data, all of it.

TEST(ClosureMissing, EachNameIsToldWithWhoNeedsItAndEveryPathTried) {
  World world;
  world.program("/app", Elf().needs({"liba.so", "libgone.so"}).runpath("/l:/m"))
      .library("/l/liba.so", Elf().needs({"libgone.so", "libalso.so"}));
  world.config.library_path = "/env";
  const Resolved resolved(world, {"/app"});
  EXPECT_EQ(resolved.missing(), (Lines{"needed libalso.so by /l/liba.so", "needed libgone.so by /app",
                                       "needed libgone.so by /l/liba.so"}));
  ASSERT_TRUE(resolved.ok());
  Lines tried;
  for (const Attempt& attempt : resolved.closure().missing[1].tried)
    tried.push_back(attempt.path + " [" + std::string(to_string(attempt.how)) + "]");
  ASSERT_GE(tried.size(), 3u);
  EXPECT_EQ(Lines(tried.begin(), tried.begin() + 3),
            (Lines{"/env/libgone.so [library-path]", "/l/libgone.so [runpath]", "/m/libgone.so [runpath]"}));
  EXPECT_EQ(tried.back(), "/usr/lib/libgone.so [default]");
  for (const Attempt& attempt : resolved.closure().missing[1].tried) EXPECT_FALSE(attempt.why.empty());
}

TEST(ClosureMissing, AnInterpreterThatIsNotThereIsMissing) {
  World world;
  world.program("/app", Elf().interpreter("/opt/ld.so").needs({"liba.so"})).library("/usr/lib/liba.so");
  const Resolved resolved(world, {"/app"});
  ASSERT_FALSE(resolved.missing().empty());
  EXPECT_EQ(resolved.missing()[0], "interpreter /opt/ld.so by /app");
}

TEST(ClosureMissing, ALibraryOfTheWrongMachineIsMissingAndTheReasonNamesTheMachine) {
  World world;
  world.program("/app", Elf().needs({"libx.so"})).library("/usr/lib/libx.so", Elf().machine(183));
  const Resolved resolved(world, {"/app"});
  EXPECT_EQ(resolved.missing(), Lines{"needed libx.so by /app"});
  ASSERT_TRUE(resolved.ok());
  const auto& tried = resolved.closure().missing.at(0).tried;
  EXPECT_TRUE(std::any_of(tried.begin(), tried.end(), [](const Attempt& attempt) {
    return attempt.path == "/usr/lib/libx.so" && attempt.why == "for AArch64, the program is for x86-64";
  }));
}

TEST(ClosureMissing, ALibraryThatIsMalformedIsMissingAndTheReasonSaysWhatIsWrong) {
  World world;
  world.program("/app", Elf().needs({"libx.so"}));
  world.file("/usr/lib/libx.so", world.bytes_of(Elf()).substr(0, 70));
  const Resolved resolved(world, {"/app"});
  EXPECT_EQ(resolved.missing(), Lines{"needed libx.so by /app"});
  ASSERT_TRUE(resolved.ok());
  EXPECT_EQ(resolved.closure().missing.at(0).tried.back().path, "/usr/lib/libx.so");
  EXPECT_NE(resolved.closure().missing.at(0).tried.back().why.find("program header"), std::string::npos)
      << resolved.closure().missing.at(0).tried.back().why;
}

TEST(ClosureFinding, AnInterpreterOfAnotherMachineIsToldOf) {
  World world;
  world.loader(world.bytes_of(Elf().machine(183)));
  world.program("/app", Elf());
  EXPECT_EQ(Resolved(world, {"/app"}).findings(), Lines{"wrong-machine /lib64/ld-linux-x86-64.so.2"});
}

TEST(ClosureFinding, AnInterpreterThatIsNoProgramIsToldOf) {
  World world;
  world.loader("#!/bin/sh\n");
  world.program("/app", Elf());
  EXPECT_EQ(Resolved(world, {"/app"}).findings(), Lines{"malformed /lib64/ld-linux-x86-64.so.2"});
}

TEST(ClosureFinding, ADamagedProgramInADirectoryDoesNotSpoilTheRest) {
  World world;
  world.program("/data/good", Elf().needs({"liba.so"}))
      .library("/usr/lib/liba.so")
      .file("/data/bad", "\177ELF and no more", 0755);
  const Resolved resolved(world, {"/data"});
  EXPECT_EQ(resolved.findings(), Lines{"malformed /data/bad"});
  EXPECT_NE(resolved.closure().find("/usr/lib/liba.so"), nullptr);
}

TEST(ClosureFinding, AProgramInADirectoryThatCannotBeReadIsToldOf) {
  World world;
  world.program("/data/app", Elf()).unreadable("/data/app");
  EXPECT_EQ(Resolved(world, {"/data"}).findings(), Lines{"unreadable /data/app"});
}

TEST(ClosureFinding, ALibraryWhoseLoaderIsNotHereIsToldOf) {
  World world({183, true, false, 0, "/other/ld.so", std::nullopt});
  world.library("/usr/lib/liba.so", Elf().needs({"libb.so"})).library("/usr/lib/libb.so");
  EXPECT_EQ(Resolved(world, {"/usr/lib/liba.so"}).findings(), Lines{"no-loader /usr/lib/liba.so"});
}

TEST(ClosureFinding, WhatAProgramStartsWithoutIsNotMissing) {
  World world;
  world.program("/app", Elf().needs({"liba.so"}))
      .library("/usr/lib/liba.so", Elf().auxiliary("libfast.so"))
      .file("/etc/ld.so.preload", "/gone.so\n");
  const Resolved resolved(world, {"/app"});
  EXPECT_EQ(resolved.missing(), Lines{});
  EXPECT_EQ(resolved.findings(), (Lines{"optional-missing /app", "optional-missing /usr/lib/liba.so"}));
}

}  // namespace
}  // namespace rootlet::test
