// What files say of processor, kernel and TLS, and what stands in a root that somebody else made, asked through the C++ interface.
#include "rootlet/audit.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/filesystem.hpp>
#include <cstring>

#include "support/temporary.hpp"

namespace rootlet {
namespace {

namespace fs = boost::filesystem;
using test::run_command;
using test::write_file;

// A root with the machine's own C library and programs that its compiler made.
class AuditedRoot : public testing::Test {
 protected:
  AuditedRoot() {
    fs::permissions(root(), fs::perms(0755));  // else nothing in it is for everybody, and no string in a program brings it along
    for (const char* file : {"/lib64/ld-linux-x86-64.so.2", "/lib/x86_64-linux-gnu/libc.so.6"}) {
      fs::create_directories(fs::path(root() + file).parent_path());
      fs::copy_file(file, root() + file);
    }
  }
  std::string root() const { return directory_.path(); }
  void compile(const std::string& path, const std::string& code, std::vector<std::string> options = {}) {
    fs::create_directories(fs::path(root() + path).parent_path());
    std::vector<std::string> command = {"cc", "-x", "c", "-", "-o", root() + path};
    command.insert(command.end(), options.begin(), options.end());
    const auto made = run_command(command, code);
    ASSERT_EQ(made.status, 0) << made.err;
  }
  Audit audited(const std::vector<std::string>& entries, const ResolveOptions& options = {}) {
    auto opened = Root::open(root());
    auto closure = resolve(*opened, entries, options);
    EXPECT_TRUE(closure) << closure.error().message;
    auto made = audit(*opened, *closure, {options.loader});
    EXPECT_TRUE(made) << made.error().message;
    return made ? std::move(*made) : Audit();
  }
  Audit linted(const std::vector<std::string>& entries = {}) {
    auto opened = Root::open(root());
    auto made = audit_root(*opened, entries);
    EXPECT_TRUE(made) << made.error().message;
    return made ? std::move(*made) : Audit();
  }
  // "rule effect object" of all that is no note.
  static std::vector<std::string> faults(const Audit& audit) {
    std::vector<std::string> faults;
    for (const AuditFinding& finding : audit.findings) {
      if (finding.effect != AuditEffect::note) faults.push_back(std::string(finding.rule) + " " + std::string(to_string(finding.effect)) + " " + finding.object);
    }
    return faults;
  }
  using Faults = std::vector<std::string>;
  static constexpr const char* kMain = "int main(void) { return 0; }\n";

