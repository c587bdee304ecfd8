// Python: what counts as an import, and where modules are found.
#include <gtest/gtest.h>

#include "data/scripts/python_imports.hpp"
#include "data/scripts_closure.hpp"

namespace rootlet::test {
namespace {

using scripts::PythonFacts;
using scripts::PythonReading;

constexpr const char* kPython = "/usr/bin/python3.11";

// A standard library of a few modules.
MemoryTree library() {
  MemoryTree tree;
  for (const char* module : {"os", "json/__init__", "json/decoder", "encodings/__init__", "encodings/aliases", "encodings/cp437", "encodings/idna",
                             "socket", "subprocess", "importlib/__init__", "_strptime", "pydoc", "site"}) {
    tree.file(std::string("/usr/lib/python3.11/") + module + ".py", "");
  }
  tree.file("/usr/lib/python3.11/lib-dynload/_ssl.cpython-311-x86_64-linux-gnu.so", "");
  tree.file("/usr/lib/python3.11/encodings/aliases.py", "aliases = {\n  '437' : 'cp437',\n}\n");
  tree.directory("/usr/lib/python3/dist-packages");
  return tree;
}

Strings needs_of(const std::string& text, const MemoryTree& tree, const std::string& path = "/srv/app/entry.py", const std::string& entry = "/srv/app/entry.py") {
  Root root = Root::in_memory(tree);
  const ModuleSearch search = module_search(root, ScriptLanguage::python, kPython, entry);
  return files_in(script_needs(root, ScriptLanguage::python, search, path, text));
}

Strings unproved_of(const std::string& text, const MemoryTree& tree) {
  Root root = Root::in_memory(tree);
  const ModuleSearch search = module_search(root, ScriptLanguage::python, kPython, "/srv/app/entry.py");
  return names_in(script_needs(root, ScriptLanguage::python, search, "/srv/app/entry.py", text), ScriptNeed::unproved);
}

Strings imported(const std::string& text, PythonReading reading = {}) {
  Strings names;
  for (const auto& import : scripts::read_python(text, reading).imports) {
    std::string name = std::string(import.level, '.') + import.module;
    for (const std::string& each : import.names) name += " " + each;
    names.push_back(std::move(name));
  }
  return names;
}

TEST(PythonImports, AreReadInAllTheirForms) {
  EXPECT_EQ(imported("import a\nimport b.c as d, e\nfrom f import g\nfrom h import (i as j,\n  k,  # l\n m)\n"
                     "from . import n\nfrom ..o.p import q; import r\nfrom s import *\n"),
            (Strings{"a", "b.c", "e", "f g", "h i k m", ". n", "..o.p q", "r", "s *"}));
}

TEST(PythonImports, InStringsAndCommentsAreNone) {
  EXPECT_EQ(imported("'''\nimport a\n'''\n# import b\nx = \"import c\"\ny = r'\\\'; z'; import d\nz = f'''{1}\nimport e'''\nimport f\n"),
            (Strings{"d", "f"}));
  EXPECT_EQ(imported("x = 'unended\nimport a\n"), (Strings{"a"})) << "a line ends a string that has no end";
}

TEST(PythonImports, InFunctionsAndTriesCount) {
  EXPECT_EQ(imported("def f():\n  import a\n  if x: import b\ntry:\n\timport c\nexcept ImportError: import d\nclass E:\n  async def g(self):\n    from h import i\n"),
            (Strings{"a", "b", "c", "d", "h i"}));
}

TEST(PythonImports, AContinuedLineIsOneStatement) {
  EXPECT_EQ(imported("import a, \\\n  b\nfrom c \\\r\n import d\nx = (1,\n  import_module)\nimport e\n"), (Strings{"a", "b", "c d", "e"}));
}

TEST(PythonImports, ThatTheSystemPassesOverAreNone) {
  EXPECT_EQ(imported("import sys\nif sys.platform == 'win32':\n  import a\nelif os.name == 'posix':\n  import b\nelse:\n  import c\n"), (Strings{"sys", "b"}));
  EXPECT_EQ(imported("if TYPE_CHECKING:\n  import a\nelse:\n  import b\nif not typing.TYPE_CHECKING: import c\n"), (Strings{"b", "c"}));
  EXPECT_EQ(imported("if sys.platform in ('win32', 'cygwin') or platform.system() == 'Darwin':\n import a\nif sys.platform.startswith('lin') and x:\n import b\n"),
            (Strings{"b"}));
  EXPECT_EQ(imported("if x:\n import a\nelif True:\n import b\nelse:\n import c\n"), (Strings{"a", "b"}));
}

TEST(PythonImports, FollowTheVersionAsFarAsItIsKnown) {
  PythonReading reading;
  reading.context.version = {3, 11};
  const std::string text =
      "if sys.version_info >= (3, 8):\n import a\nelse:\n import b\nif sys.version_info[0] == 2: import c\nif sys.version_info < (3, 11, 4): import d\n"
      "if (3, 12) <= sys.version_info: import e\nif sys.version_info[:2] == (3, 11): import f\nif sys.version_info.major < 3: import g\n";
  EXPECT_EQ(imported(text, reading), (Strings{"a", "d", "f"}));
  EXPECT_EQ(imported(text), (Strings{"a", "b", "c", "d", "e", "f", "g"})) << "without a version all may be";
}

TEST(PythonImports, UnderMainCountForTheEntryOnly) {
  PythonReading entry;
  entry.context.entry = true;
  const std::string text = "if __name__ == '__main__':\n import a\nif __name__ != \"__main__\":\n import b\n";
  EXPECT_EQ(imported(text, entry), (Strings{"a"}));
  EXPECT_EQ(imported(text), (Strings{"b"}));
}

TEST(PythonImports, ByNameAreReadWhereTheNameIsLiteral) {
  EXPECT_EQ(imported("importlib.import_module('a.b')\n__import__(\"c\")\nimport_module('.d', __package__)\nimport_module('.e', 'f')\n"
                     "import_module('.g', package=\"h\")\nrunpy.run_module('i')\nx = import_module(name)\n"),
            (Strings{"a.b", "c", ".d", "f.e", "h.g", "i __main__"}));
}

TEST(PythonImports, InCodeThatIsExecutedAreRead) {
  EXPECT_EQ(imported("exec('import a')\nimport os; exec(\"try:\\n import b\\nexcept ImportError: pass\\n\")\nexec(text)\nx.exec('import c')\nexec(\"exec('import d')\")\n"), (Strings{"os", "a", "b", "d"}));
}

TEST(PythonModules, PackagesComeBeforeNativeOnesAndThoseBeforeSource) {
  MemoryTree tree = library();
  tree.file("/srv/app/a/__init__.py", "").file("/srv/app/a.so", "").file("/srv/app/a.py", "");
  tree.file("/srv/app/b.cpython-311-x86_64-linux-gnu.so", "").file("/srv/app/b.abi3.so", "").file("/srv/app/b.py", "");
  tree.file("/srv/app/c.abi3.so", "").file("/srv/app/c.so", "").file("/srv/app/c.py", "");
  tree.file("/srv/app/d.py", "").file("/srv/app/d.pyc", "").file("/srv/app/e.pyc", "");
  tree.file("/srv/app/f.cpython-39-x86_64-linux-gnu.so", "");
  EXPECT_EQ(needs_of("import a, b, c, d, e, f", tree), (Strings{"/srv/app/a/__init__.py", "/srv/app/b.cpython-311-x86_64-linux-gnu.so", "/srv/app/c.abi3.so",
                                                                "/srv/app/d.py", "/srv/app/e.pyc"}));
}

TEST(PythonModules, TheScriptsDirectoryShadowsTheLibrary) {
  MemoryTree tree = library();
  EXPECT_EQ(needs_of("import json", tree), (Strings{"/usr/lib/python3.11/json/__init__.py"}));
  tree.file("/srv/app/json.py", "");
  EXPECT_EQ(needs_of("import json", tree), (Strings{"/srv/app/json.py"}));
}

TEST(PythonModules, EveryPackageOnTheWayIsNeeded) {
  MemoryTree tree = library();
  tree.file("/srv/app/a/__init__.py", "").file("/srv/app/a/b/__init__.py", "").file("/srv/app/a/b/c.py", "");
  EXPECT_EQ(needs_of("import a.b.c", tree), (Strings{"/srv/app/a/__init__.py", "/srv/app/a/b/__init__.py", "/srv/app/a/b/c.py"}));
  EXPECT_EQ(needs_of("from a.b import c, nothing", tree), (Strings{"/srv/app/a/__init__.py", "/srv/app/a/b/__init__.py", "/srv/app/a/b/c.py"}));
}

TEST(PythonModules, RelativeNamesStartFromThePackage) {
  MemoryTree tree = library();
  tree.file("/srv/app/a/__init__.py", "").file("/srv/app/a/x.py", "").file("/srv/app/a/b/__init__.py", "").file("/srv/app/a/b/c.py", "").file("/srv/app/a/b/d.py", "");
  EXPECT_EQ(needs_of("from . import d\nfrom .. import x", tree, "/srv/app/a/b/c.py"), (Strings{"/srv/app/a/b/d.py", "/srv/app/a/x.py"}));
  EXPECT_EQ(needs_of("from .b.c import f", tree, "/srv/app/a/__init__.py"), (Strings{"/srv/app/a/b/__init__.py", "/srv/app/a/b/c.py"}));
  EXPECT_EQ(needs_of("from ................................... import x", tree, "/srv/app/a/b/c.py"), Strings{});
}

TEST(PythonModules, ANamespacePackageHasPartsInSeveralPlaces) {
  MemoryTree tree = library();
  tree.file("/srv/app/n/a.py", "").file("/usr/lib/python3/dist-packages/n/b.py", "");
  EXPECT_EQ(needs_of("import n.a, n.b", tree), (Strings{"/srv/app/n/a.py", "/usr/lib/python3/dist-packages/n/b.py"}));
}

TEST(PythonModules, AStarBringsWhatAllNames) {
  MemoryTree tree = library();
  tree.file("/srv/app/a/__init__.py", "__all__ = ['b',\n 'f']\n").file("/srv/app/a/b.py", "").file("/srv/app/a/c.py", "");
  EXPECT_EQ(needs_of("from a import *", tree), (Strings{"/srv/app/a/__init__.py", "/srv/app/a/b.py"}));
}

TEST(PythonModules, OfAPackageMayAllBeMeantByANameBuiltFromIt) {
  MemoryTree tree = library();
  tree.file("/srv/app/a/__init__.py", "").file("/srv/app/a/b.py", "").file("/srv/app/a/c/__init__.py", "").file("/srv/app/a/c/d.py", "").file("/srv/app/e/__init__.py", "");
  for (int i = 0; i < 70; ++i) tree.file("/srv/app/e/m" + std::to_string(i) + ".py", "");
  EXPECT_EQ(needs_of("import_module('a.' + name)\n", tree), (Strings{"/srv/app/a/__init__.py", "/srv/app/a/b.py", "/srv/app/a/c/__init__.py"}));
  EXPECT_EQ(needs_of("import_module('e.' + name)\n", tree), (Strings{"/srv/app/e/__init__.py"})) << "too many to be meant";
}

TEST(PythonModules, ThatAreInsideOfTheInterpreterNeedNoFile) {
  EXPECT_EQ(needs_of("import sys, time, _thread, nowhere", library()), Strings{});
}

TEST(PythonModules, AHandlerOfImportErrorIsPassedOverWhereAllIsThere) {
  MemoryTree tree = library();
  tree.file("/srv/app/fast.py", "def quick(): pass\n").file("/srv/app/slow.py", "");
  const std::string tried = "try:\n  from fast import quick\nexcept ImportError:\n  import slow\n";
  EXPECT_EQ(needs_of(tried, tree), (Strings{"/srv/app/fast.py"}));
  tree.file("/srv/app/fast.py", "def other(): pass\n");
  EXPECT_EQ(needs_of(tried, tree), (Strings{"/srv/app/fast.py", "/srv/app/slow.py"})) << "the name is not in it";
  EXPECT_EQ(needs_of("try:\n  import absent\nexcept ImportError:\n  import slow\n", tree), (Strings{"/srv/app/slow.py"}));
  EXPECT_EQ(needs_of("try:\n  import fast\nexcept KeyError:\n  import slow\n", tree), (Strings{"/srv/app/fast.py", "/srv/app/slow.py"}));
}

TEST(PythonModules, OfAFileOutsideOfThePathAreFoundFromTheTopOfItsPackage) {
  MemoryTree tree = library();
  tree.file("/opt/x/pkg/__init__.py", "").file("/opt/x/pkg/a.py", "").file("/opt/x/other.py", "");
  EXPECT_EQ(needs_of("import pkg.a, other", tree, "/opt/x/pkg/b.py"), (Strings{"/opt/x/other.py", "/opt/x/pkg/__init__.py", "/opt/x/pkg/a.py"}));
}

TEST(PythonModules, AreFoundWhereTheScriptPutsItsPath) {
  MemoryTree tree = library();
  tree.file("/srv/lib/a.py", "").file("/usr/share/app/b.py", "").file("/srv/app/vendor/c.py", "").file("/srv/d/d.py", "");
  EXPECT_EQ(needs_of("import os, sys\nhere = os.path.dirname(os.path.abspath(__file__))\nsys.path.insert(0, os.path.join(here, '..', 'lib'))\n"
                     "DATA = '/usr/share/' + 'app'\nsys.path.append(DATA)\nsys.path[0:0] = [here + '/vendor']\n"
                     "sys.path += [str(Path(__file__).resolve().parent.parent / 'd')]\nimport a, b, c, d\n", tree),
            (Strings{"/srv/app/vendor/c.py", "/srv/d/d.py", "/srv/lib/a.py", "/usr/lib/python3.11/os.py", "/usr/share/app/b.py"}));
}

TEST(PythonModules, OfSixAndSetuptoolsAreFoundUnderTheirRealNames) {
  MemoryTree tree = library();
  tree.file("/srv/app/six.py", "").file("/usr/lib/python3.11/queue.py", "").file("/usr/lib/python3.11/http/__init__.py", "").file("/usr/lib/python3.11/http/client.py", "");
  EXPECT_EQ(needs_of("from six.moves import queue, http_client", tree),
            (Strings{"/srv/app/six.py", "/usr/lib/python3.11/http/__init__.py", "/usr/lib/python3.11/http/client.py", "/usr/lib/python3.11/queue.py"}));
}

TEST(PythonNeeds, EncodingsAreFoundByTheirAliases) {
  EXPECT_EQ(needs_of("open('x', encoding='CP437')\nb.decode('437')", library()),
            (Strings{"/usr/lib/python3.11/encodings/__init__.py", "/usr/lib/python3.11/encodings/cp437.py"}));
}

TEST(PythonNeeds, WhatASocketLoadsFromCIsKnown) {
  EXPECT_EQ(needs_of("", library(), "/usr/lib/python3.11/socket.py"),
            (Strings{"/usr/lib/python3.11/encodings/__init__.py", "/usr/lib/python3.11/encodings/idna.py"}));
  EXPECT_EQ(needs_of("datetime.strptime(x, y)", library()), (Strings{"/usr/lib/python3.11/_strptime.py"}));
}

TEST(PythonNeeds, ANativeModulesStringsNameWhatItImports) {
  MemoryTree tree = library();
  tree.file("/srv/app/fast.so", std::string("\x7f" "ELF\0json.decoder\0_backend\0not json.decoder\0socket\0", 52)).file("/srv/app/_backend.py", "");
  EXPECT_EQ(needs_of("import fast", tree),
            (Strings{"/srv/app/_backend.py", "/srv/app/fast.so", "/usr/lib/python3.11/json/__init__.py", "/usr/lib/python3.11/json/decoder.py"}));
}

TEST(PythonNeeds, InteractiveHelpBringsNoDocumentation) {
  MemoryTree tree = library();
  const std::string text = "def help(): \n  import pydoc\n";
  EXPECT_EQ(needs_of(text, tree, "/usr/lib/python3.11/_sitebuiltins.py"), Strings{});
  EXPECT_EQ(needs_of(text, tree), (Strings{"/usr/lib/python3.11/pydoc.py"})) << "in any other file it counts";
}

TEST(PythonNeeds, ADeferredImportWaitsForTheNameThatCausesIt) {
  const std::string os = "def popen(cmd):\n  import subprocess\n";
  EXPECT_EQ(needs_of(os, library(), "/usr/lib/python3.11/os.py"), Strings{});
  EXPECT_EQ(needs_of("import os\nos.popen('ls')", library()), (Strings{"/usr/lib/python3.11/os.py", "/usr/lib/python3.11/subprocess.py"}));
}

TEST(PythonNeeds, ProgramsThatTheScriptStartsAreCommands) {
  const auto started = [](const std::string& text, const std::string& path) {
    Root root = Root::in_memory(library());
    const ModuleSearch search = module_search(root, ScriptLanguage::python, kPython, "/srv/app/entry.py");
    return names_in(script_needs(root, ScriptLanguage::python, search, path, text), ScriptNeed::command);
  };
  const std::string text =
      "import os, subprocess\nos.system('a x | b')\nsubprocess.run(['c', '-x'])\nsubprocess.check_output('d | e', shell=True)\nsubprocess.Popen(args)\nos.execvp('f', ['f'])\n"
      "subprocess.call('g')\nsubprocess.run(('/usr/bin/h', x))\nsubprocess.run([sys.executable, '-m', 'i'])\nos.popen('j %s' % x)\n";
  EXPECT_EQ(started(text, "/srv/app/entry.py"), (Strings{"/usr/bin/h", "a", "b", "c", "d", "e", "f", "g"}));
  EXPECT_EQ(started(text, "/usr/lib/python3/dist-packages/x.py"), Strings{}) << "a library starts programs only where it is asked to";
  EXPECT_EQ(started("run(['a'])\n", "/srv/app/entry.py"), Strings{}) << "without a module that could";
}

TEST(PythonNeeds, ANameBuiltAtRunTimeIsReportedWithItsLine) {
  EXPECT_EQ(unproved_of("import importlib\n\nm = importlib.import_module(\n  prefix + name)\n", library()),
            (Strings{"line 3: import_module() of a name that is built at run time"}));
}

TEST(PythonNeeds, AnEntryPointBringsItsModuleAndMetadata) {
  MemoryTree tree = library();
  const std::string site = "/usr/lib/python3/dist-packages/";
  tree.file(site + "My_Tool-3.1.dist-info/METADATA", "Name: my-tool\nRequires-Dist: helper>=2\nRequires-Dist: extra; extra == 'x'\n\nRequires-Dist: body\n");
  tree.file(site + "My_Tool-3.1.dist-info/entry_points.txt", "[console_scripts]\nother = tool.other:main\nentry.py = tool.cli:main [x]\n[x]\nentry.py = tool.no:main\n");
  tree.file(site + "helper-2.0.egg-info/PKG-INFO", "").file(site + "extra-1.egg-info/PKG-INFO", "");
  tree.file(site + "tool/__init__.py", "").file(site + "tool/cli.py", "").file(site + "tool/other.py", "").file(site + "tool/no.py", "");
  EXPECT_EQ(needs_of("load_entry_point('my-tool==3.1', 'console_scripts', 'entry.py')", tree),
            (Strings{site + "My_Tool-3.1.dist-info/METADATA", site + "My_Tool-3.1.dist-info/entry_points.txt", site + "helper-2.0.egg-info/PKG-INFO",
                     site + "tool/__init__.py", site + "tool/cli.py"}));
}

TEST(PythonNeeds, AFileThatAModuleNamesBesideItselfIsNeeded) {
  MemoryTree tree = library();
  tree.file("/srv/app/cacert.pem", "").file("/srv/app/data/x.json", "").file("/srv/app/unnamed.txt", "").file("/srv/secret.txt", "");
  EXPECT_EQ(needs_of("open(os.path.join(os.path.dirname(__file__), 'cacert.pem'))\ny = 'data/x.json', '../secret.txt'", tree),
            (Strings{"/srv/app/cacert.pem", "/srv/app/data/x.json"}));
  EXPECT_EQ(needs_of("x = 'cacert.pem'", tree), Strings{}) << "a module that does not ask where it lies";
}

TEST(PythonNeeds, ACompiledModuleSaysThatItWasNotRead) {
  Root root = Root::in_memory(library());
  const ModuleSearch search = module_search(root, ScriptLanguage::python, kPython, "/srv/app/entry.py");
  EXPECT_EQ(names_in(script_needs(root, ScriptLanguage::python, search, "/srv/app/e.pyc", "\xa7\r\r\n"), ScriptNeed::unproved).size(), 1u);
}

TEST(PythonSearch, ListsTheDirectoriesOfDistributionsInOrder) {
  MemoryTree tree = library();
  tree.file("/srv/app/entry.py", "").directory("/usr/local/lib/python3.11/dist-packages").directory("/srv/extra").directory("/usr/lib/python3.9");
  tree.file("/usr/lib/python3/dist-packages/x.pth", "# comment\n/srv/extra\n../nothing\nimport sys\n");
  tree.symlink("/usr/local/bin/tool", "/srv/app/entry.py");
  Root root = Root::in_memory(tree);
  const ModuleSearch search = module_search(root, ScriptLanguage::python, kPython, "/usr/local/bin/tool");
  EXPECT_EQ(search.directories, (Strings{"/srv/app", "/usr/lib/python3.11", "/usr/lib/python3.11/lib-dynload", "/usr/local/lib/python3.11/dist-packages",
                                         "/usr/lib/python3/dist-packages", "/srv/extra"}));
  EXPECT_EQ(search.suffixes, (Strings{".cpython-311-x86_64-linux-gnu.so", ".abi3.so", ".so"}));
}

TEST(PythonSearch, ReadsTheVersionOffTheRootWhereTheNameLeavesItOpen) {
  MemoryTree tree;
  tree.file("/usr/local/lib/python3.12/os.py", "").file("/usr/local/lib/python3.9/os.py", "").directory("/usr/local/lib/python3.12/site-packages");
  Root root = Root::in_memory(tree);
  const ModuleSearch search = module_search(root, ScriptLanguage::python, "/usr/local/bin/python3", "");
  EXPECT_EQ(search.interpreter, "python3.12");
  EXPECT_EQ(search.directories, (Strings{"/usr/local/lib/python3.12", "/usr/local/lib/python3.12/site-packages"}));
}

TEST(PythonSearch, KnowsAVirtualEnvironment) {
  MemoryTree tree = library();
  tree.file("/venv/pyvenv.cfg", "home = /usr/bin\ninclude-system-site-packages = false\n").file("/venv/bin/tool", "");
  tree.file("/venv/lib/python3.11/site-packages/dep.py", "");
  Root root = Root::in_memory(tree);
  for (const auto& [interpreter, script] : {std::pair("/usr/bin/python3.11", "/venv/bin/tool"), std::pair("/venv/bin/python3", "/srv/x.py")}) {
    const ModuleSearch search = module_search(root, ScriptLanguage::python, interpreter, script);
    EXPECT_EQ(search.directories.back(), "/venv/lib/python3.11/site-packages") << interpreter;
    EXPECT_EQ(std::count(search.directories.begin(), search.directories.end(), "/usr/lib/python3/dist-packages"), 0);
    const Strings startup = files_in(startup_needs(root, ScriptLanguage::python, search));
    EXPECT_EQ(std::count(startup.begin(), startup.end(), "/venv/pyvenv.cfg"), 1);
  }
}

TEST(PythonStartup, BringsPathFilesThatDoSomething) {
  MemoryTree tree = library();
  const std::string site = "/usr/lib/python3/dist-packages/";
  tree.file(site + "a.pth", "import hook; hook.go()\n").file(site + "hook.py", "").file(site + "b.pth", "# nothing\n").file(site + "c.pth", "sub\n").directory(site + "sub");
  Root root = Root::in_memory(tree);
  const ModuleSearch search = module_search(root, ScriptLanguage::python, kPython, "/srv/app/entry.py");
  const Strings startup = files_in(startup_needs(root, ScriptLanguage::python, search));
  const std::set<std::string> all(startup.begin(), startup.end());
  EXPECT_TRUE(all.contains(site + "a.pth") && all.contains(site + "hook.py") && all.contains(site + "c.pth"));
  EXPECT_FALSE(all.contains(site + "b.pth"));
  EXPECT_TRUE(all.contains("/usr/lib/python3.11/lib-dynload")) << "getpath warns where this directory is missing";
}

TEST(PythonNeeds, HoldForEveryPrefixAndForChangedBytes) {
  MemoryTree tree = library();
  tree.file("/srv/app/a/__init__.py", "__all__ = ['b']").file("/srv/app/a/b.py", "");
  holds_for_hostile_forms(ScriptLanguage::python,
                          "#!/usr/bin/python3\nimport os, json.decoder as j\nfrom a import *\ntry:\n  from .a import (b, c)\nexcept ImportError as e:\n  import subprocess\n"
                          "if sys.version_info >= (3, 8) and not TYPE_CHECKING: import socket\nsys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))\n"
                          "x = importlib.import_module(f'{__name__}.b'); y = '''doc\nimport z'''\nopen(__file__, encoding=\"437\")\nload_entry_point('x==1', 'y', 'z')\n",
                          tree, kPython);
}

TEST(PythonNeeds, AreReadInLinearTime) {
  holds_for_large_forms(ScriptLanguage::python,
                        {"(", "import a.b.c.d\n", "from a import *\n", "import_module(", "if (not (", "x = '", "\"\"\"", "if x:\n ", "a = b + ", "sys.path.insert(0, ",
                         "import a;", "f'{", "lambda: ", "\\\n", "try:\n import a\nexcept ImportError:\n import b\n", "from . import a\n"},
                        kPython, library());
}

}  // namespace
}  // namespace rootlet::test
