// Node.js: what counts as a require or an import, and how names become files.
#include <gtest/gtest.h>

#include "data/scripts_closure.hpp"

namespace rootlet::test {
namespace {

constexpr const char* kNode = "/usr/bin/node";

MemoryTree project() {
  MemoryTree tree;
  tree.file("/srv/app/package.json", "{\"name\": \"app\", \"imports\": {\"#inner\": \"./inner.js\"}}").file("/srv/app/a.js", "").file("/srv/app/b.json", "").file("/srv/app/c/index.js", "");
  tree.file("/srv/app/inner.js", "").file("/srv/app/d.mjs", "").file("/srv/app/n.node", "").file("/srv/app/x", "");
  tree.file("/srv/app/node_modules/plain/index.js", "").file("/srv/app/node_modules/plain/sub.js", "");
  tree.file("/srv/app/node_modules/main/package.json", "{\"main\": \"lib/start\"}").file("/srv/app/node_modules/main/lib/start.js", "");
  tree.file("/srv/app/node_modules/@scope/pkg/package.json", "{\"main\": \"./dist\"}").file("/srv/app/node_modules/@scope/pkg/dist/index.js", "");
  tree.file("/srv/app/node_modules/modern/package.json",
            "{\"exports\": {\".\": {\"import\": \"./esm.mjs\", \"require\": \"./cjs.cjs\"}, \"./sub/*\": \"./lib/*.js\", \"./hidden\": null}, \"main\": \"./old.js\"}");
  tree.file("/srv/app/node_modules/modern/esm.mjs", "").file("/srv/app/node_modules/modern/cjs.cjs", "").file("/srv/app/node_modules/modern/old.js", "").file("/srv/app/node_modules/modern/lib/x.js", "");
  tree.file("/usr/share/nodejs/global/package.json", "{\"main\": \"g.js\"}").file("/usr/share/nodejs/global/g.js", "");
  return tree;
}

const std::string kOwn = "/srv/app/package.json";

std::vector<ScriptNeed> needs_of(const std::string& text, const MemoryTree& tree = project(), const std::string& path = "/srv/app/entry.js") {
  MemoryTree with = tree;
  with.file(path, text);
  Root root = Root::in_memory(with);
  const ModuleSearch search = module_search(root, ScriptLanguage::node, kNode, "/srv/app/entry.js");
  return script_needs(root, ScriptLanguage::node, search, path, text);
}

// Without the package.json beside the entry, which is always among them.
Strings found(const std::string& text, const MemoryTree& tree = project()) {
  Strings files = files_in(needs_of(text, tree));
  std::erase(files, kOwn);
  files.erase(std::unique(files.begin(), files.end()), files.end());  // found under several names
  return files;
}

TEST(NodeRequires, AreReadInAllTheirForms) {
  EXPECT_EQ(found("const a = require('./a'), b = require(\"./b\");\nrequire(`./c`);\nrequire.resolve('./n');\nif (x) { require('./x') }\nlet y = {z: require('./inner.js').w};\n"),
            (Strings{"/srv/app/a.js", "/srv/app/b.json", "/srv/app/c/index.js", "/srv/app/inner.js", "/srv/app/n.node", "/srv/app/x"}));
  EXPECT_EQ(found("require('fs'); require('node:path'); require('fs/promises'); import os from 'os';\n"), Strings{}) << "inside of the interpreter";
}

TEST(NodeImports, AreReadInAllTheirForms) {
  EXPECT_EQ(found("import './a.js';\nimport x from './b.json';\nimport {y, z as w} from './c/index.js';\nimport * as v from './d.mjs';\nexport {u} from './inner.js';\nexport * from './x';\nconst t = await import('./n.node');\n"),
            (Strings{"/srv/app/a.js", "/srv/app/b.json", "/srv/app/c/index.js", "/srv/app/d.mjs", "/srv/app/inner.js", "/srv/app/n.node", "/srv/app/x"}));
  EXPECT_EQ(found("import {\n  a,\n  b as default,\n}\nfrom './a.js'\nexport default require('./x');\nimport d, {e} from './d.mjs';\nconsole.log(import.meta.url);\n"),
            (Strings{"/srv/app/a.js", "/srv/app/d.mjs", "/srv/app/x"}));
}

TEST(NodeRequires, InTextAndCommentsAreNone) {
  EXPECT_EQ(found("// require('./a')\n/* require('./a') */\n'require(\"./a\")'; \"require('./a')\"; `require('./a')`;\nx.require('./a');\n/require('.\\/a')/.test(y);\nrequire('./x');\n"),
            (Strings{"/srv/app/x"}));
}

TEST(NodeRequires, BehindWhatConfusesReadersAreFound) {
  for (const char* text : {"x = a / b; // '", "x = /['\"]/;", "x = /[/'\"]/g.test(y);", "x = `a ${b + `c ${d}`} '`;", "if (x) /'/.test(y);", "return_ = x++ / 2; '\\''", "x = y ? /\"/ : 1;",
                           "x = {a: /`/};", "x = (a) / 2 / 3;", "f(/\\//, '\"');", "`${x.map(y => { return '`' })}`", "x = a[1] / 2; \"'\"", "x = 1 / 2; /'/;", "<!-- '", "#!x"}) {
    const Strings files = found(std::string(text) + "\nrequire('./x');\n");
    EXPECT_EQ(std::count(files.begin(), files.end(), "/srv/app/x"), 1) << text;
  }
}

TEST(NodePackages, AreFoundInTheDirectoriesAbove) {
  const std::string modules = "/srv/app/node_modules/";
  EXPECT_EQ(found("require('plain'); require('plain/sub');\n"), (Strings{modules + "plain/index.js", modules + "plain/sub.js"}));
  EXPECT_EQ(found("require('main');\n"), (Strings{modules + "main/lib/start.js", modules + "main/package.json"}));
  EXPECT_EQ(found("require('@scope/pkg');\n"), (Strings{modules + "@scope/pkg/dist/index.js", modules + "@scope/pkg/package.json"}));
  EXPECT_EQ(found("require('global');\n"), (Strings{"/usr/share/nodejs/global/g.js", "/usr/share/nodejs/global/package.json"})) << "where Debian has them";
  EXPECT_EQ(found("require('absent');\n"), Strings{});
}

TEST(NodePackages, SayWhatTheyExport) {
  const std::string modern = "/srv/app/node_modules/modern/";
  EXPECT_EQ(found("require('modern');\n"), (Strings{modern + "cjs.cjs", modern + "package.json"}));
  EXPECT_EQ(found("import 'modern';\n"), (Strings{modern + "esm.mjs", modern + "package.json"}));
  EXPECT_EQ(found("require('modern/sub/x');\n"), (Strings{modern + "lib/x.js", modern + "package.json"}));
  EXPECT_EQ(found("require('#inner');\n"), (Strings{"/srv/app/inner.js"}));
}

TEST(NodePackages, ThatAreLinkedAreReadWhereTheyReallyLie) {
  MemoryTree tree = project();
  tree.file("/store/linked/index.js", "").file("/store/node_modules/other/index.js", "").symlink("/srv/app/node_modules/linked", "/store/linked");
  EXPECT_EQ(found("require('linked');\n", tree), (Strings{"/srv/app/node_modules/linked/index.js"}));
  const Strings files = files_in(needs_of("require('other');\n", tree, "/store/linked/part.js"));
  EXPECT_EQ(files, (Strings{"/store/node_modules/other/index.js"}));
}

TEST(NodeNeeds, AFileThatAModuleNamesBesideItselfIsNeeded) {
  MemoryTree tree = project();
  tree.file("/srv/app/data/t.html", "").file("/srv/app/w.wasm", "");
  EXPECT_EQ(found("fs.readFileSync(path.join(__dirname, 'data', 't.html'));\nrequire(__dirname + '/a');\nnew URL('./w.wasm', import.meta.url);\nfs.readFile(`${__dirname}/x`);\n", tree),
            (Strings{"/srv/app/a.js", "/srv/app/data/t.html", "/srv/app/w.wasm", "/srv/app/x"}));
}

TEST(NodeNeeds, ProgramsThatTheScriptStartsAreCommands) {
  EXPECT_EQ(names_in(needs_of("const {execSync} = require('child_process'), cp = require('node:child_process');\nexecSync('a x | b'); cp.spawn('c', [x]); cp.exec('d'); execFile(\"/usr/bin/e\");\n/x/.exec('f'); spawn(y);\n"),
                     ScriptNeed::command),
            (Strings{"/usr/bin/e", "a", "b", "c", "d"}));
  EXPECT_EQ(names_in(needs_of("spawn('a');\n"), ScriptNeed::command), Strings{}) << "without the module that could";
}

TEST(NodeNeeds, ANameBuiltAtRunTimeIsReportedWithItsLine) {
  EXPECT_EQ(names_in(needs_of("\nrequire(name);\n"), ScriptNeed::unproved), (Strings{"line 2: require() of a name that is built at run time"}));
  EXPECT_EQ(names_in(needs_of("import(`./${x}.js`);\n"), ScriptNeed::unproved), (Strings{"line 1: import() of a name that is built at run time"}));
  EXPECT_EQ(found("require('./c/' + name + '.js');\n"), (Strings{"/srv/app/c/index.js"})) << "what lies there may all be meant";
}

// Debian's node aborts without them: "Cannot load externalized builtin".
TEST(NodeStartup, BringsTheBuiltinsThatADistributionTakesOutOfTheLibrary) {
  MemoryTree tree;
  tree.file("/usr/share/nodejs/acorn/dist/acorn.js", "").file("/usr/share/nodejs/cjs-module-lexer/lexer.js", "").file("/usr/share/nodejs/undici/undici-fetch.js", "").file("/usr/share/nodejs/other/index.js", "");
  const auto startup = [&] {
    Root root = Root::in_memory(tree);
    return files_in(startup_needs(root, ScriptLanguage::node, module_search(root, ScriptLanguage::node, kNode, "/srv/x.js")));
  };
  EXPECT_EQ(startup(), Strings{}) << "a node that has all inside";
  tree.file("/usr/lib/x86_64-linux-gnu/libnode.so.108", "");
  EXPECT_EQ(startup(), (Strings{"/usr/share/nodejs/acorn/dist/acorn.js", "/usr/share/nodejs/cjs-module-lexer/lexer.js", "/usr/share/nodejs/undici/undici-fetch.js"}));
}

TEST(NodeNeeds, HoldForEveryPrefixAndForChangedBytes) {
  MemoryTree tree = project();
  tree.file("/srv/app/entry", "");
  holds_for_hostile_forms(ScriptLanguage::node,
                          "#!/usr/bin/env node\n'use strict';\nconst a = require('./a'), b = require(`./c`);\nimport d, {e as f} from \"modern\"; export * from './d.mjs';\nawait import(`./${x}.js`);\n"
                          "require('@scope/pkg'); require('./c/' + y); x = /[/'\"]/g.test(`a ${b + `c`}`) / 2; // z\nfs.readFileSync(path.join(__dirname, 'b', 'c')); new URL('./x', import.meta.url);\n"
                          "createRequire(import.meta.url)('plain'); require('#inner'); require('modern/sub/x')\n",
                          tree, kNode);
}

TEST(NodeNeeds, PackageFilesThatAreHostileDoNoHarm) {
  for (const std::string& json : {std::string("{\"main\": \"./\"}"), std::string("{\"main\": \"../evil\"}"), std::string("{\"main\": [[[1]]]}"), std::string("{\"exports\": {\".\": {\"require\": {}}}}"),
                                  std::string("{\"exports\": \"./../../x\"}"), std::string("[]"), std::string("{\"main\":"), std::string(100000, '['), std::string("{\"a\":") + std::string(100000, '{'),
                                  std::string("{\"exports\": {\"./*\": \"./*/*/*\", \"./\": \"./\"}}"), std::string("{\"imports\": {\"#x\": \"#x\"}, \"main\": \"node_modules/evil\"}")}) {
    MemoryTree tree = project();
    tree.file("/srv/app/node_modules/evil/package.json", json);
    (void)needs_of("require('evil'); require('evil/x'); import 'evil'; require('#x');\n", tree);
  }
}

TEST(NodeNeeds, AreReadInLinearTime) {
  holds_for_large_forms(ScriptLanguage::node,
                        {"require('./a');", "x", "require(", "`${", "`", "/", "/[", "'", "/*", "import {a,", "import {", "export ", "import('./' + ", "__dirname + 'a' + ", "require.resolve(", "createRequire(", "new URL(",
                         "{", "}", "require('plain');\n", "import a from 'plain';\n", std::string("\0", 1)},
                        kNode, project());
}

TEST(NodeOracle, FindsEveryFileThatProgramsLoad) {
  if (!installed(kNode)) GTEST_SKIP() << kNode << " is not installed";
  auto root = Root::open("/");
  ASSERT_TRUE(root.has_value());
  TemporaryDirectory directory;
  size_t count = 0;
  const Strings programs = {"require('/usr/lib/node_modules/npm/lib/npm.js')", "require('/usr/lib/node_modules/npm/node_modules/semver')", "require('/usr/lib/node_modules/npm/node_modules/glob')",
                            "require('/usr/lib/node_modules/npm/node_modules/tar')", "require('/usr/lib/node_modules/npm/node_modules/pacote')", "require('/usr/lib/node_modules/npm/node_modules/chalk')",
                            "require('semver')", "require('lodash')", "require('yaml')", "require('/usr/share/nodejs/semver')", "require('/usr/share/nodejs/lodash')", "require('/usr/share/nodejs/yaml')"};
  // One process: each program as a module of its own, whose part of the cache is told from the others' by clearing it.
  std::string ask = "const report = (n) => require('fs').writeFileSync(__dirname + '/out' + n, Object.keys(require.cache).map(x => x + '\\n').join(''));\n";
  for (size_t i = 0; i < programs.size(); ++i) {
    ask += "for (const k in require.cache) delete require.cache[k];\ntry { " + programs[i] + "; report(" + std::to_string(i) + ") } catch (e) {}\n";
  }
  write_file(directory / "ask.js", ask);
  ASSERT_EQ(run_command({kNode, directory / "ask.js"}).status, 0);
  for (size_t i = 0; i < programs.size(); ++i) {
    if (!std::filesystem::exists(directory / ("out" + std::to_string(i)))) continue;
    ++count;
    const std::string entry = directory / ("entry" + std::to_string(i) + ".js");
    write_file(entry, programs[i] + ";\n");
    std::set<std::string> real = paths_in(read_file(directory / ("out" + std::to_string(i))));
    real.erase(directory / "ask.js");
    EXPECT_EQ(lines_of(without(real, script_closure(*root, ScriptLanguage::node, std::filesystem::canonical(kNode), entry))), "") << programs[i];
  }
  if (count == 0) GTEST_SKIP() << "no package for node is installed";
}

}  // namespace
}  // namespace rootlet::test
