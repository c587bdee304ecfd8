// What the loader does with a file that it found: takes it, passes it over, or gives the program up.
#include <gtest/gtest.h>

#include "support/world.hpp"

namespace rootlet::test {
namespace {

constexpr uint16_t kArm64 = 183, kIntel386 = 3;

// A program whose search meets /one/libx.so before /two/libx.so, which is a good one.
World two_places() {
  World world;
  world.program("/app", Elf().needs({"libx.so"}).runpath("/one:/two"));
  world.library("/two/libx.so");
  return world;
}

const Answer kSecond{{"libx.so => /two/libx.so [runpath]"}, {}};

TEST(GlibcCandidates, AnObjectOfTheOtherClassIsPassedOver) {
  World world = two_places();
  world.library("/one/libx.so", Elf().machine(kIntel386, false));
  expect_answer(world, "/app", kSecond);
}

TEST(GlibcCandidates, AnObjectOfAnotherMachineIsPassedOver) {
  World world = two_places();
  world.library("/one/libx.so", Elf().machine(kArm64));
  expect_answer(world, "/app", kSecond);
}

// Debian's loaders compare the machine before the byte order, and read it in their own: what was built for
// the other order is for some other machine. The loaders of others give the program up.

TEST(GlibcCandidates, DebiansLoaderPassesOverTheOtherByteOrder) {
  World world = two_places();
  world.library("/one/libx.so", Elf().machine(62, true, true));
  expect_answer(world, "/app", kSecond);
}

TEST(GlibcCandidates, ToOtherLoadersTheOtherByteOrderEndsTheProgram) {
  World world = two_places();
  world.loader(world.bytes_of(Elf().soname("ld-linux-x86-64.so.2")) +
               std::string("\0/lib64/\0/usr/lib64/\0", 21));
  world.library("/one/libx.so", Elf().machine(62, true, true));
  expect_fatal(world, "/app", "libx.so", "other byte order");
}

// The library's bytes, with one of them changed.
std::string patched(const World& world, size_t offset, char value, uint16_t machine = 62) {
  std::string bytes = world.bytes_of(Elf().machine(machine));
  bytes[offset] = value;
  return bytes;
}

TEST(GlibcCandidates, SomethingOddInTheIdentificationEndsTheProgram) {
  for (const auto& [offset, value, why] :
       {std::tuple(5, '\x02', "other byte order"), std::tuple(6, '\x02', "version ident"),
        std::tuple(7, '\x09', "OS ABI"), std::tuple(8, '\x01', "ABI version"),
        std::tuple(12, '\x01', "padding"), std::tuple(20, '\x02', "file version")}) {
    World world = two_places();
    world.file("/one/libx.so", patched(world, static_cast<size_t>(offset), value));
    SCOPED_TRACE(why);
    expect_fatal(world, "/app", "libx.so", why);
  }
}

TEST(GlibcCandidates, DebiansLoaderLooksAtTheMachineBeforeTheRestOfTheIdentification) {
  for (const size_t offset : {6, 7, 8, 12}) {
    World world = two_places();
    world.file("/one/libx.so", patched(world, offset, '\x09', kArm64));
    expect_answer(world, "/app", kSecond);
  }
  World world = two_places();
  world.file("/one/libx.so", patched(world, 20, '\x02', kArm64));
  expect_fatal(world, "/app", "libx.so", "file version");
}

TEST(GlibcCandidates, AFileThatIsNoElfEndsTheProgram) {
  World world = two_places();
  world.file("/one/libx.so",
             "/* GNU ld script */ INPUT(libx.so.1), and so on, to be long enough for a header\n");
  expect_fatal(world, "/app", "libx.so", "magic");
}

TEST(GlibcCandidates, AnEmptyFileEndsTheProgram) {
  World world = two_places();
  world.file("/one/libx.so", "");
  Root root = world.root();
  Loader loader(root, {});
  const Load load = world.load(root, loader, "/app");
  ASSERT_EQ(load.failures.size(), 1u);
  EXPECT_EQ(load.failures[0].tried.size(), 1u);
  if (world.why_not_real().empty()) {
    EXPECT_FALSE(world.real_answer("/app").has_value());
  }
}

TEST(GlibcCandidates, ADirectoryOfThatNameEndsTheProgram) {
  World world = two_places();
  world.directory("/one/libx.so");
  expect_fatal(world, "/app", "libx.so", "directory");
}

TEST(GlibcCandidates, AProgramIsNoLibrary) {
  World world = two_places();
  world.library("/one/libx.so", Elf().type(2));
  expect_fatal(world, "/app", "libx.so", "executable");
  world.library("/one/libx.so", Elf().flags_1(elf::kFlag1Pie));
  expect_fatal(world, "/app", "libx.so", "position-independent executable");
}

TEST(GlibcCandidates, AnObjectWithoutDynamicSectionEndsTheProgram) {
  World world = two_places();
  world.library("/one/libx.so", Elf().without_dynamic());
  expect_fatal(world, "/app", "libx.so", "no dynamic section");
}

TEST(GlibcCandidates, ALinkThatLeadsNowhereIsPassedOver) {
  World world = two_places();
  world.symlink("/one/libx.so", "libx.so.1");
  expect_answer(world, "/app", kSecond);
}

TEST(GlibcCandidates, AFileThatCannotBeReadIsPassedOver) {
  World world = two_places();
  world.library("/one/libx.so").unreadable("/one/libx.so");
  expect_answer(world, "/app", kSecond);
}

TEST(GlibcCandidates, AnOddErrorEndsTheSearchOfThatListOnly) {
  // open_path: "the file exists and is readable, but something went wrong". Here: a loop of links.
  World world = two_places();
  world.symlink("/one/libx.so", "libx.so");
  world.library("/usr/lib/libx.so");
  expect_answer(world, "/app", {{"libx.so => /usr/lib/libx.so [default]"}, {}});
}

TEST(GlibcCandidates, ADirectoryThatIsAFileIsPassedOver) {
  World world = two_places();
  world.file("/one", "no directory");
  expect_answer(world, "/app", kSecond);
}

TEST(GlibcCandidates, EachOneThatWasPassedOverIsToldWithItsReason) {
  World world;
  world.program("/app", Elf().needs({"libx.so"}).runpath("/absent:/empty:/one:/two:/three"));
  world.directory("/empty");
  world.library("/one/libx.so", Elf().machine(kIntel386, false))
      .library("/two/libx.so", Elf().machine(kArm64))
      .symlink("/three/libx.so", "gone");
  Root root = world.root();
  Loader loader(root, {});
  const Load load = world.load(root, loader, "/app");
  ASSERT_EQ(load.failures.size(), 1u);
  Lines told;
  for (const Attempt& attempt : load.failures[0].tried) {
    if (attempt.how == How::runpath) told.push_back(attempt.path + ": " + attempt.why);
  }
  EXPECT_EQ(told,
            (Lines{"/absent/libx.so: no such file or directory", "/empty/libx.so: no such file or directory",
                   "/one/libx.so: ELF32, the program is ELF64",
                   "/two/libx.so: for AArch64, the program is for x86-64",
                   "/three/libx.so: no such file or directory"}));
}

// The ABI note. Loaders before glibc 2.36 compare it with the kernel.

std::string loader_of_release(const World& world, const std::string& release) {
  return world.bytes_of(Elf().soname("ld-linux-x86-64.so.2")) +
         "GNU C Library (GNU libc) stable release version " + release + ".\n" + '\0';
}

Answer answer_of_release(const char* release, const std::vector<uint32_t>& tag, const char* kernel) {
  World world;
  world.loader(loader_of_release(world, release));
  world.config.kernel = kernel;
  world.program("/app", Elf().needs({"libx.so"}).runpath("/one:/two"));
  world.library("/one/libx.so", Elf().abi_tag(tag)).library("/two/libx.so");
  return world.answer("/app");
}

const Answer kFirst{{"libx.so => /one/libx.so [runpath]"}, {}};

TEST(GlibcAbiNote, ALoaderBefore236PassesOverWhatWantsANewerKernel) {
  EXPECT_EQ(answer_of_release("2.31", {0, 5, 11, 0}, "5.10.0"), kSecond);
  EXPECT_EQ(answer_of_release("2.31", {0, 5, 10, 0}, "5.10.0"), kFirst);
  EXPECT_EQ(answer_of_release("2.31", {0, 5, 10, 1}, "5.10.0"), kSecond);
  EXPECT_EQ(answer_of_release("2.31", {0, 6, 0, 0}, "5.99.99"), kSecond);
}

TEST(GlibcAbiNote, WithoutAKernelInMindOnlyTheSystemCounts) {
  EXPECT_EQ(answer_of_release("2.31", {0, 99, 0, 0}, ""), kFirst);
  EXPECT_EQ(answer_of_release("2.31", {1, 2, 6, 0}, ""), kSecond);  // GNU/Hurd
}

TEST(GlibcAbiNote, ALoaderFrom236OnTakesItWhateverItSays) {
  EXPECT_EQ(answer_of_release("2.36", {0, 99, 0, 0}, "5.10.0"), kFirst);
  EXPECT_EQ(answer_of_release("2.41", {1, 2, 6, 0}, "5.10.0"), kFirst);
}

TEST(GlibcAbiNote, ThisMachinesLoaderAgrees) {
  World world;
  world.config.kernel = "3.2.0";
  world.program("/app", Elf().needs({"libx.so"}).runpath("/one:/two"));
  world.library("/one/libx.so", Elf().abi_tag({1, 99, 0, 0})).library("/two/libx.so");
  if (const std::string why = world.why_not_real(); !why.empty()) GTEST_SKIP() << why;
  expect_answer(world, "/app",
                world.real_answer("/app")->loaded == Lines{"libx.so => /one/libx.so"} ? kFirst : kSecond);
}

}  // namespace
}  // namespace rootlet::test
