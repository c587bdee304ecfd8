// Ruby: what counts as a require, and where libraries and gems are found.
#include <gtest/gtest.h>

#include "data/scripts_closure.hpp"

namespace rootlet::test {
namespace {

constexpr const char* kRuby = "/usr/bin/ruby3.1";
const std::string kPure = "/usr/lib/ruby/3.1.0/", kMachine = "/usr/lib/x86_64-linux-gnu/ruby/3.1.0/";

// Debian's places with a few libraries.
MemoryTree library() {
  MemoryTree tree;
  for (const char* name : {"json", "json/common", "set", "optparse", "net/http", "erb"}) tree.file(kPure + name + ".rb", "");
  tree.file(kMachine + "etc.so", "").file(kMachine + "json/ext/parser.so", "").directory("/usr/lib/ruby/vendor_ruby");
  return tree;
}

std::vector<ScriptNeed> needs_of(const std::string& text, const MemoryTree& tree, const std::string& path = "/srv/app/entry.rb") {
  Root root = Root::in_memory(tree);
  const ModuleSearch search = module_search(root, ScriptLanguage::ruby, kRuby, "/srv/app/entry.rb");
  return script_needs(root, ScriptLanguage::ruby, search, path, text);
}

Strings found(const std::string& text, const MemoryTree& tree = library()) { return files_in(needs_of(text, tree)); }

TEST(RubyRequires, AreReadInAllTheirForms) {
  EXPECT_EQ(found("require 'json'\nrequire \"set\"\nrequire('erb'); require 'optparse'\nrequire 'net/http' if x\nbegin require 'etc'; rescue LoadError; end\n"),
            (Strings{kPure + "erb.rb", kPure + "json.rb", kPure + "net/http.rb", kPure + "optparse.rb", kPure + "set.rb", kMachine + "etc.so"}));
  EXPECT_EQ(found("autoload :JSON, 'json'\nautoload(:Set, \"set\")\nKernel.require 'erb'\nload 'optparse.rb'\n"),
            (Strings{kPure + "erb.rb", kPure + "json.rb", kPure + "optparse.rb", kPure + "set.rb"}));
  EXPECT_EQ(found("x = y.nil? ? (require 'json') : require('set')\nmodule A; require 'erb'; end\ndef f; require 'etc' end\n"),
            (Strings{kPure + "erb.rb", kPure + "json.rb", kPure + "set.rb", kMachine + "etc.so"}));
}

TEST(RubyRequires, InTextAndCommentsAreNone) {
  EXPECT_EQ(found("# require 'json'\n=begin\nrequire 'json'\n=end\nputs \"require 'json'\"\nx.require 'json'\nputs 'a' # require 'json'\nrequire 'set'\n__END__\nrequire 'json'\n"),
            (Strings{kPure + "set.rb"}));
  EXPECT_EQ(found("puts \"#{x}\" \\\n  'y'\nrequire 'set' # 'json'\n"), (Strings{kPure + "set.rb"}));
}

TEST(RubyRequires, BesideTheFileAreFound) {
  MemoryTree tree = library();
  tree.file("/srv/app/a.rb", "").file("/srv/lib/b.rb", "").file("/srv/app/c/d.rb", "").file("/srv/app/e.rb", "").file("/srv/app/f.rb", "");
  EXPECT_EQ(found("require_relative 'a'\nrequire_relative '../lib/b.rb'\nrequire File.join(__dir__, 'c', 'd')\nrequire File.expand_path('../e', __FILE__)\nload \"#{__dir__}/f.rb\"\n", tree),
            (Strings{"/srv/app/a.rb", "/srv/app/c/d.rb", "/srv/app/e.rb", "/srv/app/f.rb", "/srv/lib/b.rb"}));
}

TEST(RubyRequires, FollowTheLoadPathThatTheScriptChanges) {
  MemoryTree tree = library();
  tree.file("/srv/lib/mine.rb", "").file("/opt/x/other.rb", "").file("/srv/lib/json.rb", "");
  EXPECT_EQ(found("$LOAD_PATH.unshift File.expand_path('../../lib', __FILE__)\n$: << '/opt/x'\nrequire 'mine'\nrequire 'other'\nrequire 'json'\n", tree),
            (Strings{"/opt/x/other.rb", "/srv/lib/json.rb", "/srv/lib/mine.rb"}));
}

TEST(RubyRequires, OfNativeLibrariesComeAfterThoseInRuby) {
  MemoryTree tree = library();
  tree.file(kMachine + "digest.so", "").file("/usr/lib/ruby/vendor_ruby/etc.rb", "");
  EXPECT_EQ(found("require 'etc'\n", tree), (Strings{"/usr/lib/ruby/vendor_ruby/etc.rb"}));
  EXPECT_EQ(found("require 'etc.so'\n", tree), (Strings{kMachine + "etc.so"}));
  EXPECT_EQ(found("require 'digest'\n", tree), (Strings{kMachine + "digest.so"}));
}

TEST(RubyRequires, OfGemsBringTheirSpecifications) {
  MemoryTree tree = library();
  tree.file("/var/lib/gems/3.1.0/gems/rack-3.0/lib/rack.rb", "").file("/var/lib/gems/3.1.0/specifications/rack-3.0.gemspec", "");
  tree.file("/usr/local/bundle/gems/puma-6.0/lib/puma.rb", "").file("/usr/local/bundle/specifications/puma-6.0.gemspec", "");
  EXPECT_EQ(found("require 'rack'\n", tree), (Strings{"/var/lib/gems/3.1.0/gems/rack-3.0/lib/rack.rb", "/var/lib/gems/3.1.0/specifications/rack-3.0.gemspec"}));
  EXPECT_EQ(found("require 'puma'\n", tree), (Strings{"/usr/local/bundle/gems/puma-6.0/lib/puma.rb", "/usr/local/bundle/specifications/puma-6.0.gemspec"}));
}

TEST(RubyRequires, OfANameBuiltAtRunTimeAreReportedWithTheirLine) {
  EXPECT_EQ(names_in(needs_of("\nrequire name\n", library()), ScriptNeed::unproved), (Strings{"line 2: require of a name that is built at run time"}));
  EXPECT_EQ(names_in(needs_of("require \"#{a}/b\"\n", library()), ScriptNeed::unproved), (Strings{"line 1: require of a name that is built at run time"}));
}

TEST(RubyNeeds, ConstantsAndEncodingsThatTheInterpreterRequiresItselfAreKnown) {
  MemoryTree tree = library();
  for (const char* file : {"digest/sha2.so", "digest/md5.so", "enc/euc_jp.so", "enc/trans/japanese_euc.so", "enc/trans/single_byte.so", "enc/iso_8859_2.so", "enc/utf_16le.so"}) tree.file(kMachine + file, "");
  EXPECT_EQ(found("Digest::SHA256.hexdigest(x)\nDigest::MD5.new\n", tree), (Strings{kMachine + "digest/md5.so", kMachine + "digest/sha2.so"}));
  EXPECT_EQ(found("x.encode('EUC-JP')\ny.force_encoding(Encoding::ISO_8859_2)\nFile.read(z, encoding: 'UTF-16LE')\n", tree),
            (Strings{kMachine + "enc/euc_jp.so", kMachine + "enc/iso_8859_2.so", kMachine + "enc/trans/japanese_euc.so", kMachine + "enc/trans/single_byte.so", kMachine + "enc/utf_16le.so"}));
  EXPECT_EQ(found("x = 'euc-jp'\n", tree), Strings{});
}

TEST(RubyNeeds, AProgramOfAGemBringsWhatActivatesIt) {
  MemoryTree tree = library();
  const std::string gems = "/var/lib/gems/3.1.0/";
  tree.file(gems + "specifications/tool-1.2.gemspec", "").file(gems + "specifications/tool-extra-1.0.gemspec", "").file(gems + "gems/tool-1.2/exe/run", "").file(gems + "specifications/dep-2.0.gemspec", "");
  tree.file(kPure + "rubygems/request_set.rb", "");
  EXPECT_EQ(found("load Gem.activate_bin_path('tool', 'run', version)\n", tree), (Strings{kPure + "rubygems/request_set.rb", gems + "gems/tool-1.2/exe/run", gems + "specifications/tool-1.2.gemspec"}));
  EXPECT_EQ(found("gem 'dep', '~> 2'\n", tree), (Strings{gems + "specifications/dep-2.0.gemspec"}));
  EXPECT_EQ(files_in(needs_of("Gem::Specification.new do |s|\n  s.add_runtime_dependency(%q<dep>.freeze, [\">= 0\"])\n  s.add_development_dependency(\"tool\")\nend\n", tree, gems + "specifications/x-1.gemspec")),
            (Strings{gems + "specifications/dep-2.0.gemspec"}));
}

TEST(RubyNeeds, ProgramsThatTheScriptStartsAreCommands) {
  EXPECT_EQ(names_in(needs_of("system 'a x | b'\nsystem('c', y)\nx = `d`\nIO.popen(\"e\") { }\nOpen3.capture2('f; g')\nexec 'h'\nspawn(z)\nputs \"`i`\"\n", library()), ScriptNeed::command),
            (Strings{"a", "b", "c", "d", "e", "f", "g", "h"}));
}

TEST(RubySearch, FollowsTheOrderOfDebiansPath) {
  MemoryTree tree = library();
  tree.directory("/usr/local/lib/site_ruby/3.1.0").directory("/usr/lib/x86_64-linux-gnu/ruby/vendor_ruby/3.1.0").directory("/usr/lib/ruby/vendor_ruby/3.1.0").directory("/usr/lib/ruby/2.7.0");
  Root root = Root::in_memory(tree);
  EXPECT_EQ(module_search(root, ScriptLanguage::ruby, kRuby, "/x").directories,
            (Strings{"/usr/local/lib/site_ruby/3.1.0", "/usr/local/lib/site_ruby", "/usr/lib/ruby/vendor_ruby/3.1.0", "/usr/lib/x86_64-linux-gnu/ruby/vendor_ruby/3.1.0",
                     "/usr/lib/ruby/vendor_ruby", "/usr/lib/ruby/3.1.0", "/usr/lib/x86_64-linux-gnu/ruby/3.1.0"}));
}

TEST(RubyStartup, BringsRubygemsAndTheSpecificationsOfDefaultGems) {
  MemoryTree tree = library();
  tree.file(kPure + "rubygems.rb", "").file(kMachine + "rbconfig.rb", "").file(kMachine + "enc/encdb.so", "").file("/usr/lib/ruby/gems/3.1.0/specifications/default/set-1.0.2.gemspec", "");
  Root root = Root::in_memory(tree);
  EXPECT_EQ(files_in(startup_needs(root, ScriptLanguage::ruby, module_search(root, ScriptLanguage::ruby, kRuby, "/srv/x.rb"))),
            (Strings{"/usr/lib/ruby/3.1.0/rubygems.rb", "/usr/lib/ruby/gems/3.1.0/specifications/default/set-1.0.2.gemspec", kMachine + "enc/encdb.so", kMachine + "rbconfig.rb"}));
}

TEST(RubyNeeds, HoldForEveryPrefixAndForChangedBytes) {
  MemoryTree tree = library();
  tree.file("/srv/app/lib/a.rb", "");
  holds_for_hostile_forms(ScriptLanguage::ruby,
                          "#!/usr/bin/env ruby\n=begin\nrequire 'x'\n=end\nrequire 'json'; require(\"set\") if x # y\nrequire_relative 'lib/a'\n$:.unshift File.expand_path('../lib', __FILE__)\n"
                          "autoload :ERB, 'erb'\nload \"#{__dir__}/lib/a.rb\"\nrequire File.join(File.dirname(__FILE__), 'lib', 'a')\nKernel.require \"#{n}\"\n__END__\nrequire 'optparse'\n",
                          tree, kRuby);
}

TEST(RubyNeeds, AreReadInLinearTime) {
  holds_for_large_forms(ScriptLanguage::ruby,
                        {"require 'json' ", "x", "require '", "require '\n", "\"", "autoload ", "autoload :A,", "$: << '/a'\n", "__FILE__ ", "require __FILE__ ", "require File.join(__dir__, 'a')\n",
                         "=begin\n", "#{", std::string("\0", 1), "load x\n", "gem 'a'\n", "`a`", "Digest::A ", "x.encode('euc-jp') ", "system 'a'\n", "require 'json'\n"},
                        kRuby, library());
}

constexpr const char* kHere = "/usr/bin/ruby";

TEST(RubyOracle, FindsEveryFileThatLibrariesLoad) {
  if (!installed(kHere)) GTEST_SKIP() << kHere << " is not installed";
  auto root = Root::open("/");
  ASSERT_TRUE(root.has_value());
  TemporaryDirectory directory;
  Figures figures;
  // One process for all: each library in a child of its own.
  const Strings libraries = {"json", "set", "optparse", "fileutils", "tempfile", "net/http", "uri", "yaml", "erb", "time", "date", "csv", "digest", "openssl", "socket", "logger", "pp",
                             "securerandom", "open3", "shellwords", "strscan", "zlib", "bigdecimal", "benchmark", "forwardable", "ostruct", "find", "etc", "io/console", "readline",
                             "rexml/document", "minitest", "bundler"};
  write_file(directory / "ask.rb",
             "ARGV.each do |name|\n  text = IO.popen('-') { |child| child ? child.read : (begin; require name; puts $LOADED_FEATURES; rescue LoadError; end) }\n"
             "  File.write(File.join(__dir__, name.tr('/', '-')), text)\nend\n");
  Strings command = {kHere, directory / "ask.rb"};
  command.insert(command.end(), libraries.begin(), libraries.end());
  ASSERT_EQ(run_command(command).status, 0);
  for (std::string name : libraries) {
    const std::string entry = directory / ("entry" + std::to_string(figures.count));
    write_file(entry, "require '" + name + "'\n");
    std::replace(name.begin(), name.end(), '/', '-');
    const auto real = paths_in(read_file(directory / name));
    if (real.empty()) continue;
    const auto found = script_closure(*root, ScriptLanguage::ruby, std::filesystem::canonical(kHere), entry);
    EXPECT_EQ(lines_of(without(real, found)), "") << "require '" << name << "'";
    figures.add(found, real);
  }
  ASSERT_GT(figures.count, 20u);
  std::printf("%zu libraries, %.2f times the bytes that are really loaded\n", figures.count, figures.mean());
  EXPECT_LT(figures.mean(), 3.0);
}

}  // namespace
}  // namespace rootlet::test