  test::TemporaryDirectory directory_;
};

TEST_F(AuditedRoot, AnObjectThatNeedsABetterProcessorIsRefusedByTheLoaderThatChecks) {
  compile("/app", kMain, {"-Wl,-z,x86-64-v4"});
  ResolveOptions options;
  EXPECT_EQ(faults(audited({"/app"}, options)), Faults{});
  options.loader.cpu = "x86-64-v4";
  EXPECT_EQ(faults(audited({"/app"}, options)), Faults{});
  // glibc 2.33 and later say "CPU ISA level is lower than required" and give up.
  options.loader.cpu = "x86-64-v2";
  EXPECT_EQ(faults(audited({"/app"}, options)), Faults{"cpu-level stops-start /app"});
}

TEST_F(AuditedRoot, AKernelThatIsTooOldIsNamedWhereTheNoteSaysSo) {
  compile("/app", kMain);
  const std::string note = run_command({"readelf", "-n", root() + "/app"}).out;
  ASSERT_NE(note.find("OS: Linux, ABI: 3.2.0"), std::string::npos) << note;
  ResolveOptions options;
  options.loader.kernel = "3.2.0";
  EXPECT_EQ(faults(audited({"/app"}, options)), Faults{});
  options.loader.kernel = "3.1.99";
  // Since 2.36 nothing checks it at the start.
  const Audit audit = audited({"/app"}, options);
  EXPECT_FALSE(audit.bound());
  EXPECT_NE(std::find_if(audit.findings.begin(), audit.findings.end(), [](const AuditFinding& finding) { return finding.rule == "kernel-version" && finding.object == "/app" && finding.subject == "3.2.0"; }), audit.findings.end());
}

TEST_F(AuditedRoot, ALibraryThatNamesNoLoaderHasTheRoomThatGlibcKeeps) {
  compile("/one.so", "__thread char block[16] __attribute__((tls_model(\"initial-exec\"))); char *get(void) { return block; }\n", {"-shared", "-fPIC", "-nostdlib"});
  EXPECT_EQ(faults(audited({"/one.so"})), Faults{});
  compile("/large.so", "__thread char block[9000] __attribute__((tls_model(\"initial-exec\"))); char *get(void) { return block; }\n", {"-shared", "-fPIC", "-nostdlib"});
  EXPECT_EQ(faults(audited({"/large.so"})), Faults{"static-tls fails-to-open /large.so"});
}

// Bug 24741 of glibc. No such loader runs here: the rule is read off do_lookup_x and _dl_lookup_symbol_x of 2.29.
TEST_F(AuditedRoot, BeforeGlibc230OnlyTheFileThatAVersionIsWantedOfIsAsked) {
  const std::string link = "-L" + root(), lookup = "-Wl,-rpath,/,--no-as-needed";
  write_file(directory_ / "v1", "v1 { global: *; };");
  const std::vector<std::string> versioned = {"-shared", "-fPIC", "-nostdlib", "-Wl,--version-script=" + root() + "/v1"};
  compile("/libc1.so", "int foo(void) { return 0; } int bar(void) { return 0; }\n", versioned);
  compile("/libd1.so", "int foo(void) { return 0; }\n", versioned);
  compile("/app", "int foo(void); int bar(void); int main(void) { return foo() + bar(); }\n", {link, lookup, "-lc1", "-ld1"});
  compile("/weak", "int foo(void) __attribute__((weak)); int bar(void); int main(void) { return (foo ? foo() : 0) + bar(); }\n", {link, lookup, "-lc1", "-ld1"});
  compile("/libc1.so", "int bar(void) { return 0; }\n", versioned);
  EXPECT_EQ(faults(audited({"/app", "/weak"})), Faults{});
  for (const char* file : {"/lib64/ld-linux-x86-64.so.2", "/lib/x86_64-linux-gnu/libc.so.6"}) {
    std::string bytes = test::read_file(root() + file);
    for (size_t at = 0; (at = bytes.find("release version 2.36", at)) != bytes.npos; ++at) bytes.replace(at, 20, "release version 2.28");
    write_file(root() + file, bytes, 0755);
  }
  const Audit audit = audited({"/app", "/weak"});
  EXPECT_EQ(faults(audit), (Faults{"undefined-symbol stops-start /weak", "undefined-symbol fails-on-call /app"}));
  for (const AuditFinding& finding : audit.findings) {
    if (finding.rule != "undefined-symbol") continue;
    EXPECT_NE(finding.message.find("foo, version v1 of libc1.so, which libc1.so does not define, and glibc before 2.30 asks nothing else"), std::string::npos) << finding.message;
  }
}

TEST_F(AuditedRoot, RelativeRelocationsWithoutTheirVersionAreRefused) {
  // Whether the linker knows them, and then the requirement taken out of the file by its hash, as a linker that forgets it would leave it.
  if (run_command({"cc", "-x", "c", "-", "-o", root() + "/app", "-Wl,-z,pack-relative-relocs"}, kMain).status != 0) GTEST_SKIP() << "this linker has no -z pack-relative-relocs";
  const std::string sections = run_command({"readelf", "-dV", root() + "/app"}).out;
  if (sections.find("RELR") == std::string::npos) GTEST_SKIP() << "this linker packs nothing here";
  EXPECT_EQ(faults(audited({"/app"})), Faults{});
  std::string bytes = test::read_file(root() + "/app");
  const size_t name = bytes.find("GLIBC_ABI_DT_RELR");
  ASSERT_NE(name, std::string::npos);
  bytes.replace(name, 17, std::string("GLIBC_2.2.5\0\0\0\0\0\0", 17));
  const uint32_t before = 0xfd0e42, after = 0x09691a75;
  for (size_t at = 0; at + 4 <= bytes.size(); ++at) {
    if (std::memcmp(&bytes[at], &before, 4) == 0) std::memcpy(&bytes[at], &after, 4);
  }
  write_file(root() + "/app", bytes, 0755);
  EXPECT_NE(run_command({root() + "/app"}).err.find("DT_RELR without GLIBC_ABI_DT_RELR dependency"), std::string::npos);
  EXPECT_EQ(faults(audited({"/app"})), Faults{"relr-without-version stops-start /app"});
}

TEST_F(AuditedRoot, EveryProgramOfARootIsFoundAndWhatNothingReachesComesBySize) {
  compile("/usr/bin/app", kMain);
  fs::create_directories(root() + "/usr/share/doc");
  write_file(root() + "/usr/share/doc/small", std::string(10, 'x'));
  write_file(root() + "/usr/share/doc/large", std::string(1000, 'x'));
  write_file(root() + "/usr/bin/script", "#!/usr/bin/nosuch\n", 0755);
  write_file(root() + "/usr/bin/data", "not a program\n", 0755);
  write_file(root() + "/usr/bin/cut", test::read_file(root() + "/usr/bin/app").substr(0, 200), 0755);
  fs::create_directories(root() + "/var/lib/dpkg");
  write_file(root() + "/var/lib/dpkg/status", "");
  fs::create_hard_link(root() + "/usr/bin/app", root() + "/usr/bin/same");
  fs::create_symlink("app", root() + "/usr/bin/link");
  const Audit audit = linted();
  EXPECT_EQ(faults(audit), (Faults{"malformed stops-start /usr/bin/cut", "missing-interpreter stops-start /usr/bin/script"}));
  std::vector<std::string> unreached;
  for (const UnreachedFile& file : audit.unreached) unreached.push_back(file.path);
  EXPECT_EQ(unreached, (std::vector<std::string>{"/usr/share/doc/large", "/usr/bin/data", "/usr/share/doc/small"}));
  EXPECT_EQ(audit.unreached.front().size, 1000u);
}

// $ORIGIN is said of the name by which a program is started (_dl_get_origin reads /proc/self/exe).
TEST_F(AuditedRoot, AHardLinkedProgramIsBoundFromEachOfItsDirectories) {
  compile("/opt/one/lib/libown.so", "int own(void) { return 0; }\n", {"-shared", "-fPIC", "-nostdlib"});
  compile("/opt/one/app", "int own(void); int main(void) { return own(); }\n", {"-L" + root() + "/opt/one/lib", "-Wl,-rpath,$ORIGIN/lib", "-lown"});
  EXPECT_EQ(faults(linted()), Faults{});
  fs::create_directories(root() + "/opt/two");
  fs::create_hard_link(root() + "/opt/one/app", root() + "/opt/two/app");
  fs::create_hard_link(root() + "/opt/one/app", root() + "/opt/two/same");
  const Audit audit = linted();
  EXPECT_EQ(faults(audit), Faults{"missing-library stops-start /opt/two/app"});
  EXPECT_EQ(audit.programs, 2u);
  EXPECT_TRUE(audit.unreached.empty());
}

TEST_F(AuditedRoot, ALevelBoundsTheProgramsOfItsMachineAlone) {
  compile("/app", kMain, {"-Wl,-z,x86-64-v4"});
  compile("/old", "void _start(void) { for (;;) {} }\n", {"-m32", "-nostdlib", "-static", "-Wl,-z,x86-64-v4"});
  auto opened = Root::open(root());
  ResolveOptions options;
  options.loader.cpu = "x86-64-v3";
  auto made = audit_root(*opened, {}, options);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->programs, 2u);
  EXPECT_EQ(faults(*made), Faults{"cpu-level stops-start /app"});
  options.loader.cpu = "z15";
  made = audit_root(*opened, {}, options);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::invalid_argument);
  EXPECT_NE(made.error().message.find("\"z15\" is no CPU level of x86-64"), std::string::npos) << made.error().message;
}

