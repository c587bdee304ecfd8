// The rules of musl's loader, one little root each. What is expected is checked against the real loader
// where it can be asked (support/world.hpp).
#include <gtest/gtest.h>

#include "support/world.hpp"

namespace rootlet::test {
namespace {

TEST(MuslLoader, ObjectsAreLoadedBreadthFirst) {
  World world(kMusl);
  world.program("/app", Elf().needs({"liba.so", "libb.so"}).rpath("/l"));
  world.library("/l/liba.so", Elf().needs({"libd.so"})).library("/l/libb.so", Elf().needs({"libe.so"}));
  world.library("/l/libd.so").library("/l/libe.so");
  expect_answer(world, "/app",
                {{"liba.so => /l/liba.so [rpath]", "libb.so => /l/libb.so [rpath]",
                  "libd.so => /l/libd.so [rpath]", "libe.so => /l/libe.so [rpath]"},
                 {}});
}

TEST(MuslLoader, TheOrderIsLibraryPathThenRunpathThenDefaults) {
  const std::vector<std::pair<const char*, const char*>> places = {{"/env", "library-path"},
                                                                   {"/run", "rpath"},
                                                                   {"/lib", "default"},
                                                                   {"/usr/local/lib", "default"},
                                                                   {"/usr/lib", "default"}};
  for (size_t first = 0; first < places.size(); ++first) {
    World world(kMusl);
    world.config.library_path = "/env";
    world.program("/app", Elf().needs({"libx.so"}).runpath("/run"));
    for (size_t i = first; i < places.size(); ++i) world.library(std::string(places[i].first) + "/libx.so");
    expect_answer(
        world, "/app",
        {{"libx.so => " + std::string(places[first].first) + "/libx.so [" + places[first].second + "]"}, {}});
  }
}

TEST(MuslLoader, RunpathIsInheritedLikeRpath) {
  World world(kMusl);
  world.program("/app", Elf().needs({"liba.so"}).runpath("/of/app"));
  world.library("/of/app/liba.so", Elf().needs({"libb.so"}).runpath("/of/a"));
  world.library("/of/a/libb.so", Elf().needs({"libe.so"}));
  world.library("/of/app/libe.so").library("/usr/lib/libe.so");
  expect_answer(world, "/app",
                {{"liba.so => /of/app/liba.so [rpath]", "libb.so => /of/a/libb.so [rpath]",
                  "libe.so => /of/app/libe.so [rpath]"},
                 {}});
}

TEST(MuslLoader, RunpathTakesThePlaceOfRpath) {
  World world(kMusl);
  world.program("/app", Elf().needs({"liba.so"}).rpath("/r").runpath("/run"));
  world.library("/r/liba.so");
  expect_answer(world, "/app", {{}, {"liba.so"}});
  world.library("/run/liba.so");
  expect_answer(world, "/app", {{"liba.so => /run/liba.so [rpath]"}, {}});
}

TEST(MuslLoader, ThePathFileTakesThePlaceOfTheDefaults) {
  World world(kMusl);
  world.program("/app", Elf().needs({"liba.so", "libb.so", "libd.so"}));
  world.file("/etc/ld-musl-x86_64.path", "/opt/one:/opt/two\n/opt/three\n");
  world.library("/opt/one/liba.so").library("/opt/two/libb.so").library("/opt/three/libd.so");
  expect_answer(world, "/app",
                {{"liba.so => /opt/one/liba.so [conf]", "libb.so => /opt/two/libb.so [conf]",
                  "libd.so => /opt/three/libd.so [conf]"},
                 {}});
}

TEST(MuslLoader, AnEmptyPathFileLeavesNothing) {
  World world(kMusl);
  world.program("/app", Elf().needs({"liba.so"}));
  world.file("/etc/ld-musl-x86_64.path", "").library("/usr/lib/liba.so");
  expect_answer(world, "/app", {{}, {"liba.so"}});
}

TEST(MuslLoader, ItsReservedNamesAreTheLoaderItself) {
  World world(kMusl);
  world.config.library_path = "/l";
  world.program("/app", Elf().needs({"libc.so", "libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2",
                                     "librt.so", "libutil.so.1", "libxnet.so", "libcrypt.so"}));
  for (const char* name : {"libc.so", "libm.so.6", "libpthread.so.0", "libcrypt.so"})
    world.library(std::string("/l/") + name);
  expect_answer(world, "/app", {{"libcrypt.so => /l/libcrypt.so [library-path]"}, {}});
}

TEST(MuslLoader, ANameThatASearchFoundIsNotSearchedForAgain) {
  World world(kMusl);
  world.program("/app", Elf().needs({"liba.so", "libx.so"}).runpath("/one"));
  world.library("/one/liba.so", Elf().needs({"libx.so"}).runpath("/two"));
  world.library("/one/libx.so").library("/two/libx.so");
  expect_answer(world, "/app", {{"liba.so => /one/liba.so [rpath]", "libx.so => /one/libx.so [rpath]"}, {}});
}

TEST(MuslLoader, ASonameDoesNotAnswerForAnObject) {
  World world(kMusl);
  world.program("/app", Elf().needs({"libx.so", "libx.so.1"}).runpath("/l"));
  world.library("/l/libx.so", Elf().soname("libx.so.1")).library("/l/libx.so.1");
  expect_answer(world, "/app", {{"libx.so => /l/libx.so [rpath]", "libx.so.1 => /l/libx.so.1 [rpath]"}, {}});
}

TEST(MuslLoader, OneFileByTwoNamesIsLoadedOnce) {
  World world(kMusl);
  world.program("/app", Elf().needs({"libx.so", "liby.so", "libz.so"}).runpath("/l"));
  world.library("/l/libx.so").symlink("/l/liby.so", "libx.so").hard_link("/l/libz.so", "/l/libx.so");
  expect_answer(world, "/app", {{"libx.so => /l/libx.so [rpath]"}, {}});
}

TEST(MuslLoader, ANameWithASlashIsAPath) {
  World world(kMusl);
  world.config.library_path = "/l";
  world.program("/app", Elf().needs({"/opt/liba.so", "/absent/libb.so"}));
  world.library("/opt/liba.so").library("/l/libb.so");
  expect_answer(world, "/app", {{"/opt/liba.so => /opt/liba.so [direct]"}, {"/absent/libb.so"}});
}

TEST(MuslLoader, OriginIsWhereAnObjectWasFoundAndOtherTokensVoidThePath) {
  World world(kMusl);
  world.program("/opt/app", Elf().needs({"liba.so"}).runpath("${ORIGIN}/lib"));
  world.library("/opt/lib/liba.so", Elf().needs({"libb.so", "libd.so"}).runpath("$ORIGIN/sub"));
  world.library("/opt/lib/sub/libb.so", Elf().needs({"libe.so"}).runpath("/good:/x/$LIB"));
  world.library("/opt/lib/sub/libd.so").library("/good/libe.so");
  expect_answer(world, "/opt/app",
                {{"liba.so => /opt/lib/liba.so [rpath]", "libb.so => /opt/lib/sub/libb.so [rpath]",
                  "libd.so => /opt/lib/sub/libd.so [rpath]"},
                 {"libe.so"}});
}

TEST(MuslLoader, GlibcsOwnMeansAreNothingToIt) {
  World world(kMusl);
  world.program("/app", Elf().needs({"liba.so"}).flags_1(elf::kFlag1NoDefaultLibraries));
  world.library("/usr/lib/liba.so", Elf().filter("libf.so").auxiliary("libg.so"));
  world.library("/usr/lib/libf.so")
      .library("/usr/lib/libg.so")
      .library("/usr/lib/glibc-hwcaps/x86-64-v2/liba.so")
      .library("/usr/lib/libp.so");
  world.file("/etc/ld.so.preload", "/usr/lib/libp.so\n").file("/etc/ld.so.conf", "/opt\n");
  world.library("/opt/liba.so").cache({{"liba.so", "/opt/liba.so"}});
  expect_answer(world, "/app", {{"liba.so => /usr/lib/liba.so [default]"}, {}});
}

TEST(MuslLoader, PreloadsComeFirst) {
  World world(kMusl);
  world.config.preload = "/p/one.so:two.so";
  world.config.library_path = "/l";
  world.program("/app", Elf().needs({"liba.so"}));
  world.library("/p/one.so").library("/l/two.so").library("/l/liba.so");
  expect_answer(world, "/app",
                {{"/p/one.so => /p/one.so [direct]", "two.so => /l/two.so [library-path]",
                  "liba.so => /l/liba.so [library-path]"},
                 {}});
}

TEST(MuslLoader, TheFirstFileOfThatNameIsTakenOrNone) {
  // Unlike glibc's, it does not go on after a file of another class.
  World world(kMusl);
  world.program("/app", Elf().needs({"liba.so"}).runpath("/one:/two"));
  world.library("/one/liba.so", Elf().machine(3, false)).library("/two/liba.so");
  expect_answer(world, "/app", {{}, {"liba.so"}});
}

TEST(MuslLoader, AnObjectOfAnotherMachineIsTakenAndThatIsSaid) {
  World world(kMusl);
  world.program("/app", Elf().needs({"liba.so"}).runpath("/l"));
  world.library("/l/liba.so", Elf().machine(183));
  EXPECT_EQ(world.answer("/app"), (Answer{{"liba.so => /l/liba.so [rpath]"}, {}}));
  Root root = world.root();
  Loader loader(root, {});
  const Load load = world.load(root, loader, "/app");
  ASSERT_EQ(load.findings.size(), 1u);
  EXPECT_EQ(load.findings[0].kind, "wrong-machine");
  EXPECT_EQ(load.findings[0].path, "/l/liba.so");
}

TEST(MuslLoader, TheInterpretersNameTellsWhichLoaderAProgramHas) {
  World world(kMusl);
  Root root = world.root();
  Loader loader(root, {});
  auto kind = [&](const char* interpreter) {
    elf::Image image;
    image.interpreter = interpreter;
    return loader.interpreter(image).kind;
  };
  EXPECT_EQ(kind("/lib/ld-musl-aarch64.so.1"), LoaderKind::musl);
  EXPECT_EQ(kind("/opt/toolchain/lib/ld-musl-x86_64.so.1"), LoaderKind::musl);
  EXPECT_EQ(kind("/usr/lib/musl/lib/libc.so"), LoaderKind::musl);
  EXPECT_EQ(kind("/lib64/ld-linux-x86-64.so.2"), LoaderKind::glibc);
  EXPECT_EQ(kind("/lib/ld-linux-aarch64.so.1"), LoaderKind::glibc);
  EXPECT_EQ(kind("/lib/ld64.so.1"), LoaderKind::glibc);
}

TEST(MuslLoader, ALibraryIsResolvedByTheLibcThatItNames) {
  World world(kMusl);
  world.library("/a.so", Elf().needs({"libc.musl-x86_64.so.1"}))
      .library("/b.so", Elf().needs({"libc.so.6"}))
      .library("/c.so", Elf().needs({"libz.so"}));
  Root root = world.root();
  Loader loader(root, {});
  auto interpreter = [&](const char* path) {
    return loader.interpreter(**loader.image(*root.walk(path).node));
  };
  EXPECT_EQ(interpreter("/a.so").kind, LoaderKind::musl);
  EXPECT_EQ(interpreter("/b.so").path, "/lib64/ld-linux-x86-64.so.2");
  EXPECT_EQ(interpreter("/c.so").path, "/lib/ld-musl-x86_64.so.1");  // the only loader in this root
  EXPECT_TRUE(interpreter("/c.so").assumed);
}

// The loader was once taken for object 1 also where the root does not have it: another library, or none, stood there.
TEST(MuslLoader, ThatIsNotThereIsNoObjectThatANameLeadsTo) {
  ElfSpec program, library;
  program.interpreter = "/lib/ld-musl-x86_64.so.1";
  MemoryTree tree;
  tree.file("/program", build_elf(program.needs("libc.so").needs("liba.so").needs("libm.so")), 0755);
  tree.file("/lib/liba.so", build_elf(library));
  Root root = Root::in_memory(std::move(tree));
  Loader loader(root, {});
  const auto loads = loader.load_all(*root.walk("/program").node, "/program");
  ASSERT_TRUE(loads);
  const auto& edges = loads->at(0).edges;
  ASSERT_EQ(edges.size(), 1u);
  EXPECT_EQ(edges[0].name, "liba.so");
  EXPECT_EQ(loads->at(0).objects.at(edges[0].to).name, "/lib/liba.so");
}

}  // namespace
}  // namespace rootlet::test
