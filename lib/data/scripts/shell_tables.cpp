#include "data/scripts/shell_tables.hpp"

#include <algorithm>

#include "data/scripts/needs.hpp"

namespace rootlet::scripts {
namespace {

// Special and regular builtins that all of them have.
constexpr std::string_view kCommon[] = {
    ".",    ":",      "[",        "alias",  "bg",  "break",   "cd",    "command", "continue", "echo",   "eval",  "exec",  "exit",
    "export", "false", "fg",      "getopts", "hash", "jobs",  "kill",  "local",   "printf",   "pwd",    "read",  "readonly",
    "return", "set",  "shift",    "test",   "times", "trap",  "true",  "type",    "ulimit",   "umask",  "unalias", "unset", "wait"};
constexpr std::string_view kDash[] = {"chdir"};
constexpr std::string_view kAsh[] = {"chdir", "help", "history", "let", "source"};
constexpr std::string_view kBash[] = {"bind",   "builtin", "caller", "compgen",   "complete", "compopt", "declare", "dirs",
                                      "disown", "enable",  "fc",     "help",      "history",  "let",     "logout",  "mapfile",
                                      "popd",   "pushd",   "readarray", "shopt",  "source",   "suspend", "typeset"};
constexpr std::string_view kKsh[] = {"autoload", "builtin", "disown", "enum",  "fc",     "float",  "functions", "integer", "let",
                                     "login",    "nameref", "newgrp", "print", "r",      "sleep",  "source",    "typeset", "whence"};
constexpr std::string_view kZsh[] = {
    "autoload", "bindkey", "builtin", "chdir",    "compdef", "compinit", "declare", "dirs",    "disable",    "disown", "emulate",
    "enable",   "fc",      "float",   "functions", "history", "integer", "let",     "limit",   "logout",     "noglob", "popd",
    "print",    "pushd",   "r",       "rehash",   "sched",   "setopt",   "source",  "stat",    "typeset",    "unfunction", "unhash",
    "unlimit",  "unsetopt", "vared",  "whence",   "where",   "which",    "zcompile", "zformat", "zle",       "zmodload", "zparseopts",
    "zregexparse", "zstyle"};

constexpr ShellPrefix kPrefixes[] = {
    // Builtins.
    {"exec", "a", 0, false, {}},
    {"command", "", 0, false, {}},
    {"builtin", "", 0, false, {}},
    {"noglob", "", 0, false, {}},
    // coreutils, findutils, util-linux, procps.
    {"env", "uCS", 0, true, " --unset --chdir "},
    {"nohup", "", 0, false, {}},
    {"nice", "n", 0, false, " --adjustment "},
    {"timeout", "sk", 1, false, " --signal --kill-after "},
    {"stdbuf", "ioe", 0, false, " --input --output --error "},
    {"xargs", "aEdILnPs", 0, false, " --arg-file --delimiter --max-lines --max-args --max-procs --max-chars "},
    {"time", "fo", 0, false, " --format --output "},
    {"setsid", "", 0, false, {}},
    {"ionice", "cnpPu", 0, false, " --class --classdata "},
    {"chrt", "pTPD", 1, false, {}},
    {"taskset", "", 1, false, {}},
    {"flock", "wE", 1, false, " --timeout --wait --conflict-exit-code "},
    {"unshare", "SGR", 0, false, " --setuid --setgid --root "},
    {"nsenter", "tSGr", 0, false, " --target "},
    {"setpriv", "", 0, false, " --reuid --regid --groups --inh-caps --bounding-set --securebits "},
    {"runuser", "ugG", 0, false, " --user --group "},
    {"setarch", "", 0, false, {}},
    {"linux32", "", 0, false, {}},
    {"linux64", "", 0, false, {}},
    {"watch", "n", 0, false, " --interval "},
    {"choom", "np", 0, false, {}},
    // Users, containers and environments.
    {"sudo", "ugCDhpRTrt", 0, true, " --user --group --chdir --host --prompt "},
    {"doas", "uC", 0, false, {}},
    {"gosu", "", 1, false, {}},
    {"su-exec", "", 1, false, {}},
    {"chpst", "ubemodnlp", 0, false, {}},
    {"setuidgid", "", 1, false, {}},
    {"s6-setuidgid", "", 1, false, {}},
    {"tini", "pe", 0, false, {}},
    {"dumb-init", "", 0, false, {}},
    {"catatonit", "", 0, false, {}},
    {"with-contenv", "", 0, false, {}},
    {"eatmydata", "", 0, false, {}},
    {"faketime", "f", 1, false, {}},
    {"torsocks", "", 0, false, {}},
    {"unbuffer", "", 0, false, {}},
    {"prlimit", "", 0, false, {}},
    {"systemd-inhibit", "", 0, false, {}},
    {"catchsegv", "", 0, false, {}},
    {"fakeroot", "lsib", 0, false, {}},
    {"fakechroot", "", 0, false, {}},
    {"dbus-run-session", "", 0, false, {}},
    {"dbus-launch", "", 0, false, {}},
    {"systemd-cat", "tp", 0, false, {}},
    {"systemd-run", "pu", 0, false, " --unit --property --slice "},
    {"cgexec", "g", 0, false, {}},
    {"numactl", "CNmip", 0, false, {}},
    {"xvfb-run", "enfpsw", 0, false, {}},
    {"strace", "eopPsSu", 0, false, {}},
    {"ltrace", "eopsu", 0, false, {}},
    {"valgrind", "", 0, false, {}},
};

constexpr std::string_view kShells[] = {"sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "su", "runuser"};

}  // namespace

bool is_shell_builtin(Shell shell, std::string_view name) {
  if (listed(name, kCommon)) return true;
  switch (shell) {
    case Shell::dash: return listed(name, kDash);
    case Shell::ash: return listed(name, kAsh);
    case Shell::bash: return listed(name, kBash);
    case Shell::ksh: return listed(name, kKsh);
    case Shell::zsh: return listed(name, kZsh);
  }
  return false;
}

const ShellPrefix* shell_prefix(std::string_view name) {
  const auto found = std::find_if(std::begin(kPrefixes), std::end(kPrefixes), [&](const ShellPrefix& each) { return each.name == name; });
  return found != std::end(kPrefixes) ? found : nullptr;
}

bool takes_script(std::string_view name) { return listed(name, kShells); }

}  // namespace rootlet::scripts
