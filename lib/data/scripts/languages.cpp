// Which language a script is in, and one door to the reader of each.
#include "data/scripts/lua.hpp"
#include "data/scripts/needs.hpp"
#include "data/scripts/node.hpp"
#include "data/scripts/perl.hpp"
#include "data/scripts/php.hpp"
#include "data/scripts/python.hpp"
#include "data/scripts/ruby.hpp"
#include "data/scripts/shell.hpp"
#include "data/scripts/tcl.hpp"

namespace rootlet {
namespace {

struct Name {
  std::string_view text;
  ScriptLanguage language;
};

// Interpreters by what is left of their file's name without its version.
constexpr Name kInterpreters[] = {
    {"python", ScriptLanguage::python}, {"pypy", ScriptLanguage::python},   {"perl", ScriptLanguage::perl},
    {"ruby", ScriptLanguage::ruby},     {"jruby", ScriptLanguage::ruby},    {"php", ScriptLanguage::php},
    {"node", ScriptLanguage::node},     {"nodejs", ScriptLanguage::node},   {"lua", ScriptLanguage::lua},
    {"luajit", ScriptLanguage::lua},    {"tclsh", ScriptLanguage::tcl},     {"wish", ScriptLanguage::tcl},
    {"expect", ScriptLanguage::tcl},    {"sh", ScriptLanguage::shell},      {"bash", ScriptLanguage::shell},
    {"dash", ScriptLanguage::shell},    {"ash", ScriptLanguage::shell},     {"ksh", ScriptLanguage::shell},
    {"mksh", ScriptLanguage::shell},    {"zsh", ScriptLanguage::shell},     {"yash", ScriptLanguage::shell},
    {"posh", ScriptLanguage::shell},    {"rbash", ScriptLanguage::shell},   {"busybox", ScriptLanguage::shell}, {"fish", ScriptLanguage::shell},
};

constexpr Name kEndings[] = {
    {".py", ScriptLanguage::python},  {".pyw", ScriptLanguage::python}, {".pl", ScriptLanguage::perl},  {".pm", ScriptLanguage::perl},
    {".ph", ScriptLanguage::perl},    {".al", ScriptLanguage::perl},    {".rb", ScriptLanguage::ruby},  {".php", ScriptLanguage::php},
    {".js", ScriptLanguage::node},    {".mjs", ScriptLanguage::node},   {".cjs", ScriptLanguage::node}, {".lua", ScriptLanguage::lua},
    {".tcl", ScriptLanguage::tcl},    {".tm", ScriptLanguage::tcl},     {".sh", ScriptLanguage::shell}, {".bash", ScriptLanguage::shell}, {".zsh", ScriptLanguage::shell}, {".ksh", ScriptLanguage::shell}, {".fish", ScriptLanguage::shell},
};

// The language of a file that is not in shell, by its first line or its name.
std::optional<ScriptLanguage> other_language(std::string_view path, std::string_view text) {
  std::string_view interpreter;
  if (text.starts_with("#!")) {
    scripts::each_part(text.substr(2, std::min(text.find('\n'), size_t{256}) - 2), " \t\r", [&](std::string_view word) {
      if (interpreter.empty() && scripts::base_name(word) != "env" && !word.starts_with('-')) interpreter = word;
    });
  }
  const auto language = script_language(interpreter, path);
  return language && *language != ScriptLanguage::shell ? language : std::nullopt;
}

// The interpreter that a root has for a language, canonical.
std::string default_interpreter(Root& root, ScriptLanguage language) {
  for (const Name& each : kInterpreters) {
    if (each.language != language) continue;
    for (const char* directory : {"/usr/local/bin/", "/usr/bin/"}) {
      for (const char* version : {"3", ""}) {
        const Walk walk = root.walk(std::string(directory).append(each.text).append(version));
        if (walk.node != nullptr && walk.node->is_file()) return walk.node->path();
      }
    }
  }
  return {};
}

}  // namespace

std::optional<ScriptLanguage> script_language(std::string_view interpreter, std::string_view file_name) {
  // "python3.11", "perl5.36-x86_64-linux-gnu", "php8.2", "tclsh8.6": the letters in front.
  std::string_view name = scripts::base_name(interpreter);
  name = name.substr(0, std::min(name.find_first_of("0123456789-."), name.size()));
  for (const Name& each : kInterpreters) {
    if (name == each.text) return each.language;
  }
  const std::string_view file = scripts::base_name(file_name);
  const size_t dot = file.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return std::nullopt;
  for (const Name& each : kEndings) {
    if (file.substr(dot) == each.text) return each.language;
  }
  return std::nullopt;
}

ModuleSearch module_search(Root& root, ScriptLanguage language, std::string_view interpreter, std::string_view script) {
  switch (language) {
    case ScriptLanguage::python: return scripts::python_search(root, interpreter, script);
    case ScriptLanguage::perl: return scripts::perl_search(root, interpreter, script);
    case ScriptLanguage::node: return scripts::node_search(root, interpreter, script);
    case ScriptLanguage::lua: return scripts::lua_search(root, interpreter, script);
    case ScriptLanguage::ruby: return scripts::ruby_search(root, interpreter, script);
    case ScriptLanguage::tcl: return scripts::tcl_search(root, interpreter, script);
    case ScriptLanguage::php: return scripts::php_search(root, interpreter, script);
    case ScriptLanguage::shell: return scripts::shell_search(interpreter, script);
  }
  return {};
}

void scripts::script_needs_of(Needs& needs, ScriptLanguage language, const ModuleSearch& search, std::string_view path, std::string_view text) {
  if (text.size() > kMaxScriptBytes) return;
  switch (language) {
    case ScriptLanguage::python: return python_needs(needs, search, path, text);
    case ScriptLanguage::perl: return perl_needs(needs, search, path, text);
    case ScriptLanguage::node: return node_needs(needs, search, path, text);
    case ScriptLanguage::lua: return lua_needs(needs, search, path, text);
    case ScriptLanguage::ruby: return ruby_needs(needs, search, path, text);
    case ScriptLanguage::tcl: return tcl_needs(needs, search, path, text);
    case ScriptLanguage::php: return php_needs(needs, search, path, text);
    case ScriptLanguage::shell: return shell_needs(needs, search, path, text);
  }
}

void scripts::startup_needs_of(Needs& needs, ScriptLanguage language, const ModuleSearch& search) {
  switch (language) {
    case ScriptLanguage::python: return python_startup_needs(needs, search);
    case ScriptLanguage::ruby: return ruby_startup_needs(needs, search);
    case ScriptLanguage::tcl: return tcl_startup_needs(needs, search);
    case ScriptLanguage::node: return node_startup_needs(needs);
    case ScriptLanguage::php: return php_startup_needs(needs, search);
    default: return;  // these start with nothing but themselves
  }
}

std::vector<ScriptNeed> script_needs(Root& root, ScriptLanguage language, const ModuleSearch& search, std::string_view path,
                                     std::string_view text) {
  scripts::Needs needs(root);
  // What a shell script brings may be modules of a program in another language that it starts.
  const auto other = language == ScriptLanguage::shell && path != search.script ? other_language(path, text) : std::nullopt;
  if (!other) {
    scripts::script_needs_of(needs, language, search, path, text);
  } else {
    ModuleSearch own = module_search(root, *other, default_interpreter(root, *other), path);
    own.script = search.script;
    scripts::script_needs_of(needs, *other, own, path, text);
  }
  return needs.take();
}

std::vector<ScriptNeed> startup_needs(Root& root, ScriptLanguage language, const ModuleSearch& search) {
  scripts::Needs needs(root);
  scripts::startup_needs_of(needs, language, search);
  return needs.take();
}

}  // namespace rootlet
