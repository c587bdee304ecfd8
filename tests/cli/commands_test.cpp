// What the command does with good input.
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "cli/fixture.hpp"

namespace rootlet::test {
namespace {

namespace fs = boost::filesystem;
using Json = nlohmann::json;

constexpr const char* kPaths =
    "/lib\n/lib64\n/usr/bin/app\n/usr/lib/libz.so.1\n/usr/lib/libz.so.1.2.13\n/usr/lib64/"
    "ld-linux-x86-64.so.2\n";

TEST_F(Command, TellsItsVersion) {
  const CommandResult said = plain({"version"});
  EXPECT_EQ(said.status, 0);
  EXPECT_EQ(said.out.substr(0, 8), "rootlet ");
  EXPECT_EQ(plain({"--version"}).out, said.out);
}

TEST_F(Command, HelpTeaches) {
  const CommandResult help = plain({"--help"});
  EXPECT_EQ(help.status, 0);
  EXPECT_EQ(help.err, "");
  for (const char* word :
       {"resolve", "build", "why", "version", "Examples:", "rootlet build --dir", "Exit status: 0"})
    EXPECT_TRUE(mentions(help.out, word)) << word;
  for (const char* command : {"resolve", "build", "why"}) {
    const CommandResult own = plain({command, "--help"});
    EXPECT_EQ(own.status, 0);
    for (const char* option :
         {"--root", "--library-path", "--preload", "--cpu", "--include", "--exclude", "ENTRY"})
      EXPECT_TRUE(mentions(own.out, option)) << command << option;
  }
  for (const char* option : {"--dir", "--tar", "--times", "--keep-setid", "--allow-missing"})
    EXPECT_TRUE(mentions(plain({"build", "--help"}).out, option)) << option;
}

TEST_F(Command, ResolvesInEachFormat) {
  EXPECT_EQ(run({"resolve", "--format", "paths", "/usr/bin/app"}).out, kPaths);
  const CommandResult tree = run({"resolve", "/usr/bin/app"});
  EXPECT_EQ(tree.status, 0);
  EXPECT_EQ(tree.err, "");
  EXPECT_TRUE(tree.out.starts_with("/usr/bin/app\n├── libz.so.1 => /usr/lib/libz.so.1.2.13 [default]\n"))
      << tree.out;
  EXPECT_EQ(run({"resolve", "--format", "tree", "/usr/bin/app"}).out, tree.out);
  const Json json = Json::parse(run({"resolve", "--format=json", "/usr/bin/app"}).out);
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["root"], root());
  EXPECT_EQ(json["entries"], Json{"/usr/bin/app"});
  std::string paths;
  for (const Json& file : json["files"]) paths += file["path"].get<std::string>() + "\n";
  EXPECT_EQ(paths, kPaths);
}

TEST_F(Command, DrawsAGraphThatGraphvizReads) {
  world_.file("/odd/\"quoted\"\nname\\", "");
  const CommandResult dot = run({"resolve", "--format", "dot", "/usr/bin/broken", "/odd"});
  EXPECT_TRUE(dot.out.starts_with("digraph rootlet {\n"));
  EXPECT_TRUE(dot.out.ends_with("}\n"));
  if (run_command({"sh", "-c", "command -v dot"}).status != 0)
    GTEST_SKIP() << "graphviz is not installed; the graph was only looked at";
  const CommandResult drawn = run_command({"dot", "-Tsvg"}, dot.out);
  EXPECT_EQ(drawn.status, 0) << drawn.err;
  EXPECT_EQ(drawn.err, "");
  EXPECT_TRUE(mentions(drawn.out, "libgone.so.3"));
}

TEST_F(Command, SaysAllThatIsMissingAndByWhomWithEveryPathTried) {
  const CommandResult tree = run({"resolve", "/usr/bin/broken"});
  EXPECT_EQ(tree.status, 1);
  EXPECT_TRUE(mentions(tree.out, "libgone.so.3 => not found"));
  EXPECT_TRUE(mentions(
      tree.out, "missing: libgone.so.3, needed by /usr/bin/broken\n    /opt/none/libgone.so.3 [runpath] "));
  EXPECT_TRUE(mentions(tree.out, "    /usr/lib/libgone.so.3 [default] "));
  const CommandResult json = run({"resolve", "--format", "json", "/usr/bin/broken"});
  EXPECT_EQ(json.status, 1);
  EXPECT_EQ(Json::parse(json.out)["missing"][0]["name"], "libgone.so.3");
  const CommandResult paths = run({"resolve", "--format", "paths", "/usr/bin/broken"});
  EXPECT_EQ(paths.status, 1);
  EXPECT_TRUE(mentions(paths.out, "/usr/bin/broken\n"));
  EXPECT_TRUE(mentions(paths.err, "rootlet: missing: libgone.so.3, needed by /usr/bin/broken\n"));
}

TEST_F(Command, BuildsADirectory) {
  const CommandResult built = run({"build", "--dir", directory_ / "layer", "/bin/app"});
  EXPECT_EQ(built.status, 0);
  EXPECT_EQ(built.out, "");
  EXPECT_EQ(built.err, "");
  const std::string found =
      run_command({"sh", "-c", "cd \"$0\" && find . | LC_ALL=C sort", directory_ / "layer"}).out;
  EXPECT_EQ(found,
            ".\n./bin\n./lib\n./lib64\n./usr\n./usr/bin\n./usr/bin/app\n./usr/lib\n./usr/lib/libz.so.1\n./"
            "usr/lib/libz.so.1.2.13\n./usr/lib64\n./usr/lib64/ld-linux-x86-64.so.2\n");
  EXPECT_EQ(fs::read_symlink(directory_ / "layer/lib64"), "usr/lib64");
  EXPECT_EQ(read_file(directory_ / "layer/usr/bin/app"), read_file(root() + "/usr/bin/app"));
}

TEST_F(Command, BuildsTheSameTarToAFileAndToStandardOutput) {
  ASSERT_EQ(run({"build", "--tar", directory_ / "layer.tar", "/bin/app"}).status, 0);
  const CommandResult piped = run({"build", "--tar", "-", "/bin/app"});
  EXPECT_EQ(piped.status, 0);
  EXPECT_TRUE(piped.out == read_file(directory_ / "layer.tar"));
  const std::string listed = run_command({"tar", "-tf", directory_ / "layer.tar"}).out;
  EXPECT_EQ(listed,
            "bin\nlib\nlib64\nusr/\nusr/bin/\nusr/bin/app\nusr/lib/\nusr/lib/libz.so.1\nusr/lib/"
            "libz.so.1.2.13\nusr/lib64/\nusr/lib64/ld-linux-x86-64.so.2\n");
}

TEST_F(Command, CompressesATarAsItIsTold) {
  ASSERT_EQ(run({"build", "--tar", directory_ / "layer.tar", "/bin/app"}).status, 0);
  const std::string plain = read_file(directory_ / "layer.tar");
  for (const auto& [compression, level] : {std::pair("gzip", "9"), std::pair("zstd", "1")}) {
    const CommandResult one = run({"build", "--tar", "-", "--compression", compression, "--level", level, "--threads", "1", "/bin/app"});
    const CommandResult three = run({"build", "--tar", "-", "--compression", compression, "--level", level, "--threads", "3", "/bin/app"});
    EXPECT_EQ(one.status, 0) << one.err;
    EXPECT_TRUE(one.out == three.out);
    EXPECT_LT(one.out.size(), plain.size());
    EXPECT_TRUE(run_command({compression, "-dcq"}, one.out).out == plain) << compression;
  }
  const CommandResult refused = run({"build", "--tar", directory_ / "other.tar", "--compression", "gzip", "--level", "10", "/bin/app"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_TRUE(mentions(refused.err, "gzip has no level 10; give 1 to 9")) << refused.err;
  EXPECT_FALSE(fs::exists(directory_ / "other.tar"));
}

TEST_F(Command, BuildsNothingWithSomethingMissingUnlessAllowed) {
  const CommandResult refused = run({"build", "--dir", directory_ / "layer", "/usr/bin/broken"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_TRUE(mentions(refused.err, "missing: libgone.so.3, needed by /usr/bin/broken"));
  EXPECT_TRUE(mentions(refused.err, "/opt/none/libgone.so.3 [runpath]"));
  EXPECT_TRUE(mentions(refused.err, "--allow-missing"));
  EXPECT_FALSE(fs::exists(directory_ / "layer"));
  EXPECT_EQ(run({"build", "--tar", directory_ / "layer.tar", "/usr/bin/broken"}).status, 1);
  EXPECT_FALSE(fs::exists(directory_ / "layer.tar"));
  EXPECT_EQ(run({"build", "--tar", "-", "/usr/bin/broken"}).out, "");

  const CommandResult allowed =
      run({"build", "--allow-missing", "--dir", directory_ / "layer", "/usr/bin/broken"});
  EXPECT_EQ(allowed.status, 0);
  EXPECT_TRUE(mentions(allowed.err, "missing: libgone.so.3"));
  EXPECT_TRUE(fs::exists(directory_ / "layer/usr/bin/broken"));
}

TEST_F(Command, TakesTheTimesThatAreAskedFor) {
  const std::string program = root() + "/usr/bin/app";
  ASSERT_EQ(run_command({"touch", "-d", "@123456789", program}).status, 0);
  auto built = [&](std::vector<std::string> environment, std::vector<std::string> options) {
    std::vector<std::string> command = {"env", "-u", "SOURCE_DATE_EPOCH"};
    command.insert(command.end(), environment.begin(), environment.end());
    command.insert(command.end(),
                   {ROOTLET_COMMAND, "build", "--root", root(), "--dir", directory_ / "layer"});
    command.insert(command.end(), options.begin(), options.end());
    command.emplace_back("/usr/bin/app");
    const CommandResult done = run_command(command);
    EXPECT_EQ(done.status, 0) << done.err;
    struct stat status {};
    ::stat((directory_ / "layer/usr/bin/app").c_str(), &status);
    fs::remove_all(directory_ / "layer");
    return status.st_mtime;
  };
  EXPECT_EQ(built({}, {}), 0);
  EXPECT_EQ(built({"SOURCE_DATE_EPOCH=86400"}, {}), 86400);
  EXPECT_EQ(built({"SOURCE_DATE_EPOCH="}, {}), 0);
  EXPECT_EQ(built({"SOURCE_DATE_EPOCH=86400"}, {"--times", "epoch"}), 86400);
  EXPECT_EQ(built({"SOURCE_DATE_EPOCH=86400"}, {"--times", "root"}), 123456789);
}

TEST_F(Command, KeepsSetIdBitsOnlyIfAsked) {
  world_.file("/usr/bin/su", world_.bytes_of(Elf().type(2).without_dynamic()), 04755);
  auto mode = [&] {
    struct stat status {};
    ::stat((directory_ / "layer/usr/bin/su").c_str(), &status);
    return status.st_mode & 07777;
  };
  const CommandResult dropped = run({"build", "--dir", directory_ / "layer", "/usr/bin/su"});
  EXPECT_EQ(dropped.status, 0);
  EXPECT_TRUE(
      mentions(dropped.err,
               "note: /usr/bin/su: the set-user-ID bit is left out; --keep-setid keeps it [set-id-dropped]"))
      << dropped.err;
  EXPECT_EQ(mode(), 0755u);
  fs::remove_all(directory_ / "layer");
  const CommandResult kept = run({"build", "--keep-setid", "--dir", directory_ / "layer", "/usr/bin/su"});
  EXPECT_EQ(kept.err, "");
  EXPECT_EQ(mode(), 04755u);
  fs::remove_all(directory_ / "layer");
  EXPECT_EQ(run({"build", "-q", "--dir", directory_ / "layer", "/usr/bin/su"}).err, "");
}

TEST_F(Command, PassesOnWhatTheLoaderShouldKnow) {
  world_.library("/env/libz.so.1")
      .library("/pre/load.so")
      .library("/usr/lib/glibc-hwcaps/x86-64-v3/libz.so.1");
  EXPECT_TRUE(mentions(run({"resolve", "--library-path", "/env", "/usr/bin/app"}).out,
                       "libz.so.1 => /env/libz.so.1 [library-path]"));
  EXPECT_TRUE(
      mentions(run({"resolve", "--preload", "/pre/load.so", "/usr/bin/app"}).out, "/pre/load.so [direct]"));
  EXPECT_TRUE(mentions(run({"resolve", "/usr/bin/app"}).out, "x86-64-v3/libz.so.1 [default, hwcaps]"));
  EXPECT_FALSE(mentions(run({"resolve", "--cpu", "x86-64-v2", "/usr/bin/app"}).out, "x86-64-v3"));
  const CommandResult unset = run_command({"env", "LD_LIBRARY_PATH=/env", "LD_PRELOAD=", ROOTLET_COMMAND,
                                           "resolve", "--root", root(), "/usr/bin/app"});
  EXPECT_FALSE(mentions(unset.out, "/env")) << "what is set for rootlet itself counts for nothing";
}

// All blobs of a layout in one.
std::string documents_of(const std::string& layout) { return run_command({"sh", "-c", "cat \"$0\"/blobs/sha256/*", layout}).out; }

// The word behind `--name=` became its value, here the program that was to be carried along.
TEST_F(Command, AnOptionWithNothingBehindItsEqualsSignIsEmptyAndTakesNoOtherWord) {
  for (const char* option : {"--library-path=", "--preload=", "--kernel="}) {
    const CommandResult said = run({"resolve", "--format", "paths", option, "/etc/motd", "/usr/bin/app"});
    EXPECT_EQ(said.status, 0) << said.err;
    EXPECT_TRUE(said.out.starts_with("/etc/motd\n")) << option << said.out;
  }
  const std::vector<std::string> words = {"build", "--oci", directory_ / "image", "--entrypoint=", "/etc/motd", "/usr/bin/app"};
  ASSERT_EQ(run(words).status, 0);
  EXPECT_EQ(plain({"resolve", "--root=", root(), "/usr/bin/app"}).err, "rootlet: cannot use as root: the name is empty\n");
  EXPECT_FALSE(mentions(documents_of(directory_ / "image"), "Entrypoint"));
}

// What is a value of another option, or comes after --, is no option; nor does a flag get a value.
TEST_F(Command, OnlyAnOptionIsTakenApartAtItsEqualsSign) {
  const std::vector<std::string> words = {"build", "--oci", directory_ / "image", "--cmd", "--tag=", "--cmd=--user=", "--cmd", "--", "--quiet=", "/usr/bin/app"};
  ASSERT_EQ(run(words).status, 0);
  EXPECT_TRUE(mentions(documents_of(directory_ / "image"), "\"Cmd\": [\n   \"--tag=\",\n   \"--user=\",\n   \"--\"\n  ]"));
  EXPECT_TRUE(mentions(run({"resolve", "--", "--root=", "/usr/bin/app"}).err, "\"--root=\" is not an absolute path"));
}

TEST_F(Command, AddsAndLeavesOutByHand) {
  world_.file("/etc/a.conf", "").file("/etc/b.conf", "");
  const CommandResult said =
      run({"resolve", "--format", "paths", "--include", "/etc/*.conf", "--include", "/etc/motd", "--exclude",
           "*/b.conf", "--exclude", "/usr/lib*/libz*", "/usr/bin/app"});
  EXPECT_EQ(said.status, 0) << said.err;
  EXPECT_EQ(said.out,
            "/etc/a.conf\n/etc/motd\n/lib\n/lib64\n/usr/bin/app\n/usr/lib64/ld-linux-x86-64.so.2\n");
}

// why

TEST_F(Command, SaysWhyAPathIsThere) {
  const CommandResult said = run({"why", "/usr/lib/libz.so.1.2.13", "/bin/app"});
  EXPECT_EQ(said.status, 0);
  EXPECT_EQ(said.out,
            "/usr/lib/libz.so.1.2.13 is in the layer\n\n/usr/bin/app [entry /bin/app]\n  └ "
            "/usr/lib/libz.so.1.2.13 [needed libz.so.1, default]\n");
  EXPECT_TRUE(mentions(run({"why", "/lib64", "/bin/app"}).out, "[link /lib64/ld-linux-x86-64.so.2]"));
  EXPECT_TRUE(mentions(run({"why", "/lib/libz.so.1", "/bin/app"}).out, "leads to /usr/lib/libz.so.1.2.13"));
}

TEST_F(Command, SaysWhyAPathIsNotThere) {
  world_.library("/opt/none/libgone.so.3", Elf().machine(183));
  const CommandResult passed_over = run({"why", "/opt/none/libgone.so.3", "/usr/bin/broken"});
  EXPECT_EQ(passed_over.status, 1);
  EXPECT_TRUE(passed_over.out.starts_with("/opt/none/libgone.so.3 is not in the layer\n"));
  EXPECT_TRUE(mentions(passed_over.out, "for AArch64, the program is for x86-64"));
  EXPECT_TRUE(mentions(run({"why", "/usr/lib/libgone.so.3", "/usr/bin/broken"}).out,
                       "looked for as libgone.so.3, which /usr/bin/broken needs (default)"));
  EXPECT_TRUE(
      mentions(run({"why", "--exclude", "*/libz.so.1.2.13", "/usr/lib/libz.so.1.2.13", "/bin/app"}).out,
               "--exclude */libz.so.1.2.13"));
  EXPECT_TRUE(mentions(run({"why", "/etc/motd", "/bin/app"}).out,
                       "nothing that the entries load, run or name needs it"));
  EXPECT_TRUE(mentions(run({"why", "/absent", "/bin/app"}).out, "no such path"));
}

TEST_F(Command, SaysWhyADecoyOfAnotherClassWasPassedOver) {
  world_.library("/env/libz.so.1", Elf().machine(3, false));
  const CommandResult said = run({"why", "--library-path", "/env", "/env/libz.so.1", "/bin/app"});
  EXPECT_EQ(said.status, 1);
  EXPECT_TRUE(mentions(said.out,
                       "/env/libz.so.1 was looked at for libz.so.1, which /usr/bin/app needs (library-path), "
                       "and passed over: "))
      << said.out;
  EXPECT_EQ(run({"resolve", "--library-path", "/env", "/bin/app"}).status, 0) << "the next one serves";
}

TEST_F(Command, SaysWhyInJson) {
  const CommandResult said = run({"why", "--format", "json", "/usr/lib/libz.so.1.2.13", "/bin/app"});
  EXPECT_EQ(said.status, 0);
  const Json json = Json::parse(said.out);
  EXPECT_EQ(json["present"], true);
  EXPECT_EQ(json["chains"][0][0]["path"], "/usr/bin/app");
  EXPECT_EQ(Json::parse(run({"why", "--format", "json", "/etc/motd", "/bin/app"}).out)["present"], false);
}

TEST_F(Command, ShowsAsManyChainsAsAreAskedFor) {
  for (int i = 0; i < 30; ++i)
    world_.program("/many/app" + std::to_string(i),
                   Elf().needs({"libz.so.1"}).interpreter("/lib64/ld-linux-x86-64.so.2"));
  auto chains = [&](std::vector<std::string> options) {
    std::vector<std::string> words = {"why", "--format", "json"};
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(), {"/usr/lib/libz.so.1.2.13", "/many"});
    return Json::parse(run(words).out);
  };
  EXPECT_EQ(chains({})["chains"].size(), 20u);
  EXPECT_EQ(chains({})["more"], true);
  EXPECT_EQ(chains({"--limit", "3"})["chains"].size(), 3u);
  EXPECT_EQ(chains({"--limit", "0"})["chains"].size(), 30u);
  EXPECT_EQ(chains({"--limit", "0"})["more"], false);
}

}  // namespace
}  // namespace rootlet::test
