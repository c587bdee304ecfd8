// Readers of scripts: the first byte of the input says which language the rest is in.
#include <set>
#include <tuple>

#include "data/scripts.hpp"
#include "fuzz/target.hpp"

using namespace rootlet;

namespace {

struct Language {
  ScriptLanguage language;
  const char* interpreter;
};
constexpr Language kLanguages[] = {{ScriptLanguage::python, "/usr/bin/python3.11"}, {ScriptLanguage::perl, "/usr/bin/perl"},   {ScriptLanguage::ruby, "/usr/bin/ruby3.1"},
                                   {ScriptLanguage::php, "/usr/bin/php8.2"},        {ScriptLanguage::node, "/usr/bin/node"},   {ScriptLanguage::lua, "/usr/bin/lua5.4"},
                                   {ScriptLanguage::tcl, "/usr/bin/tclsh8.6"},      {ScriptLanguage::shell, "/usr/bin/dash"},  {ScriptLanguage::shell, "/usr/bin/bash"}};

// A root in which names that inputs may come upon lead somewhere. `text` is also what the files of packages say.
MemoryTree root_with(const std::string& text) {
  MemoryTree tree;
  for (const Language& each : kLanguages) tree.file(each.interpreter, "");
  for (const char* module : {"/usr/lib/python3.11/os.py", "/usr/lib/python3.11/a.py", "/usr/share/perl/5.36/a.pm", "/usr/lib/ruby/3.1.0/a.rb", "/usr/share/php/a.php", "/usr/share/lua/5.4/a.lua",
                             "/usr/share/tcltk/tcl8.6/init.tcl", "/srv/app/a", "/srv/app/a.py", "/srv/app/a.js", "/srv/app/a.sh", "/srv/app/node_modules/a/index.js"}) {
    tree.file(module, "");
  }
  for (const char* file : {"/usr/lib/python3/dist-packages/a.pth", "/usr/lib/python3.11/encodings/aliases.py", "/usr/share/tcltk/tcl8.6/a/pkgIndex.tcl", "/srv/app/package.json", "/srv/app/node_modules/b/package.json",
                           "/srv/app/vendor/composer/autoload_real.php", "/srv/app/vendor/composer/autoload_psr4.php", "/srv/app/vendor/composer/autoload_classmap.php", "/etc/php/8.2/cli/php.ini", "/srv/app/b.sh",
                           "/srv/pyvenv.cfg", "/usr/lib/python3/dist-packages/a-1.dist-info/METADATA", "/usr/lib/python3/dist-packages/a-1.dist-info/entry_points.txt"}) {
    tree.file(file, text);
  }
  return tree;
}

void check(Root& root, const std::vector<ScriptNeed>& needs) {
  const ScriptNeed* before = nullptr;
  for (const ScriptNeed& need : needs) {
    fuzz::require(need.kind != ScriptNeed::file || root.walk(need.path).node != nullptr, "a file that is needed exists");
    fuzz::require(need.kind == ScriptNeed::file || need.path.empty(), "only files have a path");
    fuzz::require(need.kind == ScriptNeed::file || !need.name.empty(), "what is no file has a name");
    if (before != nullptr) {
      const auto key = [](const ScriptNeed& each) { return std::tie(each.kind, each.path, each.name); };
      fuzz::require(key(*before) < key(need), "needs are sorted, each once");
    }
    before = &need;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const Language& chosen = kLanguages[data[0] % std::size(kLanguages)];
  const std::string_view text = fuzz::as_text(data + 1, size - 1);
  Root root = Root::in_memory(root_with(std::string(text.substr(0, 4096))));
  const ModuleSearch search = module_search(root, chosen.language, chosen.interpreter, "/srv/app/entry");
  check(root, script_needs(root, chosen.language, search, "/srv/app/entry", text));
  check(root, startup_needs(root, chosen.language, search));
  return 0;
}

std::vector<std::string> fuzz::seeds() {
  return {
      std::string(1, '\0') + "import a.b as c\nfrom . import (d,\n e)\ntry:\n  import f\nexcept ImportError: import g\nsys.path.insert(0, os.path.join(os.path.dirname(__file__), 'x'))\n"
                             "if sys.version_info >= (3, 8): importlib.import_module('a')\nopen(x, encoding='cp437')\nexec('import a')\nload_entry_point('a==1', 'b', 'c')\n__all__ = ['a']\n",
      "\x01use base qw(a B::C); require 'a.pl';\n=pod\n\n=cut\nmy %h = (y => 1); $x =~ s{a}{b}g; print <<E, <*.c>;\nE\nuse lib \"$FindBin::Bin/x\"; open(F, '<:encoding(euc-jp)', \\$x); eval 'use a';\nformat =\n.\n__END__\n",
      "\x02require 'a'; require_relative \"a\"\n=begin\n=end\n$:.unshift File.expand_path('../x', __FILE__)\nautoload :A, 'a'\nload \"#{__dir__}/a\"\n",
      "\x03<?php namespace A\\B; use C\\{D, E as F}; require_once __DIR__ . '/vendor/autoload.php'; include dirname(__FILE__, 2) . \"/a.php\"; $x = <<<E\nE; new \\a; // ?> <?= include 'a' ?>",
      "\x04const a = require('./a'); import b, {c as d} from \"b/x\"; export * from './a'; import(`./${x}.js`); x = /[/]/ / 2; path.join(__dirname, 'a', 'b'); {\"main\": \"a\", \"exports\": {\".\": [\"./a\"]}}",
      "\x05local a = require 'a'; pcall(require, \"a.b\") --[==[ ]==]\npackage.path = './?.lua;' .. package.path\ndofile [[a]]\n",
      "\x06package require a 1.0; source [file join [file dirname [info script]] a.tcl]\nexec ls | sort; open \"|wc\"; fconfigure $f -encoding x\npackage ifneeded a 1.0 [list source [file join $dir a.tcl]]\n",
      "\x07x=$(cd \"$(dirname \"$0\")\" && pwd); . \"$x/b.sh\"; case $1 in a|b) exec \"$x/a\" ;; esac\nrun() { shift; \"$@\"; }\nrun 1 env -i A=1 sh -c 'a | b' <<E | xargs -rn 1 c\n$(d) `e` ${f:-$g}\nE\neval \"$x\"; set -- a \"$@\"; python3 -c 'import a'\nexec node a.js\n",
      "\x08((x << 2)); [[ $a =~ (b|c) ]] && d <(e) >&2; f=(g 'h i' \"$(j)\"); for ((i=0;i<3;i++)); do \"${f[@]}\"; done; function k { l; }; coproc m { n; }; $'o\\n' {fd}>p; perl -MA -ne 'use a'; trap 'q' EXIT; find . -exec r \\;\n",
  };
}