TEST_F(AuditedRoot, WhatNamesTheDistributionIsForScannersAndNotUnreached) {
  compile("/usr/bin/app", kMain);
  fs::create_directories(root() + "/etc");
  for (const char* path : {"/etc/debian_version", "/etc/lsb-release", "/etc/alpine-release", "/etc/os-release", "/etc/fedora-release", "/etc/other-release"}) write_file(root() + path, "1\n");
  const Audit audit = linted();
  ASSERT_EQ(audit.unreached.size(), 1u);
  EXPECT_EQ(audit.unreached[0].path, "/etc/other-release");
}

TEST_F(AuditedRoot, WithEntriesWhatTheseDoNotReachIsUnreached) {
  compile("/usr/bin/app", kMain);
  compile("/usr/bin/other", kMain);
  const Audit audit = linted({"/usr/bin/app"});
  ASSERT_EQ(audit.unreached.size(), 1u);
  EXPECT_EQ(audit.unreached[0].path, "/usr/bin/other");
  EXPECT_EQ(audit.entries, std::vector<std::string>{"/usr/bin/app"});
}

TEST_F(AuditedRoot, ARootWithoutProgramsIsRefused) {
  const test::TemporaryDirectory empty;
  auto opened = Root::open(empty.path());
  auto made = audit_root(*opened, {});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::not_found);
  EXPECT_NE(made.error().message.find("there is no program in " + empty.path()), std::string::npos);
}

