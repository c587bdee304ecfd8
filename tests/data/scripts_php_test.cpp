// PHP: what is included, what Composer would load, which extensions are read at the start.
#include <gtest/gtest.h>

#include "data/scripts_closure.hpp"

namespace rootlet::test {
namespace {

constexpr const char* kPhp = "/usr/bin/php8.2";

MemoryTree project() {
  MemoryTree tree;
  tree.file("/srv/app/a.php", "").file("/srv/app/lib/b.php", "").file("/srv/c.php", "").file("/usr/share/php/Shared/D.php", "").file("/srv/app/e.inc", "").file("/srv/app/data/f.json", "");
  const std::string composer = "/srv/app/vendor/composer/";
  tree.file("/srv/app/vendor/autoload.php", "").file(composer + "autoload_real.php", "").file(composer + "ClassLoader.php", "");
  tree.file(composer + "autoload_psr4.php", "<?php return array('Acme\\\\Log\\\\' => array($vendorDir . '/acme/log/src'), 'App\\\\' => array($baseDir . '/src'));");
  tree.file(composer + "autoload_classmap.php", "<?php return array('Legacy' => $vendorDir . '/legacy/Legacy.php');").file("/srv/app/vendor/legacy/Legacy.php", "");
  tree.file(composer + "autoload_files.php", "<?php return array('ab12' => $vendorDir . '/acme/functions.php');").file("/srv/app/vendor/acme/functions.php", "");
  tree.file("/srv/app/vendor/acme/log/src/Writer.php", "").file("/srv/app/vendor/acme/log/src/Sink/File.php", "").file("/srv/app/src/Main.php", "");
  return tree;
}

std::vector<ScriptNeed> needs_of(const std::string& text, const MemoryTree& tree = project()) {
  Root root = Root::in_memory(tree);
  const ModuleSearch search = module_search(root, ScriptLanguage::php, kPhp, "/srv/app/entry.php");
  return script_needs(root, ScriptLanguage::php, search, "/srv/app/entry.php", text);
}

Strings found(const std::string& text, const MemoryTree& tree = project()) { return files_in(needs_of(text, tree)); }

TEST(PhpIncludes, AreReadInAllTheirForms) {
  EXPECT_EQ(found("<?php include 'a.php'; require_once(__DIR__ . '/lib/b.php'); REQUIRE dirname(__FILE__) . '/../c.php'; include_once 'Shared/D.php';\n"
                  "$x = include(dirname(__DIR__, 1) . '/c.php'); if (1): require \"e.inc\"; endif; ?>\n<p><?= require 'a.php' ?>"),
            (Strings{"/srv/app/a.php", "/srv/app/e.inc", "/srv/app/lib/b.php", "/srv/c.php", "/usr/share/php/Shared/D.php"}));
  EXPECT_EQ(found("<?php require_once dirname(dirname(__FILE__)) . DIRECTORY_SEPARATOR . 'c.php';"), (Strings{"/srv/c.php"}));
}

TEST(PhpIncludes, InTextAndCommentsAreNone) {
  EXPECT_EQ(found("include 'a.php'; <?php // include 'a.php'; ?> include 'a.php'; <?php # include 'a.php';\n/* include 'a.php'; */ echo \"include 'a.php';\";\n"
                  "$x = <<<E\ninclude 'a.php';\nE;\n$y = <<<'F'\n  include 'a.php';\n  F;\ninclude 'e.inc';\n"),
            (Strings{"/srv/app/e.inc"}));
}

TEST(PhpIncludes, OfANameBuiltAtRunTimeAreReportedWithTheirLine) {
  EXPECT_EQ(names_in(needs_of("<?php\nrequire $file;\ninclude __DIR__ . \"/$x.php\";\n"), ScriptNeed::unproved),
            (Strings{"line 2: require of a file whose name is built at run time", "line 3: include of a file whose name is built at run time"}));
}

TEST(PhpNeeds, AFileThatIsNamedBesideTheScriptIsNeeded) {
  EXPECT_EQ(found("<?php $x = file_get_contents(__DIR__ . '/data/f.json');"), (Strings{"/srv/app/data/f.json"}));
}

TEST(PhpNeeds, ProgramsThatTheScriptStartsAreCommands) {
  EXPECT_EQ(names_in(needs_of("<?php exec('a x | b', $out); $x = shell_exec(\"c\"); passthru('d'); system($e); $p = popen('f', 'r');"), ScriptNeed::command), (Strings{"a", "b", "c", "d", "f"}));
}

TEST(PhpComposer, BringsItsTablesAndTheFilesThatTheyAlwaysLoad) {
  const std::string composer = "/srv/app/vendor/composer/";
  EXPECT_EQ(found("<?php require __DIR__ . '/vendor/autoload.php';"),
            (Strings{"/srv/app/vendor/acme/functions.php", "/srv/app/vendor/autoload.php", composer + "ClassLoader.php", composer + "autoload_classmap.php", composer + "autoload_files.php",
                     composer + "autoload_psr4.php", composer + "autoload_real.php"}));
}

TEST(PhpComposer, FindsClassesByTheirNames) {
  EXPECT_EQ(found("<?php\nuse Acme\\Log\\Writer;\nuse Acme\\Log\\Sink\\{File as F};\nnew Writer(new F); new \\Legacy(); App\\Main::run();\n"),
            (Strings{"/srv/app/src/Main.php", "/srv/app/vendor/acme/log/src/Sink/File.php", "/srv/app/vendor/acme/log/src/Writer.php", "/srv/app/vendor/legacy/Legacy.php"}));
  EXPECT_EQ(found("<?php\nnamespace Acme\\Log;\nclass X extends Sink\\File implements Writer {}\n"),
            (Strings{"/srv/app/vendor/acme/log/src/Sink/File.php", "/srv/app/vendor/acme/log/src/Writer.php"}));
}

TEST(PhpClasses, AreFoundUnderTheirNamesOnTheIncludePathAndBesideTheirOwnKind) {
  MemoryTree tree = project();
  tree.file("/usr/share/php/Vendor/Part/Thing.php", "").file("/usr/share/php/Old/Style.php", "").file("/srv/app/Near.php", "").file("/srv/app/Deep/Er.php", "");
  EXPECT_EQ(found("<?php\nnamespace N\\M;\nuse Vendor\\Part\\Thing;\nnew Thing; new \\Old_Style; class X extends Near { use Deep\\Er; }\n", tree),
            (Strings{"/srv/app/Deep/Er.php", "/srv/app/Near.php", "/usr/share/php/Old/Style.php", "/usr/share/php/Vendor/Part/Thing.php"}));
}

TEST(PhpStartup, BringsTheConfigurationAndItsExtensions) {
  MemoryTree tree;
  tree.file("/etc/php/8.2/cli/php.ini", "; extension=no\nextension = ctype ; yes\n").file("/etc/php/8.2/cli/conf.d/10-opcache.ini", "zend_extension=opcache.so\n").file("/etc/php/8.1/cli/php.ini", "");
  tree.file("/usr/lib/php/20220829/ctype.so", "").file("/usr/lib/php/20220829/opcache.so", "").file("/usr/lib/php/20220829/no.so", "").file("/usr/share/zoneinfo/UTC", "");
  Root root = Root::in_memory(tree);
  EXPECT_EQ(files_in(startup_needs(root, ScriptLanguage::php, module_search(root, ScriptLanguage::php, kPhp, "/x.php"))),
            (Strings{"/etc/php/8.2/cli/conf.d/10-opcache.ini", "/etc/php/8.2/cli/php.ini", "/usr/lib/php/20220829/ctype.so", "/usr/lib/php/20220829/opcache.so", "/usr/share/zoneinfo/UTC"}));
}

TEST(PhpNeeds, HoldForEveryPrefixAndForChangedBytes) {
  holds_for_hostile_forms(ScriptLanguage::php,
                          "#!/usr/bin/php\n<html><?php declare(strict_types=1);\nnamespace A\\B;\nuse Acme\\Log\\{Writer, Sink\\File as F}; use function x\\y;\nrequire_once __DIR__ . '/vendor/autoload.php';\n"
                          "include(dirname(dirname(__FILE__), 2) . \"/c.php\"); $x = <<<E\nrequire 'a.php' $y\nE; // z\n#[Attr] class K extends \\Legacy { /* q */ function f() { return `ls`; } } ?>\n<?= include 'a.php' ?>\n",
                          project(), kPhp);
}

TEST(PhpNeeds, AreReadInLinearTime) {
  Strings pieces = {"include 'a.php';", "x", "include ", "include(", "dirname(", "__DIR__ . ", "<<<E\n", "<<<E ", "'", "\"$", "/*", "?><?php ", "use A\\B, ", "use A\\{B, ", "\\A\\", "`", "#[", "// ?>", "new A\\B; ", "{", std::string("\0", 1)};
  for (std::string& piece : pieces) piece = piece == "x" ? piece : "<?php " + piece;
  holds_for_large_forms(ScriptLanguage::php, pieces, kPhp, project());
  for (std::string& piece : pieces) piece.erase(0, piece.starts_with("<?php ") ? 6 : 0);
  pieces.front() = "<?php " + pieces.front();
  holds_for_large_forms(ScriptLanguage::php, pieces, kPhp, project());
}

TEST(PhpOracle, FindsEveryFileThatProgramsInclude) {
  const std::string php = "/usr/bin/php";
  if (!installed(php)) GTEST_SKIP() << php << " is not installed";
  auto root = Root::open("/");
  ASSERT_TRUE(root.has_value());
  TemporaryDirectory directory;
  write_file(directory / "part.php", "<?php require __DIR__ . '/deep/more.php';\n");
  std::filesystem::create_directory(directory / "deep");
  write_file(directory / "deep/more.php", "<?php include_once dirname(__DIR__) . '/last.inc';\n");
  write_file(directory / "last.inc", "<?php return 1;\n");
  size_t count = 0;
  for (const char* program : {"require 'part.php';", "require_once 'Composer/autoload.php';", "require_once '/usr/share/php/Composer/autoload.php'; new Composer\\Semver\\VersionParser;",
                              "require_once 'Psr/Log/autoload.php'; new Psr\\Log\\NullLogger;", "require_once 'Symfony/Component/Console/autoload.php'; new Symfony\\Component\\Console\\Application;",
                              "require_once 'Seld/JsonLint/autoload.php'; new Seld\\JsonLint\\JsonParser;", "require_once 'PEAR.php';", "require_once 'Console/Getopt.php';"}) {
    const std::string entry = directory / ("entry" + std::to_string(count) + ".php");
    write_file(entry, std::string("<?php ") + program + "\n");
    const auto run = run_command({php, "-r", "include $argv[1]; foreach (get_included_files() as $file) echo $file, \"\\n\";", entry});
    if (run.status != 0) continue;
    ++count;
    auto real = paths_in(run.out);
    real.erase(entry);
    EXPECT_EQ(lines_of(without(real, script_closure(*root, ScriptLanguage::php, std::filesystem::canonical(php), entry))), "") << program;
  }
  EXPECT_GT(count, 0u);
}

}  // namespace
}  // namespace rootlet::test
