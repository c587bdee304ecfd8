// Each thing that can be wrong has a message of its own, which says what, where and what to do; and leaves
// nothing behind.
#include <sys/stat.h>
#include <unistd.h>

#include "cli/fixture.hpp"

namespace rootlet::test {
namespace {

namespace fs = boost::filesystem;

class BadInput : public Command {
 protected:
  void expect_refused(const CommandResult& result, std::initializer_list<const char*> words) {
    EXPECT_EQ(result.status, 2);
    EXPECT_EQ(result.out, "");
    EXPECT_TRUE(result.err.starts_with("rootlet: ")) << result.err;
    EXPECT_TRUE(result.err.ends_with("\n"));
    for (const char* word : words)
      EXPECT_TRUE(mentions(result.err, word)) << "\"" << word << "\" in: " << result.err;
  }
  std::string layer() const { return directory_ / "layer"; }
};

// Words.

TEST_F(BadInput, NoCommandOrAWrongOne) {
  expect_refused(plain({}), {"no command", "resolve", "build", "why", "--help"});
  expect_refused(plain({"frobnicate"}), {"\"frobnicate\"", "resolve", "--help"});
  expect_refused(plain({"--root", "/", "resolve"}), {"\"--root\"", "after"});
}

TEST_F(BadInput, AnUnknownOption) {
  expect_refused(run({"resolve", "--frobnicate", "/usr/bin/app"}), {"--frobnicate", "resolve --help"});
  expect_refused(run({"resolve", "--format", "xml", "/usr/bin/app"}), {"--format", "xml", "json"});
  expect_refused(run({"build", "--times", "noon", "--dir", layer(), "/usr/bin/app"}), {"--times", "noon"});
}

TEST_F(BadInput, AnOptionWithoutItsValue) {
  expect_refused(run({"resolve", "/usr/bin/app", "--include"}), {"--include"});
}

TEST_F(BadInput, NoEntry) {
  expect_refused(run({"resolve"}), {"ENTRY", "resolve --help"});
  expect_refused(run({"build", "--dir", layer()}), {"ENTRY"});
  expect_refused(run({"why", "/usr/bin/app"}), {"ENTRY"});
}

// An empty variable in a script made a sentence without a subject, and -1 was a very large number.
TEST_F(BadInput, NoPathToExplainOrANumberThatIsNone) {
  expect_refused(run({"why", "", "/usr/bin/app"}), {"path", "empty", "/lib64"});
  for (const char* limit : {"-1", "many", "3x", "99999999999999999999999"})
    expect_refused(run({"why", "--limit", limit, "/lib64", "/usr/bin/app"}), {"--limit", limit, "0 for all"});
}

TEST_F(BadInput, AnEmptyNameOfAnEntryOrAnOutput) {
  expect_refused(run({"resolve", ""}), {"\"\"", "absolute"});
  expect_refused(run({"build", "--dir", "", "/usr/bin/app"}), {"''", "name"});
  expect_refused(run({"build", "--tar", "", "/usr/bin/app"}), {"''", "name"});
}

TEST_F(BadInput, NoOutputOrTwo) {
  expect_refused(run({"build", "/usr/bin/app"}), {"--dir", "--tar"});
  expect_refused(run({"build", "--dir", layer(), "--tar", "-", "/usr/bin/app"}), {"--dir", "--tar", "2"});
  EXPECT_FALSE(fs::exists(layer()));
}

// Some were taken for options that were not given: nothing was written or compared, and the exit status was 0.
TEST_F(BadInput, AnEmptyNameOfAFile) {
  for (const char* option : {"--manifest", "--digest-file", "--depfile", "--depfile-target", "--sbom-file", "--base", "--rules"}) {
    expect_refused(run({"build", "--oci", layer(), option, "", "/usr/bin/app"}), {option, "empty"});
    expect_refused(run({"build", "--oci", layer(), std::string(option) + "=", "/usr/bin/app"}), {option, "empty"});
  }
  expect_refused(run({"report", "-o", "-", "--compare", "", "/usr/bin/app"}), {"--compare", "empty"});
  expect_refused(run({"audit", "--baseline=", "/usr/bin/app"}), {"--baseline", "empty"});
  expect_refused(plain({"verify", "--manifest", "", root()}), {"--manifest", "empty"});
  expect_refused(plain({"index", "--tag", "x", "--digest-file", "", layer(), "a"}), {"--digest-file", "empty"});
  EXPECT_FALSE(fs::exists(layer()));
}

// It was a file of that name.
TEST_F(BadInput, ADashWhereThereIsNoStream) {
  for (const char* option : {"--manifest", "--digest-file", "--depfile", "--sbom-file"})
    expect_refused(run({"build", "--oci", layer(), option, "-", "/usr/bin/app"}), {option, "no standard input or output"});
  expect_refused(run({"report", "-o", "-", "--compare", "-", "/usr/bin/app"}), {"--compare", "no standard input or output"});
  EXPECT_FALSE(fs::exists(layer()));
}

TEST_F(BadInput, AnEmptyNameOfARootOrAnImage) {
  expect_refused(plain({"resolve", "--root", "", "/usr/bin/app"}), {"cannot use as root: the name is empty\n"});
  expect_refused(plain({"resolve", "--root", "oci:", "/usr/bin/app"}), {"the name of the image is empty"});
  expect_refused(plain({"diff", root(), ""}), {"name is empty"});
}

// One took the other's place: a tar was JSON, or an image layout had no index.
TEST_F(BadInput, TwoOutputsOfOneName) {
  const std::string tar = directory_ / "layer.tar", other = directory_ / "./layer.tar", twice = directory_ / "twice";
  fs::create_symlink(".", directory_ / "here");
  const std::vector<std::vector<std::string>> lines = {{"--tar", tar, "--manifest", other},
                                                       {"--tar", tar, "--depfile", directory_ / "here/layer.tar"},
                                                       {"--docker-archive", tar, "--digest-file", other},
                                                       {"--tar", tar, "--sbom", "spdx", "--sbom-file", twice, "--manifest", twice},
                                                       {"--tar", tar, "--sbom", "spdx", "--manifest", other + ".spdx.json"},
                                                       {"--tar", tar, "--depfile", twice, "--manifest", directory_ / "here/./twice"}};
  for (std::vector<std::string> line : lines) {
    line.insert(line.begin(), "build");
    line.emplace_back("/usr/bin/app");
    expect_refused(run(line), {"is the name of two outputs\n"});
    EXPECT_FALSE(fs::exists(tar) || fs::exists(twice));
  }
}

TEST_F(BadInput, AFileInsideTheOutput) {
  fs::create_directory_symlink("layer", directory_ / "link");
  for (const char* option : {"--manifest", "--depfile"}) {
    expect_refused(run({"build", "--dir", layer(), option, layer() + "/file", "/usr/bin/app"}), {"file is inside", "the layer"});
    expect_refused(run({"build", "--oci", layer() + "/", option, layer() + "/blobs/../index.json", "/usr/bin/app"}), {"index.json is inside", "layout"});
  }
  expect_refused(run({"build", "--oci", layer(), "--digest-file", layer() + "/digest", "/usr/bin/app"}), {"digest is inside", "layout"});
  EXPECT_FALSE(fs::exists(layer()));
  ASSERT_EQ(run({"build", "--oci", layer(), "--tag", "a", "/usr/bin/app"}).status, 0);
  const std::string index = read_file(layer() + "/index.json");
  expect_refused(run({"build", "--oci", layer(), "--manifest", directory_ / "link/index.json", "/usr/bin/app"}), {"index.json is inside"});
  expect_refused(plain({"index", "--tag", "x", "--digest-file", layer() + "/index.json", layer(), "a"}), {"index.json is inside"});
  EXPECT_EQ(read_file(layer() + "/index.json"), index);
  EXPECT_EQ(run({"build", "--dir", directory_ / "a", "--manifest", directory_ / "a.json", "--depfile", directory_ / "ab", "/usr/bin/app"}).status, 0) << "a name that begins alike is beside it";
}

// The layer was in place when that was found, and the command, repeated, could not write over it.
TEST_F(BadInput, AFileThatCannotBeWrittenBesideTheOutput) {
  fs::create_directory(directory_ / "taken");
  fs::create_symlink("nowhere", directory_ / "link");
  const std::vector<std::pair<std::string, const char*>> places = {{directory_ / "absent/file", "No such file or directory\n"},
                                                                   {root() + "/etc/motd/file", "Not a directory\n"},
                                                                   {directory_ / "taken", "is a directory"},
                                                                   {directory_ / "file/", "ends in a slash"},
                                                                   {directory_ / "link", "is a symbolic link"},
                                                                   {directory_ / std::string(300, 'x'), "File name too long\n"},
                                                                   {"/dev/null", "not a regular file"}};
  for (const auto& [place, why] : places) {
    for (std::vector<std::string> line : {std::vector<std::string>{"--manifest", place}, {"--depfile", place}, {"--digest-file", place}, {"--sbom", "spdx", "--sbom-file", place}}) {
      const bool image = line.front() == "--digest-file";
      line.insert(line.begin(), {"build", image ? "--oci" : "--dir", layer()});
      line.emplace_back("/usr/bin/app");
      expect_refused(run(line), {place.c_str(), why});
      EXPECT_FALSE(fs::exists(layer()));
    }
  }
  ASSERT_EQ(run({"build", "--oci", layer(), "--tag", "a", "/usr/bin/app"}).status, 0);
  const std::string index = read_file(layer() + "/index.json");
  expect_refused(plain({"index", "--tag", "x", "--digest-file", directory_ / "absent/file", layer(), "a"}), {"absent", "No such file"});
  EXPECT_EQ(read_file(layer() + "/index.json"), index);
}

// Only when everything was found did it turn out that there was nowhere to write it.
TEST_F(BadInput, APageOrABaselineThatCannotBeWritten) {
  fs::create_directory(directory_ / "taken");
  const std::vector<std::pair<std::string, const char*>> places = {{directory_ / "absent/file", "No such file or directory\n"}, {directory_ / "taken", "is a directory"}};
  for (const auto& [place, why] : places) {
    expect_refused(run({"report", "-o", place, "/usr/bin/none"}), {place.c_str(), why});
    expect_refused(run({"audit", "--write-baseline", place, "/usr/bin/none"}), {place.c_str(), why});
  }
}

// The root was lost with the first build from it.
TEST_F(BadInput, AnOutputThatIsAnInput) {
  const std::string archive = directory_ / "stage.tar", link = directory_ / "link.tar", rules = directory_ / "rules.toml", page = directory_ / "before.json";
  ASSERT_EQ(run({"build", "-q", "--oci-archive", archive, "--tag", "a", "/usr/bin/app"}).status, 0);
  fs::create_hard_link(archive, link);
  write_file(rules, "");
  write_file(page, run({"resolve", "--format", "json", "/usr/bin/app"}).out);
  const std::string before = read_file(archive);
  for (const std::string& root : {archive, "oci:" + archive + ":a", link}) {
    expect_refused(plain({"build", "--root", root, "--tar", archive, "/usr/bin/app"}), {archive.c_str(), "is what this command reads"});
    expect_refused(plain({"build", "--root", root, "--tar", layer(), "--manifest", link, "/usr/bin/app"}), {link.c_str(), "is what this command reads"});
    expect_refused(plain({"audit", "--root", root, "--write-baseline", archive, "/usr/bin/app"}), {archive.c_str(), "is what this command reads"});
    expect_refused(run({"build", "--base", root, "--oci-archive", archive, "/usr/bin/app"}), {archive.c_str(), "is what this command reads"});
  }
  expect_refused(run({"build", "--rules", rules, "--tar", rules, "/usr/bin/app"}), {rules.c_str(), "is what this command reads"});
  expect_refused(run({"report", "--compare", page, "-o", page, "/usr/bin/app"}), {page.c_str(), "is what this command reads"});
  EXPECT_TRUE(before == read_file(archive));
  EXPECT_FALSE(fs::exists(layer()));
  EXPECT_EQ(run({"build", "-q", "--oci-archive", archive, "/usr/bin/app"}).status, 0) << "an older output is no input";
}

// A directory or a tar is as it is, and the words were not even read.
TEST_F(BadInput, APlatformThatIsNone) {
  for (const char* platform : {"foo", "foo/bar/baz/x", "foo/", "/foo", "foo//bar", "foo/b r"}) {
    expect_refused(run({"resolve", "--platform", platform, "/usr/bin/app"}), {"--platform", platform, "linux/amd64"});
    expect_refused(plain({"diff", "--platform", platform, root(), root()}), {"--platform", platform});
  }
  EXPECT_EQ(run({"resolve", "--platform", "linux/arm/v7", "/usr/bin/app"}).status, 0);
}

// Images took these, and whatever started them did not.
TEST_F(BadInput, ASignalOrAUserThatIsNone) {
  for (const char* signal : {"FOO", "SIG", "SIGFOO", "99", "0", "65", "-9", "+9", "SIG9", "RTMIN+", "SIGRTMIN+16", "RTMAX-15", "RTMIN-1", "sigterm"})
    expect_refused(run({"build", "--oci", layer(), "--stop-signal", signal, "/usr/bin/app"}), {signal, "is no signal", "SIGINT"});
  for (const char* user : {":", "a:", ":a", "a:b:c", "4294967295", "99999999999", "a:4294967295", "-1", "+1", "a\tb"}) {
    for (const char* output : {"--oci", "--dir"}) expect_refused(run({"build", output, layer(), "--user", user, "/usr/bin/app"}), {"is no user", "4294967294"});
  }
  EXPECT_FALSE(fs::exists(layer()));
  for (const char* signal : {"SIGTERM", "TERM", "SIGRTMIN", "SIGRTMIN+3", "RTMAX-14", "1", "64"})
    EXPECT_EQ(run({"build", "-q", "--oci", layer(), "--stop-signal", signal, "/usr/bin/app"}).status, 0) << signal;
  for (const char* user : {"0", "4294967294", "app", "app:app", "1000:staff", "nonroot", "a.b-c_d$", "DOM\\user"})
    EXPECT_EQ(run({"build", "-q", "--oci", layer(), "--user", user, "/usr/bin/app"}).status, 0) << user;
}

TEST_F(BadInput, ALevelThatTheMachineHasNot) {
  expect_refused(run({"resolve", "--cpu", "x86-64-v7", "/usr/bin/app"}), {"x86-64-v7", "x86-64-v3", "all"});
}

TEST_F(BadInput, AnEpochThatIsNoNumber) {
  for (const char* epoch : {"yesterday", "12x", " 12", "-1", "+5", "1e9", "99999999999999999999"}) {
    const CommandResult said = run_command({"env", std::string("SOURCE_DATE_EPOCH=") + epoch, ROOTLET_COMMAND,
                                            "build", "--root", root(), "--dir", layer(), "/usr/bin/app"});
    expect_refused(said, {"SOURCE_DATE_EPOCH", epoch, "unset"});
  }
  EXPECT_FALSE(fs::exists(layer()));
  EXPECT_EQ(run_command(
                {"env", "SOURCE_DATE_EPOCH=x", ROOTLET_COMMAND, "resolve", "--root", root(), "/usr/bin/app"})
                .status,
            0)
      << "nothing is written";
}

TEST_F(BadInput, ADirectoryInPlaceOfADocument) {
  expect_refused(plain({"verify", "--manifest", root(), layer()}), {"cannot read", root_.c_str(), "Is a directory\n"});
  expect_refused(run({"report", "--compare", root(), "-o", "-", "/usr/bin/app"}), {"cannot read", root_.c_str(), "Is a directory\n"});
}

// They were read until memory ran out. A pipe has no size either, and is read.
TEST_F(BadInput, ADocumentWithoutAnEnd) {
  expect_refused(plain({"verify", "--manifest", "/dev/zero", root()}), {"/dev/zero", "256 MiB"});
  expect_refused(run({"report", "--compare", "/dev/zero", "-o", "-", "/usr/bin/app"}), {"/dev/zero", "256 MiB"});
  expect_refused(run({"audit", "--baseline", "/dev/zero", "/usr/bin/app"}), {"/dev/zero", "256 MiB"});
  expect_refused(run({"resolve", "--rules", "/dev/zero", "/usr/bin/app"}), {"--rules", "/dev/zero", "4194304 bytes"});
  const std::string manifest = directory_ / "layer.json";
  ASSERT_EQ(run({"build", "--dir", layer(), "--manifest", manifest, "/usr/bin/app"}).status, 0);
  const CommandResult piped = run_command({ROOTLET_COMMAND, "verify", "--manifest", "/dev/stdin", layer()}, read_file(manifest));
  EXPECT_EQ(piped.status, 0) << piped.err;
  const CommandResult ruled = run_command({ROOTLET_COMMAND, "resolve", "--root", root(), "--rules", "/dev/stdin", "/usr/bin/app"}, "[[rule]]\nname = \"x\"\n");
  EXPECT_TRUE(mentions(ruled.err, "/dev/stdin")) << ruled.err;
}

// The root and the entries.

TEST_F(BadInput, ARootThatIsNoDirectory) {
  expect_refused(plain({"resolve", "--root", root() + "/etc/motd", "/usr/bin/app"}),
                 {"/etc/motd", "directory", "image"});
  expect_refused(plain({"resolve", "--root", root() + "/absent", "/usr/bin/app"}),
                 {"/absent", "No such file"});
}

TEST_F(BadInput, AProgramThatIsNotThere) {
  expect_refused(run({"resolve", "/usr/bin/absent"}), {"/usr/bin/absent", "No such file", root_.c_str()});
  expect_refused(run({"resolve", "usr/bin/app"}), {"usr/bin/app", "absolute"});
  expect_refused(run({"resolve", "/usr/bin/app/x"}), {"/usr/bin/app/x", "Not a directory"});
}

TEST_F(BadInput, AnEntryBehindABrokenLink) {
  world_.symlink("/usr/bin/java", "/etc/alternatives/java").symlink("/loop", "loop");
  expect_refused(run({"resolve", "/usr/bin/java"}), {"/usr/bin/java -> /etc/alternatives/java"});
  expect_refused(run({"resolve", "/loop"}), {"/loop", "levels of symbolic links"});
}

TEST_F(BadInput, AnEntryThatIsNoFile) {
  ASSERT_EQ(::mkfifo((root() + "/tmp/pipe").c_str(), 0666), 0);
  expect_refused(run({"resolve", "/tmp/pipe"}), {"/tmp/pipe", "pipe"});
}

TEST_F(BadInput, ATruncatedProgram) {
  world_.file("/usr/bin/cut",
              world_.bytes_of(Elf().interpreter("/lib64/ld-linux-x86-64.so.2")).substr(0, 100), 0755);
  expect_refused(run({"resolve", "/usr/bin/cut"}), {"/usr/bin/cut", "program header", "100"});
  expect_refused(run({"build", "--dir", layer(), "/usr/bin/cut"}), {"/usr/bin/cut"});
  EXPECT_FALSE(fs::exists(layer()));
}

TEST_F(BadInput, AProgramThatIsEmptyOrOfNoKnownKindIsCarriedAndToldOf) {
  world_.file("/usr/bin/empty", "", 0755).file("/usr/bin/text", "echo\n", 0755);
  const CommandResult empty = run({"resolve", "/usr/bin/empty"}), text = run({"resolve", "/usr/bin/text"});
  EXPECT_EQ(empty.status, 0);
  EXPECT_TRUE(mentions(empty.out, "/usr/bin/empty: is an empty file")) << empty.out;
  EXPECT_TRUE(mentions(text.out, "/usr/bin/text: is neither ELF nor a script")) << text.out;
}

TEST_F(BadInput, AScriptWithoutItsInterpreter) {
  world_.file("/usr/bin/script", "#!/usr/bin/python9\n", 0755);
  const CommandResult said = run({"build", "--dir", layer(), "/usr/bin/script"});
  EXPECT_EQ(said.status, 1);
  EXPECT_TRUE(mentions(said.err, "missing: /usr/bin/python9, needed by /usr/bin/script"));
  EXPECT_FALSE(fs::exists(layer()));
}

TEST_F(BadInput, AProgramOfTwoMachines) {
  world_.program("/usr/bin/mixed", Elf().needs({"libarm.so"}).interpreter("/lib64/ld-linux-x86-64.so.2"))
      .library("/usr/lib/libarm.so", Elf().machine(183));
  const CommandResult said = run({"resolve", "/usr/bin/mixed"});
  EXPECT_EQ(said.status, 1);
  EXPECT_TRUE(mentions(said.out, "/usr/lib/libarm.so [default] for AArch64, the program is for x86-64"))
      << said.out;
}

TEST_F(BadInput, AnEntryThatMayNotBeRead) {
  const std::string program = root() + "/usr/bin/app";
  ASSERT_EQ(::chmod(program.c_str(), 0711), 0);
  std::vector<std::string> command = {ROOTLET_COMMAND, "resolve", "--root", root(), "/usr/bin/app"};
  if (::geteuid() == 0) {
    ASSERT_EQ(::chmod(directory_.path().c_str(), 0755), 0);
    fs::copy_file(ROOTLET_COMMAND, directory_ / "rootlet");
    command[0] = directory_ / "rootlet";
    command.insert(command.begin(), {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
  } else {
    ASSERT_EQ(::chmod(program.c_str(), 0111), 0);
  }
  expect_refused(run_command(command), {"/usr/bin/app", "Permission denied"});
}

// The output.

TEST_F(BadInput, AnOutputThatExists) {
  fs::create_directory(layer());
  write_file(layer() + "/precious", "mine");
  expect_refused(run({"build", "--dir", layer(), "/usr/bin/app"}), {layer().c_str(), "not empty"});
  EXPECT_EQ(read_file(layer() + "/precious"), "mine");
  expect_refused(run({"build", "--dir", layer() + "/precious", "/usr/bin/app"}),
                 {"precious", "not a directory"});
  expect_refused(run({"build", "--tar", layer(), "/usr/bin/app"}), {layer().c_str(), "directory"});
  EXPECT_EQ(read_file(layer() + "/precious"), "mine");
}

TEST_F(BadInput, AnOutputInADirectoryThatIsNotThere) {
  expect_refused(run({"build", "--dir", directory_ / "absent/layer", "/usr/bin/app"}),
                 {"absent", "No such file"});
  expect_refused(run({"build", "--tar", directory_ / "absent/layer.tar", "/usr/bin/app"}),
                 {"absent", "No such file"});
}

CommandResult in_shell(const std::string& line, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"sh", "-c", line, ROOTLET_COMMAND});
  return run_command(arguments);
}

TEST_F(BadInput, AFullStandardOutput) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  for (const char* line :
       {"\"$0\" resolve --root \"$1\" /usr/bin/app > /dev/full",
        "\"$0\" why --root \"$1\" /lib64 /usr/bin/app > /dev/full",
        "\"$0\" resolve --format json --root \"$1\" /usr/bin/app > /dev/full", "\"$0\" version > /dev/full",
        "\"$0\" --help > /dev/full", "\"$0\" build --tar - --root \"$1\" /usr/bin/app > /dev/full"}) {
    const CommandResult said = in_shell(line, {root()});
    EXPECT_EQ(said.status, 2) << line;
    EXPECT_TRUE(said.err.starts_with("rootlet: ")) << line << said.err;
  }
  EXPECT_TRUE(mentions(in_shell("\"$0\" version > /dev/full", {}).err, "standard output: No space left"));
}

TEST_F(BadInput, AClosedStandardOutput) {
  EXPECT_EQ(in_shell("\"$0\" version >&-", {}).status, 2);
  EXPECT_EQ(in_shell("\"$0\" build --tar - --root \"$1\" /usr/bin/app >&-", {root()}).status, 2);
}

TEST_F(BadInput, NoStandardStreamAtAllDoesNotSpoilTheLayer) {
  // The first files that are opened would get the numbers of the streams, and messages would go there.
  const std::string line =
      "\"$0\" build --root \"$1\" --allow-missing --dir \"$2\" /usr/bin/broken <&- >&- 2>&-";
  EXPECT_EQ(in_shell(line, {root(), layer()}).status, 0);
  EXPECT_TRUE(read_file(layer() + "/usr/bin/broken") == read_file(root() + "/usr/bin/broken"));
  const std::string tar =
      "\"$0\" build --data none --root \"$1\" --allow-missing --tar \"$2\" /usr/bin/broken <&- >&- 2>&-";
  EXPECT_EQ(in_shell(tar, {root(), directory_ / "closed.tar"}).status, 0);
  ASSERT_EQ(run({"build", "--allow-missing", "--tar", directory_ / "open.tar", "/usr/bin/broken"}).status, 0);
  EXPECT_TRUE(read_file(directory_ / "closed.tar") == read_file(directory_ / "open.tar"));
}

}  // namespace
}  // namespace rootlet::test
