// Tcl: what is sourced, loaded and required, and where packages are found.
#include <gtest/gtest.h>

#include "data/scripts_closure.hpp"

namespace rootlet::test {
namespace {

constexpr const char* kTcl = "/usr/bin/tclsh8.6";
const std::string kLibrary = "/usr/share/tcltk/tcl8.6/";

MemoryTree library() {
  MemoryTree tree;
  for (const char* name : {"init.tcl", "tclIndex", "auto.tcl", "package.tcl", "tm.tcl", "clock.tcl"}) tree.file(kLibrary + name, "");
  tree.file("/usr/share/tcltk/tcllib1.21/pkgIndex.tcl", "").file("/usr/share/tcltk/tcllib1.21/json/json.tcl", "");
  tree.file("/usr/share/tcltk/tcllib1.21/json/pkgIndex.tcl", "package ifneeded json 1.3.4 [list source [file join $dir json.tcl]]\n");
  tree.file("/usr/lib/tcltk/x86_64-linux-gnu/fast1.0/pkgIndex.tcl", "package ifneeded fast 1.0 \"load [file join $dir libfast.so] Fast\\nsource [file join $dir more.tcl]\"\n");
  tree.file("/usr/lib/tcltk/x86_64-linux-gnu/fast1.0/libfast.so", "").file("/usr/lib/tcltk/x86_64-linux-gnu/fast1.0/more.tcl", "");
  tree.file("/usr/share/tcltk/tcl8.6/tcl8/msgcat-1.6.1.tm", "").file("/usr/share/tcltk/tcl8.6/tcl8/platform/shell-1.1.tm", "");
  tree.file("/usr/share/tcltk/tcl8.6/encoding/cp1252.enc", "").file("/usr/share/tcltk/tcl8.6/encoding/euc-jp.enc", "");
  return tree;
}

std::vector<ScriptNeed> needs_of(const std::string& text, const MemoryTree& tree = library()) {
  Root root = Root::in_memory(tree);
  const ModuleSearch search = module_search(root, ScriptLanguage::tcl, kTcl, "/srv/app/entry.tcl");
  return script_needs(root, ScriptLanguage::tcl, search, "/srv/app/entry.tcl", text);
}

Strings found(const std::string& text, const MemoryTree& tree = library()) { return files_in(needs_of(text, tree)); }

TEST(TclNeeds, ASourcedFileIsFoundBesideTheScript) {
  MemoryTree tree = library();
  tree.file("/srv/app/a.tcl", "").file("/srv/app/lib/b.tcl", "").file("/opt/c.tcl", "").file("/srv/app/d.tcl", "");
  EXPECT_EQ(found("source a.tcl\nsource [file join [file dirname [info script]] lib b.tcl]\nif {$x} {\n  source /opt/c.tcl\n}\nproc f {} { source \"d.tcl\" }\n", tree),
            (Strings{"/opt/c.tcl", "/srv/app/a.tcl", "/srv/app/d.tcl", "/srv/app/lib/b.tcl"}));
  EXPECT_EQ(found("namespace eval x {variable self [file dirname [info script]]}\nsource [file join $x::self a.tcl]\nsource [file join [file dirname [file dirname [info script]]] app d.tcl]\n", tree),
            (Strings{"/srv/app/a.tcl", "/srv/app/d.tcl"}));
  EXPECT_EQ(found("set dir [file dirname [file normalize [info script]]]\nsource [file join $dir a.tcl]\nsource -encoding utf-8 d.tcl\nsource [file dirname $argv0]/lib/b.tcl\n", tree),
            (Strings{"/srv/app/a.tcl", "/srv/app/d.tcl", "/srv/app/lib/b.tcl"}));
}

TEST(TclNeeds, APackageIsFoundByItsIndex) {
  const std::string tcllib = "/usr/share/tcltk/tcllib1.21/", json = tcllib + "json/", fast = "/usr/lib/tcltk/x86_64-linux-gnu/fast1.0/";
  EXPECT_EQ(found("package require json\n"), (Strings{json + "json.tcl", json + "pkgIndex.tcl", tcllib + "pkgIndex.tcl"}));
  EXPECT_EQ(found("if {[catch {package require fast 1.0} e]} { exit }\n"), (Strings{fast + "libfast.so", fast + "more.tcl", fast + "pkgIndex.tcl"}));
  EXPECT_EQ(found("package require -exact json 1.3.4; package require Tcl 8.6\npackage require absent\n"), (Strings{json + "json.tcl", json + "pkgIndex.tcl", tcllib + "pkgIndex.tcl"}));
}

TEST(TclNeeds, APackageMayBeOneModuleFile) {
  EXPECT_EQ(found("package require msgcat\n"), (Strings{kLibrary + "tcl8/msgcat-1.6.1.tm"}));
  EXPECT_EQ(found("package require platform::shell\n"), (Strings{kLibrary + "tcl8/platform/shell-1.1.tm"}));
}

TEST(TclNeeds, TextAndCommentsAreNone) {
  EXPECT_EQ(found("# package require json\nputs \"package require json\"\nputs {a [b}\n"), Strings{});
  EXPECT_EQ(found("puts {a; # b}\npackage \\\n  require json\n").size(), 3u);
}

TEST(TclNeeds, CommandsOfExecAreThoseOfItsPipeline) {
  EXPECT_EQ(names_in(needs_of("exec ls -l | sort >x\nset y [exec {date} +%Y]\nexec -ignorestderr grep a\nif {[catch {exec uname}]} {}\nexec $tool\nset f [open \"|wc -l\" r]\n"), ScriptNeed::command),
            (Strings{"date", "grep", "ls", "sort", "uname", "wc"}));
}

TEST(TclNeeds, AnEncodingIsATable) {
  EXPECT_EQ(found("fconfigure $f -encoding cp1252\nset x [encoding convertfrom euc-jp $y]\n"), (Strings{kLibrary + "encoding/cp1252.enc", kLibrary + "encoding/euc-jp.enc"}));
}

TEST(TclNeeds, PartsOfTheLibraryThatCommandsLoadAreKnown) {
  EXPECT_EQ(found("puts [clock format [clock seconds] -format %Y]\n"), (Strings{kLibrary + "clock.tcl"}));
  EXPECT_EQ(found("puts [clock seconds]\n"), Strings{});
}

TEST(TclNeeds, ANameBuiltAtRunTimeIsReportedWithItsLine) {
  EXPECT_EQ(names_in(needs_of("\nsource $file\n"), ScriptNeed::unproved), (Strings{"line 2: source of a file whose name is built at run time"}));
  EXPECT_EQ(names_in(needs_of("package require $name\n"), ScriptNeed::unproved), (Strings{"line 1: package require of a name that is built at run time"}));
}

TEST(TclStartup, BringsTheLibraryOfTheInterpreter) {
  Root root = Root::in_memory(library());
  EXPECT_EQ(files_in(startup_needs(root, ScriptLanguage::tcl, module_search(root, ScriptLanguage::tcl, kTcl, "/x"))),
            (Strings{kLibrary + "auto.tcl", kLibrary + "init.tcl", kLibrary + "package.tcl", kLibrary + "tclIndex", kLibrary + "tm.tcl"}));
}

TEST(TclNeeds, HoldForEveryPrefixAndForChangedBytes) {
  MemoryTree tree = library();
  tree.file("/srv/app/a.tcl", "");
  holds_for_hostile_forms(ScriptLanguage::tcl,
                          "#!/usr/bin/tclsh\n# \\\nexec tclsh \"$0\"\npackage require json 1.0; package require -exact fast 1.0\nsource [file join [file dirname [info script]] a.tcl]\n"
                          "proc f {x} {\n  if {[catch {package require msgcat} e]} { puts \"a [exec ls | sort] $e\" }\n}\nload /x.so; set y [open \"|wc\"]\nfconfigure $f -encoding cp1252\n",
                          tree, kTcl);
}

TEST(TclNeeds, AreReadInLinearTime) {
  holds_for_large_forms(ScriptLanguage::tcl, {"[", "{", "x", "{[", "\"", "\"[", "a;", "a {b} {c\n", "package require json\n", "source a\n", "exec a | ", "# \\\n", "\\\n", "} ", "] ", "{}", "[]", "{ a\n", std::string("\0", 1)},
                        kTcl, library());
}

constexpr const char* kHere = "/usr/bin/tclsh";

TEST(TclOracle, FindsEveryFileThatPackagesRead) {
  if (!installed(kHere)) GTEST_SKIP() << kHere << " is not installed";
  auto root = Root::open("/");
  ASSERT_TRUE(root.has_value());
  TemporaryDirectory directory;
  size_t count = 0;
  for (const char* program : {"package require json", "package require http", "package require md5", "package require msgcat", "package require struct::list", "package require csv",
                              "package require cmdline", "package require base64", "package require fileutil", "package require uri", "clock format 0 -format %Y -gmt 1", "package require tcltest",
                              "fconfigure stdout -encoding euc-jp", "auto_load parray", "package require snit", "package require textutil"}) {
    // What is read in by `source` and `load`, seen by a trace on them.
    write_file(directory / "ask.tcl", std::string("foreach command {source load} {\n  trace add execution $command enter [list apply {{line op} {\n    puts stderr [file normalize [lindex $line end]]\n"
                                                  "    foreach word $line {if {[file isfile $word]} {puts stderr [file normalize $word]}}\n  }}]\n}\n") + program + "\n");
    const auto real = run_command({"/bin/sh", "-c", std::string(kHere) + " " + directory / "ask.tcl" + " 2>&1"});
    if (real.status != 0) continue;
    ++count;
    const std::string entry = directory / ("entry" + std::to_string(count));
    write_file(entry, std::string(program) + "\n");
    std::set<std::string> read = paths_in(real.out);
    std::erase_if(read, [](const std::string& path) { return path.ends_with("/pkgIndex.tcl"); });  // those of all packages are looked through
    EXPECT_EQ(lines_of(without(read, script_closure(*root, ScriptLanguage::tcl, std::filesystem::canonical(kHere), entry))), "") << program;
  }
  EXPECT_GT(count, 2u);
}

}  // namespace
}  // namespace rootlet::test
