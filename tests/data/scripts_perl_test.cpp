// Perl: what counts as loading a module, and where modules and their native parts are found.
#include <gtest/gtest.h>

#include "data/scripts/perl_reader.hpp"
#include "data/scripts_closure.hpp"

namespace rootlet::test {
namespace {

constexpr const char* kPerl = "/usr/bin/perl";
constexpr const char* kPure = "/usr/share/perl/5.36/";
constexpr const char* kMachine = "/usr/lib/x86_64-linux-gnu/perl/5.36/";

Strings modules_in(const std::string& text) {
  const scripts::PerlFacts facts = scripts::read_perl(text, "/srv/app/entry.pl");
  return Strings(facts.modules.begin(), facts.modules.end());
}

Strings files_named_in(const std::string& text) {
  const scripts::PerlFacts facts = scripts::read_perl(text, "/srv/app/entry.pl");
  return Strings(facts.files.begin(), facts.files.end());
}

// Debian's places with a few modules.
MemoryTree library() {
  MemoryTree tree;
  for (const char* module : {"Foo", "Foo/Bar", "Encode", "Encode/JP", "PerlIO/encoding", "PerlIO/scalar", "IO/File", "Errno", "File/Glob"}) {
    tree.file(std::string(kPure) + module + ".pm", "");
  }
  tree.file(std::string(kPure) + "strict.pm", "").directory("/usr/share/perl5").directory(kMachine).directory("/etc/perl");
  return tree;
}

std::vector<ScriptNeed> needs_of(const std::string& text, const MemoryTree& tree, const std::string& path = "/srv/app/entry.pl") {
  Root root = Root::in_memory(tree);
  const ModuleSearch search = module_search(root, ScriptLanguage::perl, kPerl, "/srv/app/entry.pl");
  return script_needs(root, ScriptLanguage::perl, search, path, text);
}

TEST(PerlModules, AreReadInAllTheirForms) {
  EXPECT_EQ(modules_in("use A;\nuse B::C 1.2 qw(x y);\nno D;\nrequire E::F;\nuse G ();use H;\n{ use I }\nsub f { require J; }\nif ($x) { require K }\n"),
            (Strings{"A", "B::C", "D", "E::F", "G", "H", "I", "J", "K"}));
  EXPECT_EQ(modules_in("use 5.010;\nuse v5.36;\nrequire 5;\nrequire v5.10;\nuse utf8;\n"), (Strings{"utf8"}));
  EXPECT_EQ(files_named_in("require 'a.pl';\nrequire \"B/C.pm\";\ndo './d.pl';\nrequire('e.pl');\n"), (Strings{"./d.pl", "B/C.pm", "a.pl", "e.pl"}));
}

TEST(PerlModules, InTextAreNone) {
  EXPECT_EQ(modules_in("# use A;\nprint 'use B;';\nprint \"use C;\";\n=pod\n\nuse D;\n\n=cut\nuse E;\nprint <<F;\nuse G;\nF\nuse H;\n__END__\nuse I;\n"), (Strings{"E", "H"}));
  EXPECT_EQ(modules_in("my $x = q{use A;}; my $y = qq<use B;>; my @z = qw(use C;); s/use D;/use E;/; tr{use F}{g}; $x =~ m{use G;}x;\nuse H;\n"), (Strings{"H"}));
  EXPECT_EQ(modules_in("print <<'A', <<\"B\";\nuse C;\nA\nuse D;\nB\nuse E;\nprint <<~F;\n  use G;\n  F\nuse H;\n"), (Strings{"E", "H"}));
}

TEST(PerlModules, BehindWhatConfusesReadersAreFound) {
  for (const char* text : {"$x / 2; # '", "split /'/, $x;", "$x{y} = 1; $y{s} = 2;", "%h = (y => 1, q => 2, s => 3);", "print $x{'a'} / $y{'b'};", "$#{$x}; $#x;", "@{$x}{qw(a b)};",
                           "m'a'; m#'#;", "$x =~ s{'}{\"}g;", "$x = $y ? 'a' : \"b\";", "$'; $`; $\"; $&;", "-s $file; -e '/x';", "sub q_x { } sub y { }", "$h->{q}; $h->{'s'}; $o->y('x');",
                           "format STDOUT =\n@<<< '\n$x\n.\n", "$x = <STDIN>; $y = <$fh>;", "1 << 2; $x <<= 3;", "$x // 'a'; $x //= q(b);", "map { /'/ } @x;", "return /\"/ ? 1 : 0;",
                           "print {$fh} 'x';", "&$f('x'); &{$f}(1);", "qw'a b'; q(a(b)c);", "if (/\\//) {}", "y/a/b/ for @x;", "$x = %y ? 1 : 2; $x % 3;",
                           "my ($a, $b) = @_; $a <=> $b;", "'it''s';", "$x = q#a#; $y = 1; # '", "%$x; %{$x}; @$x[1];", "use constant { A => 'x', };"}) {
    const Strings found = modules_in(std::string(text) + "\nuse After;\n");
    EXPECT_EQ(std::count(found.begin(), found.end(), "After"), 1) << text;
  }
}

TEST(PerlModules, ThatPragmasListAreLoaded) {
  EXPECT_EQ(modules_in("use base qw(A B::C);\nuse parent -norequire, 'D';\nuse if $x, 'E' => 'f';\nuse if $x, G => 1;\nuse fields;\n"), (Strings{"A", "B::C", "D", "E", "G", "base", "f", "fields", "if", "parent"}));
  EXPECT_EQ(modules_in("eval 'use A; 1';\neval { require B };\neval \"require C;\" or die;\nModule::Load::load('D');\nuse_module(\"E::F\");\n"),
            (Strings{"A", "B", "C", "D", "E::F"}));
}

TEST(PerlModules, ThatTheInterpreterLoadsItselfAreKnown) {
  EXPECT_EQ(modules_in("print $!{ENOENT};\n"), (Strings{"Errno"}));
  EXPECT_EQ(modules_in("my @x = <*.c>;\n"), (Strings{"File::Glob"}));
  EXPECT_EQ(modules_in("my @x = glob('*.c');\n"), (Strings{"File::Glob"}));
  EXPECT_EQ(modules_in("STDOUT->autoflush(1);\n$fh->binmode;\n"), (Strings{"IO::File"}));
  EXPECT_EQ(modules_in("open(my $f, '<', \\$text);\n"), (Strings{"PerlIO", "PerlIO::scalar"}));
  EXPECT_EQ(modules_in("open(my $f, '<:encoding(UTF-8)', $x);\n"), (Strings{"Encode", "PerlIO", "PerlIO::encoding"}));
  EXPECT_EQ(modules_in("binmode STDIN, ':encoding(shiftjis)';\n"), (Strings{"Encode", "Encode::JP", "PerlIO", "PerlIO::encoding"}));
  EXPECT_EQ(modules_in("print \"\\N{GREEK SMALL LETTER ALPHA}\\N{U+41}\";\n"), (Strings{"_charnames"}));
  EXPECT_EQ(modules_in("print \"\\N{U+41}\";\n"), Strings{});
}

TEST(PerlSearch, FollowsTheOrderOfDebiansPath) {
  MemoryTree tree = library();
  tree.directory("/usr/local/share/perl/5.36.0").directory("/usr/lib/x86_64-linux-gnu/perl5/5.36").directory("/usr/lib/x86_64-linux-gnu/perl-base").directory("/usr/share/perl/5.28");
  Root root = Root::in_memory(tree);
  EXPECT_EQ(module_search(root, ScriptLanguage::perl, kPerl, "/x").directories,
            (Strings{"/etc/perl", "/usr/local/share/perl/5.36.0", "/usr/lib/x86_64-linux-gnu/perl5/5.36", "/usr/share/perl5", "/usr/lib/x86_64-linux-gnu/perl-base",
                     "/usr/lib/x86_64-linux-gnu/perl/5.36", "/usr/share/perl/5.36"}));
}

TEST(PerlNeeds, AreTheFirstFilesOnThePath) {
  MemoryTree tree = library();
  EXPECT_EQ(files_in(needs_of("use Foo; use Foo::Bar; use Nowhere;", tree)), (Strings{std::string(kPure) + "Foo.pm", std::string(kPure) + "Foo/Bar.pm"}));
  tree.file("/usr/share/perl5/Foo.pm", "");
  EXPECT_EQ(files_in(needs_of("use Foo;", tree)), (Strings{"/usr/share/perl5/Foo.pm"}));
  EXPECT_EQ(files_in(needs_of("use Foo;", tree)), (Strings{"/usr/share/perl5/Foo.pm"}));
  tree.file("/srv/app/Foo.pm", "");
  EXPECT_EQ(files_in(needs_of("use Foo;", tree)), (Strings{"/usr/share/perl5/Foo.pm"})) << "since 5.26 the script's own directory is not on the path";
}

TEST(PerlNeeds, AreFoundWhereTheScriptPutsItsPath) {
  MemoryTree tree = library();
  tree.file("/srv/lib/My.pm", "").file("/opt/p/My2.pm", "").file("/srv/app/inc/My3.pm", "").file("/srv/app/part.pl", "");
  EXPECT_EQ(files_in(needs_of("use lib \"$FindBin::Bin/../lib\";\nuse lib '/opt/p';\nBEGIN { unshift @INC, dirname(__FILE__) . '/inc' }\nuse My; use My2; use My3;\nrequire './part.pl';\n", tree)),
            (Strings{"/opt/p/My2.pm", "/srv/app/inc/My3.pm", "/srv/app/part.pl", "/srv/lib/My.pm"}));
}

TEST(PerlNeeds, AreLookedForInDirectoriesThatTheScriptNames) {
  MemoryTree tree = library();
  tree.file("/usr/lib/tool/subs.pl", "");
  EXPECT_EQ(files_in(needs_of("my %at = (DIR => '/usr/lib/tool');\nunshift(@INC, $at{DIR});\nrequire 'subs.pl';\n", tree)), (Strings{"/usr/lib/tool/subs.pl"}));
}

TEST(PerlNeeds, OfAModuleWithANativePartAreItsObject) {
  MemoryTree tree = library();
  const std::string module = std::string(kMachine) + "Fast.pm", object = std::string(kMachine) + "auto/Fast/Fast.so";
  tree.file(module, "").file(object, "").file(std::string(kMachine) + "XSLoader.pm", "");
  EXPECT_EQ(files_in(needs_of("package Fast;\nrequire XSLoader;\nXSLoader::load();\n", tree, module)), (Strings{std::string(kMachine) + "XSLoader.pm", object}));
  EXPECT_EQ(files_in(needs_of("package Fast;\n", tree, module)), Strings{});
  tree.file(std::string(kMachine) + "auto/A/B/B.so", "");
  EXPECT_EQ(files_in(needs_of("package A::B;\nour @ISA = 'DynaLoader';\nbootstrap A::B;\n", tree, std::string(kMachine) + "A/B.pm")), (Strings{std::string(kMachine) + "auto/A/B/B.so"}));
}

TEST(PerlNeeds, OfAnAutoloaderAreItsIndexAndSubroutines) {
  MemoryTree tree = library();
  const std::string place = std::string(kMachine) + "auto/Lazy/";
  tree.file(place + "autosplit.ix", "").file(place + "one.al", "").file(place + "two.al", "").file(std::string(kPure) + "AutoLoader.pm", "");
  EXPECT_EQ(files_in(needs_of("package Lazy;\nuse AutoLoader 'AUTOLOAD';\n", tree, std::string(kMachine) + "Lazy.pm")),
            (Strings{place + "autosplit.ix", place + "one.al", place + "two.al", std::string(kPure) + "AutoLoader.pm"}));
}

TEST(PerlNeeds, OfEncodingsAreTheModulesThatHaveTheirTables) {
  EXPECT_EQ(files_in(needs_of("use Encode;\nmy $x = decode('euc-jp', $y);\n", library())), (Strings{std::string(kPure) + "Encode.pm", std::string(kPure) + "Encode/JP.pm"}));
  EXPECT_EQ(files_in(needs_of("my $x = 'euc-jp';\n", library())), Strings{}) << "a string that nobody decodes with";
}

TEST(PerlNeeds, ProgramsThatTheScriptStartsAreCommands) {
  EXPECT_EQ(names_in(needs_of("system('a x | b'); system 'c', $x; my $y = `d \"$z\"`; exec(\"e\", 1) or die; my @l = qx{f};\nopen(F, \"g |\"); open(my $p, '-|', 'h', @x); open($q, '|-', \"i; j\");\n"
                              "open(F, '<', 'k'); system(@x); $o->system('l'); system(\"$m n\");\n", library()), ScriptNeed::command),
            (Strings{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}));
}

TEST(PerlNeeds, ANameBuiltAtRunTimeIsReportedWithItsLine) {
  EXPECT_EQ(names_in(needs_of("\nrequire $module;\n", library()), ScriptNeed::unproved).size(), 1u);
  EXPECT_EQ(names_in(needs_of("\neval \"require $class\";\n", library()), ScriptNeed::unproved), (Strings{"line 2: require of what $class names"}));
  EXPECT_EQ(names_in(needs_of("require $module;\n", library(), std::string(kPure) + "Core.pm"), ScriptNeed::unproved), Strings{}) << "the library's own are known";
}

TEST(PerlNeeds, HoldForEveryPrefixAndForChangedBytes) {
  MemoryTree tree = library();
  tree.file("/srv/app/lib/A.pm", "");
  holds_for_hostile_forms(ScriptLanguage::perl,
                          "#!/usr/bin/perl -w\nuse strict; use lib \"$FindBin::Bin/lib\"; use base qw(Foo Foo::Bar);\n=pod\n\nuse X\n\n=cut\nmy %h = (y => 1, s => q{a}); $h{s} =~ s{a}{b}gex;\n"
                          "open(my $f, '<:encoding(euc-jp)', \\$x) // die \"\\N{BULLET}$!\"; print <<\"E\", <*.c>; \nuse Y\nE\neval 'require A; 1' or split /'/, $x; $#{$h}; @{$x}[1];\n"
                          "format =\n@<<\n$x\n.\nXSLoader::load('A'); require \"$x.pl\"; tr/a/b/; unshift @INC, dirname(__FILE__) . '/lib';\n__END__\nuse Z\n",
                          tree, kPerl);
}

TEST(PerlNeeds, AreReadInLinearTime) {
  holds_for_large_forms(ScriptLanguage::perl,
                        {"x", "use A;\n", "{", "(", "q{", "qq(", "s{", "<<A;\n", "<<A\n", "<<\"A\n", "eval 'eval \"", "eval 'use A; 1';\n", "=pod\n", "\n=cut\n", "$#{", "@{", "/", "'", "\"",
                         "use lib '/a';\n", "package A;\n", "y ", "<*", "format =\n", "require $x;\n", "$$", "->y", ":encoding(", std::string("\0", 1), "my $x :"},
                        kPerl, library());
}

}  // namespace
}  // namespace rootlet::test
