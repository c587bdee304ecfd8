// Lua: what counts as a require, and where modules are found.
#include <gtest/gtest.h>

#include "data/scripts_closure.hpp"

namespace rootlet::test {
namespace {

constexpr const char* kLua = "/usr/bin/lua5.4";
const std::string kShare = "/usr/share/lua/5.4/", kNative = "/usr/lib/x86_64-linux-gnu/lua/5.4/";

MemoryTree library() {
  MemoryTree tree;
  tree.file(kShare + "a.lua", "").file(kShare + "b/init.lua", "").file(kShare + "b/c.lua", "").file(kNative + "d.so", "").file(kNative + "e/core.so", "").directory("/usr/share/lua/5.1");
  return tree;
}

std::vector<ScriptNeed> needs_of(const std::string& text, const MemoryTree& tree = library()) {
  Root root = Root::in_memory(tree);
  const ModuleSearch search = module_search(root, ScriptLanguage::lua, kLua, "/srv/app/entry.lua");
  return script_needs(root, ScriptLanguage::lua, search, "/srv/app/entry.lua", text);
}

Strings found(const std::string& text, const MemoryTree& tree = library()) { return files_in(needs_of(text, tree)); }

TEST(LuaRequires, AreReadInAllTheirForms) {
  EXPECT_EQ(found("local a = require 'a'\nrequire(\"b\").x()\nlocal ok, c = pcall(require, 'b.c')\nrequire[[d]]\nlocal e = require \"e.core\"\nif x then require('nowhere') end\n"),
            (Strings{kNative + "d.so", kNative + "e/core.so", kShare + "a.lua", kShare + "b/c.lua", kShare + "b/init.lua"}));
  EXPECT_EQ(found("require [==[a]==]\nlocal x = {require'b'}\nreturn require 'd'\n"), (Strings{kNative + "d.so", kShare + "a.lua", kShare + "b/init.lua"}));
}

TEST(LuaRequires, InTextAndCommentsAreNone) {
  EXPECT_EQ(found("-- require 'a'\n--[[ require 'a'\nrequire 'a' ]]\n--[==[\n]] require 'a'\n]==]\nprint 'require \"a\"'\nx.require 'a'\nlocal y = [[\nrequire 'a'\n]]\nprint(\"\\\"\") require 'd'\n"),
            (Strings{kNative + "d.so"}));
}

TEST(LuaRequires, FollowThePathThatTheScriptChanges) {
  MemoryTree tree = library();
  tree.file("/opt/x/m.lua", "").file("/srv/app/lib/n.lua", "").file("/srv/app/o.lua", "").file("/opt/x/p.so", "");
  EXPECT_EQ(found("package.path = '/opt/x/?.lua;' .. package.path\npackage.path = package.path .. ';./lib/?.lua'\npackage.cpath = '/opt/x/?.so;' .. package.cpath\n"
                  "require 'm'; require 'n'; require 'o'; require 'p'\n", tree),
            (Strings{"/opt/x/m.lua", "/opt/x/p.so", "/srv/app/lib/n.lua", "/srv/app/o.lua"}));
}

TEST(LuaRequires, OfAPartOfANativeModuleAreItsWhole) {
  MemoryTree tree = library();
  tree.file(kNative + "all.so", "");
  EXPECT_EQ(found("require 'all.part'\n", tree), (Strings{kNative + "all.so"}));
}

TEST(LuaNeeds, FilesThatAreRunAreNeeded) {
  MemoryTree tree = library();
  tree.file("/srv/app/x.lua", "").file("/opt/y.lua", "");
  EXPECT_EQ(found("dofile('x.lua')\nlocal f = loadfile '/opt/y.lua'\n", tree), (Strings{"/opt/y.lua", "/srv/app/x.lua"}));
}

TEST(LuaNeeds, ProgramsThatTheScriptStartsAreCommands) {
  EXPECT_EQ(names_in(needs_of("os.execute('a x | b')\nlocal p = io.popen 'c'\nos.execute(x)\n"), ScriptNeed::command), (Strings{"a", "b", "c"}));
}

TEST(LuaNeeds, ANameBuiltAtRunTimeIsReportedWithItsLine) {
  EXPECT_EQ(names_in(needs_of("\nrequire(name)\nrequire('a' .. x)\n"), ScriptNeed::unproved),
            (Strings{"line 2: require() of a name that is built at run time", "line 3: require() of a name that is built at run time"}));
  EXPECT_EQ(names_in(needs_of("\x1bLua\x54"), ScriptNeed::unproved).size(), 1u) << "compiled";
}

TEST(LuaSearch, FollowsTheOrderOfTheInterpretersPath) {
  Root root = Root::in_memory(library());
  EXPECT_EQ(module_search(root, ScriptLanguage::lua, kLua, "/srv/x.lua").directories,
            (Strings{kShare + "?.lua", kShare + "?/init.lua", kNative + "?.so", "/srv/?.lua", "/srv/?/init.lua", "/srv/?.so"}));
  EXPECT_EQ(module_search(root, ScriptLanguage::lua, "/usr/bin/luajit", "").directories, (Strings{"/usr/share/lua/5.1/?.lua", "/usr/share/lua/5.1/?/init.lua"}));
}

TEST(LuaNeeds, HoldForEveryPrefixAndForChangedBytes) {
  MemoryTree tree = library();
  tree.file("/srv/app/x.lua", "");
  holds_for_hostile_forms(ScriptLanguage::lua,
                          "#!/usr/bin/lua\n--[[ x ]] local a, b = require 'a', require(\"b.c\") -- y\npackage.path = './?.lua;' .. package.path .. [[;/x/?.lua]]\n"
                          "local ok = pcall(require, 'd')\ndofile 'x.lua'; print([==[ ]] ]==], 'a\\'b', require(x .. 'y')); package.cpath = 1\nrequire 'e.core'\n",
                          tree, kLua);
}

TEST(LuaNeeds, AreReadInLinearTime) {
  holds_for_large_forms(ScriptLanguage::lua, {"require 'a' ", "x", "[", "[=", "[[", "--[[", "--[==[\n", "'", "\"\\\n", "package.path = '/x/?.lua' ", "package.", "require(", "pcall(require, ", "]]", std::string("\0", 1)},
                        kLua, library());
}

TEST(LuaOracle, FindsEveryFileThatModulesLoad) {
  std::string interpreter;
  for (const char* each : {"/usr/bin/lua5.4", "/usr/bin/lua5.3", "/usr/bin/lua5.1", "/usr/bin/lua"}) {
    if (interpreter.empty() && installed(each)) interpreter = std::filesystem::canonical(each);
  }
  if (interpreter.empty()) GTEST_SKIP() << "no lua is installed";
  auto root = Root::open("/");
  ASSERT_TRUE(root.has_value());
  TemporaryDirectory directory;
  size_t count = 0;
  for (const std::string module : {"string", "socket", "socket.http", "ltn12", "mime", "cjson", "cjson.util", "lpeg", "re", "pl.pretty", "pl.path", "pl", "posix", "lfs"}) {
    const auto run = run_command({interpreter, "-e",
                                  "require '" + module + "'\nfor name in pairs(package.loaded) do for _, path in ipairs{package.path, package.cpath} do\n"
                                      "local found = package.searchpath and package.searchpath(name, path) if found then print(found) end end end"});
    if (run.status != 0) continue;
    ++count;
    const std::string entry = directory / ("entry" + std::to_string(count));
    write_file(entry, "require '" + module + "'\n");
    EXPECT_EQ(lines_of(without(paths_in(run.out), script_closure(*root, ScriptLanguage::lua, interpreter, entry))), "") << "require '" << module << "'";
  }
  EXPECT_GT(count, 0u);
}

}  // namespace
}  // namespace rootlet::test