TEST_F(AuditedRoot, WhatNobodyMayExecuteDoesNotStart) {
  compile("/app", kMain);
  fs::permissions(root() + "/app", fs::perms(0644));
  EXPECT_EQ(faults(audited({"/app"})), Faults{"not-executable stops-start /app"});
  fs::permissions(root() + "/app", fs::perms(0755));
  EXPECT_EQ(faults(audited({"/app"})), Faults{});
  fs::permissions(root() + "/lib64/ld-linux-x86-64.so.2", fs::perms(0644));
  EXPECT_EQ(faults(audited({"/app"})), Faults{"missing-interpreter stops-start /app"});
}

TEST_F(AuditedRoot, WhatIsOpenedByItsPathIsBoundAsItWillBe) {
  ResolveOptions options;
  options.data.mode = DataMode::automatic;
  compile("/app", "#include <dlfcn.h>\nint main(void) { return dlopen(\"/plug.so\", RTLD_NOW) == 0; }\n");
  compile("/plug.so", "int nobody(void); int f(void); int f(void) { return nobody(); }\n", {"-shared", "-fPIC"});
  EXPECT_EQ(faults(audited({"/app"}, options)), Faults{"undefined-symbol fails-to-open /plug.so"});
  compile("/plug.so", "int f(void); int f(void) { return 0; }\n", {"-shared", "-fPIC"});
  EXPECT_EQ(faults(audited({"/app"}, options)), Faults{});
  compile("/plug.so", "int f(void); int f(void) { return 0; }\n", {"-shared", "-fPIC", "-Wl,-z,nodlopen"});
  EXPECT_EQ(faults(audited({"/app"}, options)), Faults{"not-openable fails-to-open /plug.so"});
}

// Whether dlopen() was told RTLD_GLOBAL, and which is opened first, nobody can see.
TEST_F(AuditedRoot, WhatSomethingElseThatIsOpenedDefinesMayBeInScope) {
  ResolveOptions options;
  options.data.mode = DataMode::automatic;
  compile("/app", "#include <dlfcn.h>\nint main(void) { return dlopen(\"/first.so\", RTLD_NOW | RTLD_GLOBAL) == 0 || dlopen(\"/plug.so\", RTLD_NOW) == 0; }\n");
  compile("/first.so", "int shared(void); int shared(void) { return 0; }\n", {"-shared", "-fPIC"});
  compile("/plug.so", "int shared(void); int f(void); int f(void) { return shared(); }\n", {"-shared", "-fPIC"});
  const Audit audit = audited({"/app"}, options);
  EXPECT_EQ(faults(audit), Faults{});
  const auto found = std::find_if(audit.findings.begin(), audit.findings.end(), [](const AuditFinding& finding) { return finding.rule == "undefined-symbol"; });
  ASSERT_NE(found, audit.findings.end());
  EXPECT_EQ(found->message, "/plug.so needs shared, which nothing that it needs defines; /first.so does, which is opened as well: it depends on RTLD_GLOBAL");
  compile("/first.so", "int other(void); int other(void) { return 0; }\n", {"-shared", "-fPIC"});
  EXPECT_EQ(faults(audited({"/app"}, options)), Faults{"undefined-symbol fails-to-open /plug.so"});
}

TEST_F(AuditedRoot, WhatOnlyAnExampleIsOrIsExcludedIsNoProgram) {
  compile("/app", kMain);
  fs::create_directories(root() + "/usr/share/doc/x");
  fs::create_directories(root() + "/opt");
  write_file(root() + "/usr/share/doc/x/rules", "#!/usr/bin/make\n", 0755);
  write_file(root() + "/opt/script", "#!/usr/bin/nosuch\n", 0755);
  EXPECT_EQ(faults(linted()), Faults{"missing-interpreter stops-start /opt/script"});
  auto opened = Root::open(root());
  ResolveOptions options;
  options.exclude = {"/opt/*"};
  auto made = audit_root(*opened, {}, options);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(faults(*made), Faults{});
  ASSERT_EQ(made->unreached.size(), 1u);
  EXPECT_EQ(made->unreached[0].path, "/usr/share/doc/x/rules");
}

TEST_F(AuditedRoot, CanBeStopped) {
  compile("/app", kMain);
  auto opened = Root::open(root());
  auto closure = resolve(*opened, {"/app"});
  std::string seen;
  AuditOptions options;
  options.progress = [&seen](const AuditProgress& progress) {
    seen = std::string(progress.path) + " of " + std::to_string(progress.of);
    return false;
  };
  auto made = audit(*opened, *closure, options);
  EXPECT_EQ(seen, "/app of 1");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::cancelled);
}

}  // namespace
}  // namespace rootlet
