// Shell: which commands a script starts, which files it reads in.
#include <gtest/gtest.h>

#include "data/scripts_closure.hpp"

namespace rootlet::test {
namespace {

std::vector<ScriptNeed> needs_of(const std::string& text, const std::string& shell = "dash", const MemoryTree& tree = {}) {
  Root root = Root::in_memory(tree);
  const ModuleSearch search = module_search(root, ScriptLanguage::shell, "/usr/bin/" + shell, "/srv/app/entry");
  return script_needs(root, ScriptLanguage::shell, search, "/srv/app/entry", text);
}

Strings commands_of(const std::string& text, const std::string& shell = "dash", const MemoryTree& tree = {}) {
  return names_in(needs_of(text, shell, tree), ScriptNeed::command);
}

Strings unproved_of(const std::string& text, const std::string& shell = "dash", const MemoryTree& tree = {}) {
  return names_in(needs_of(text, shell, tree), ScriptNeed::unproved);
}

TEST(ShellCommands, StandAtTheStartOfAListsParts) {
  EXPECT_EQ(commands_of("a\nb; c & d && e || f\ng | h |& i\n! j\n(k; (l))\n{ m; }\n"),
            (Strings{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m"}));
}

TEST(ShellCommands, StandInEveryCompoundCommand) {
  EXPECT_EQ(commands_of("if a; then b; elif c; then d; else e; fi\nwhile f; do g; done\nuntil h; do i; done\nfor x in 1 2; do j; done\n"
                        "case $x in p|q) k;; (r) l ;; *) m\nesac\nfor y\ndo n\ndone\nfor z in $(o); do p; done\n"),
            (Strings{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p"}));
}

TEST(ShellCommands, StandInSubstitutions) {
  EXPECT_EQ(commands_of("x=$(a \"$(b)\") y=`c \\`d\\`` echo \"${z:-$(e)}\" $(($(f)+1)) <$(g) >\"$(h)\"\necho \"`i`\"\n"),
            (Strings{"a", "b", "c", "d", "e", "f", "g", "h", "i"}));
  EXPECT_EQ(commands_of("a <(b) >(c | d)\ne < <(f)\n", "bash"), (Strings{"a", "b", "c", "d", "e", "f"}));
}

// What a file defines that nobody can find is not known: a name may be a function of it.
TEST(ShellCommands, MayBeFunctionsOfAFileThatIsNotKnown) {
  const auto doubtful = [](const std::string& text) {
    Strings names;
    for (const ScriptNeed& need : needs_of(text)) {
      if (need.perhaps) names.push_back(need.name);
    }
    return names;
  };
  EXPECT_EQ(doubtful(". \"$(where)/functions\"\ngreet\ncommand sed\n"), (Strings{"greet", "where"}));
  EXPECT_EQ(doubtful(". /absent\ngreet\n"), Strings{"greet"});
  EXPECT_EQ(doubtful("greet\n"), Strings{});
}

TEST(ShellCommands, OfBuiltinAreBuiltins) {
  EXPECT_EQ(commands_of("builtin pwd -W\nbuiltin cd /x\na\n", "sh"), Strings{"a"});
}

TEST(ShellCommands, InTextAndCommentsAreNone) {
  EXPECT_EQ(commands_of("# a\nb '$(c)' \"\\$(d)\" \\$e #f\ng h#i\n"), (Strings{"b", "g"}));
  EXPECT_EQ(commands_of("a b\\\nc\nd \\\n  e\nf 'g\nh\n' i\n"), (Strings{"a", "d", "f"})) << "lines go on";
}

TEST(ShellCommands, ComeAfterAssignmentsAndRedirections) {
  EXPECT_EQ(commands_of("A=1 B='2 3' a\n>x b\n2>&1 c\n<x >y d\nC=$(e) f >&2 2>/dev/null\nexec 3<x\n&>x g\n{fd}>x h\n", "bash"),
            (Strings{"a", "b", "c", "d", "e", "f", "g", "h"}));
}

TEST(ShellCommands, InHereDocumentsAreThoseThatAreExpanded) {
  EXPECT_EQ(commands_of("a <<E\nb $(c) `d`\nE\ne <<'E'\n$(f)\nE\ng <<-E | h\n\ti $(j)\n\tE\nk <<E1 <<E2\nl\nE1\nm\nE2\nn\n"),
            (Strings{"a", "c", "d", "e", "g", "h", "j", "k", "n"}));
  EXPECT_EQ(commands_of("x=$(a <<E\n)'\"\nE\n)\nb\n"), (Strings{"a", "b"}));
  EXPECT_EQ(commands_of("a <<< \"$(b)\" c\nd\n", "bash"), (Strings{"a", "b", "d"}));
}

TEST(ShellCommands, ThatAreBuiltInDifferByShell) {
  EXPECT_EQ(commands_of("cd x; echo y; [ -f z ]; test a; printf b; read c; umask 0; local d; export e; . /f; true; kill 1; wait; shift; trap - INT\n"), Strings{});
  EXPECT_EQ(commands_of("source x; pushd y; declare z; shopt -s a; mapfile b; let c=1\n", "bash"), Strings{});
  EXPECT_EQ(commands_of("pushd y; seq 3\n"), (Strings{"pushd", "seq"}));
  EXPECT_EQ(commands_of("sleep 1; true\n"), (Strings{"sleep"}));
}

TEST(ShellCommands, ThatAreFunctionsAreNone) {
  EXPECT_EQ(commands_of("a() { b; }\nfunction c { d; }\nfunction e() { f; }\na; c; e; g() (h); g\n", "bash"), (Strings{"b", "d", "f", "h"}));
  EXPECT_EQ(commands_of("a\na() {\n b\n}\n"), (Strings{"b"})) << "defined after its first call in the text";
  EXPECT_EQ(commands_of("ls() { command ls --color \"$@\"; }\nls x\n"), (Strings{"ls"})) << "a function around the command";
}

TEST(ShellCommands, FollowThePrefixesThatStartThem) {
  EXPECT_EQ(commands_of("if [ x ]; then exec a b; fi\nnohup c &\nenv -i X=1 Y=2 d e\nenv -u Z f\nnice -n 5 g\nxargs -0 -n 1 -I{} h {}\ntimeout -s KILL 5 i\ncommand j\n"
                        "sudo -u root k\nstdbuf -oL l\nsetsid m\n(exec -a n o)\nflock -n /x p\nfind . -name x -exec q {} \\; -o -execdir r {} +\n"),
            (Strings{"a", "c", "d", "env", "f", "find", "flock", "g", "h", "i", "j", "k", "l", "m", "nice", "nohup", "o", "p", "q", "r", "setsid", "stdbuf",
                     "sudo", "timeout", "xargs"}));
  EXPECT_EQ(commands_of("find /x | xargs sed -i s/a/b/ | sort | uniq -c | awk '{print $1}' | tee y\n"), (Strings{"awk", "find", "sed", "sort", "tee", "uniq", "xargs"}));
  EXPECT_EQ(commands_of("env\nxargs\nexec\nnice\nnohup\n"), (Strings{"env", "nice", "nohup", "xargs"}));
}

TEST(ShellCommands, ThatAPrefixStartsAreProgramsNotBuiltins) {
  EXPECT_EQ(commands_of("xargs echo\nenv printf x\nfind . -exec test -f {} \\;\n"), (Strings{"echo", "env", "find", "printf", "test", "xargs"}));
}

TEST(ShellCommands, StandInScriptsThatAreArguments) {
  EXPECT_EQ(commands_of("sh -c 'a | b'\nbash -ec \"c; d\"\neval 'e; f'\ntrap 'g; h' EXIT\nsu x -c 'i'\nxargs sh -c 'j \"$@\"' --\nenv -i sh -c k\n"),
            (Strings{"a", "b", "bash", "c", "d", "e", "env", "f", "g", "h", "i", "j", "k", "sh", "su", "xargs"}));
  EXPECT_EQ(commands_of("find . -exec sh -c 'a \"$1\"' _ {} \\;\n"), (Strings{"a", "find", "sh"}));
  EXPECT_EQ(commands_of("eval \"a\" $x\neval \"x=\\$y\"\neval y=\\$$x\n"), (Strings{"a"}));
}

TEST(ShellCommands, ThatAreOnlyLookedForAreNone) {
  EXPECT_EQ(commands_of("command -v a >/dev/null && b\nif type c; then d; fi\nhash e 2>/dev/null\n"), (Strings{"b", "d"}));
  EXPECT_EQ(commands_of("if which x; then y; fi\n"), (Strings{"which", "y"}));
}

TEST(ShellCommands, AreToldByTheValuesOfVariables) {
  EXPECT_EQ(commands_of("A=a\n$A x\nB=\"b -c\"\n$B y\nD=${E:-d}\n\"$D\"\n: ${F:=f}\n$F\n${G-g} x\n"), (Strings{"a", "b", "d", "f", "g"}));
  EXPECT_EQ(commands_of("DIR=/usr/lib/x\n$DIR/a\n\"${DIR}/b\" c\nexec \"$DIR\"/d\n"), (Strings{"/usr/lib/x/a", "/usr/lib/x/b", "/usr/lib/x/d"}));
  EXPECT_EQ(commands_of("for c in a b; do $c --version; done\nif x; then P=p; else P=q; fi\n$P\n"), (Strings{"a", "b", "p", "q", "x"}));
  EXPECT_EQ(commands_of("A=$(command -v a || echo b)\n$A\n"), (Strings{"a", "b"}));
  EXPECT_EQ(commands_of("set -- a b\n\"$@\"\n"), (Strings{"a"}));
  EXPECT_EQ(commands_of("a=(b -c)\n\"${a[@]}\" d\n", "bash"), (Strings{"b"}));
  EXPECT_EQ(commands_of("readonly A=a; export B=b\nlocal C=c\n$A; $B; $C\n"), (Strings{"a", "b", "c"}));
  EXPECT_EQ(commands_of("PAGER=${PAGER:-${MORE:-more}}\n$PAGER x\n"), (Strings{"more"}));
}

TEST(ShellCommands, AreFoundWhereAWrapperIsCalled) {
  EXPECT_EQ(commands_of("run() { echo \"$@\"; \"$@\" || exit 1; }\nrun a b\nrun c\n"), (Strings{"a", "c"}));
  EXPECT_EQ(commands_of("try() { shift; \"$@\"; }\ntry 'message' a b\n"), (Strings{"a"}));
  EXPECT_EQ(commands_of("have() { command -v \"$1\" >/dev/null 2>&1; }\nhave a && b\n"), (Strings{"b"}));
  EXPECT_EQ(commands_of("quiet() { \"$@\" >/dev/null; }\nf() { a; }\nquiet f\n"), (Strings{"a"}));
}

TEST(ShellCommands, BehindTheLastExecOrExitAreNone) {
  EXPECT_EQ(commands_of("a\nexec b \"$0\"\nc\n"), (Strings{"a", "b"}));
  EXPECT_EQ(commands_of("a; exit 0; b\n\x7f""ELF c"), (Strings{"a"}));
  EXPECT_EQ(commands_of("exec <<E\n$(a)\nE\nb\nexec c &\n[ x ] &&\n exec d\nexec 3>x\nexec\n(exec e)\nf() { exec g; }\nfalse || exit 1\nwhile [ x ]; do exit; done\n"
                        "case x in y) exit ;; esac\nx=$(exec h)\ni\n"),
            (Strings{"a", "b", "c", "d", "e", "g", "h", "i"}));
}

TEST(ShellCommands, AfterOptionsInGroupsAndOptionsWithVariables) {
  EXPECT_EQ(commands_of("xargs -rn 1 a\nxargs -0n1 b\nsudo -Eu root c\nxargs --max-chars=$x d\nxargs -P\"$n\" e\nenv -iu X f\ntini -g -- g\n"),
            (Strings{"a", "b", "c", "d", "e", "env", "f", "g", "sudo", "tini", "xargs"}));
}

TEST(ShellCommands, ThatAnEntryPointPutsInFrontOfItsArgumentsAreFound) {
  EXPECT_EQ(commands_of("#!/bin/sh\nset -e\nif [ \"${1#-}\" != \"$1\" ]; then\n  set -- server --flag \"$@\"\nfi\n"
                        "if [ \"$1\" = server ] && [ \"$(id -u)\" = 0 ]; then exec gosu user \"$0\" \"$@\"; fi\nexec \"$@\"\n"),
            (Strings{"/srv/app/entry", "gosu", "id", "server"}));
}

TEST(ShellCommands, InADirectoryThatRunPartsOrAPatternNamesAreAllItsFiles) {
  MemoryTree tree;
  tree.file("/etc/x.d/a", "").file("/etc/x.d/b", "").directory("/etc/x.d/c");
  EXPECT_EQ(commands_of("run-parts --report /etc/x.d\n", "dash", tree), (Strings{"/etc/x.d/a", "/etc/x.d/b", "run-parts"}));
  EXPECT_EQ(commands_of("for s in /etc/x.d/*; do \"$s\" start; done\n", "dash", tree), (Strings{"/etc/x.d/a", "/etc/x.d/b"}));
}

TEST(ShellCommands, StartFromTheDirectoriesThatTheScriptGoesTo) {
  MemoryTree tree;
  tree.file("/opt/x/run", "").file("/opt/x/lib.sh", "").file("/srv/app/sub/tool", "");
  EXPECT_EQ(commands_of("cd /opt/x && ./run\ncd \"$(dirname \"$0\")/sub\"\n./tool\n", "dash", tree), (Strings{"/opt/x/run", "/srv/app/sub/tool", "dirname"}));
  EXPECT_EQ(files_in(needs_of("cd /opt/x\n. ./lib.sh\n", "dash", tree)), (Strings{"/opt/x/lib.sh"}));
}

TEST(ShellCommands, BesideTheScriptAreGivenByTheirPath) {
  MemoryTree tree;
  tree.file("/srv/app/tool", "").file("/srv/lib/other", "");
  EXPECT_EQ(commands_of("$(dirname \"$0\")/tool\n", "dash", tree), (Strings{"/srv/app/tool", "dirname"}));
  EXPECT_EQ(commands_of("here=$(cd \"$(dirname \"$0\")\" && pwd)\n\"$here/../lib/other\"\n", "dash", tree), (Strings{"/srv/lib/other", "dirname"}));
  EXPECT_EQ(commands_of("\"${BASH_SOURCE[0]%/*}/tool\"\n", "bash", tree), (Strings{"/srv/app/tool"}));
  EXPECT_EQ(commands_of("./tool\n", "dash", tree), (Strings{"/srv/app/tool"}));
}

TEST(ShellCommands, ThatNobodyCanTellAreReportedWithTheirLine) {
  EXPECT_EQ(unproved_of("a\n\"$UNSET_NAME\" b\n"), (Strings{"line 2: runs ${UNSET_NAME}"}));
  EXPECT_EQ(unproved_of("\n\n$(cat x) b\n"), (Strings{"line 3: runs $(cat x)"}));
  EXPECT_EQ(unproved_of("sed \"$x\" $y \"$(a)\"\ncd \"$z\"\n"), Strings{}) << "arguments may be anything";
}

TEST(ShellFiles, ThatAreReadInAreNeeded) {
  MemoryTree tree;
  tree.file("/usr/lib/x/functions.sh", "helper() { inside; }\n").file("/srv/app/lib.sh", "").file("/etc/default/x", "");
  EXPECT_EQ(files_in(needs_of(". /usr/lib/x/functions.sh\n[ -r /etc/default/x ] && . /etc/default/x\nD=$(dirname \"$0\")\n. \"$D/lib.sh\"\n", "dash", tree)),
            (Strings{"/etc/default/x", "/srv/app/lib.sh", "/usr/lib/x/functions.sh"}));
  EXPECT_EQ(files_in(needs_of("source /usr/lib/x/functions.sh\nsource \"$(dirname \"${BASH_SOURCE[0]}\")/lib.sh\"\n", "bash", tree)),
            (Strings{"/srv/app/lib.sh", "/usr/lib/x/functions.sh"}));
  EXPECT_EQ(commands_of(". /usr/lib/x/functions.sh\nhelper\nother\n", "dash", tree), (Strings{"other"})) << "a function of the file is no command";
  EXPECT_EQ(unproved_of(". /absent\n", "dash", tree), (Strings{"line 1: reads in /absent, which is not there"}));
  EXPECT_EQ(unproved_of("\n. \"$X/y\"\n", "dash", tree), (Strings{"line 2: reads in ${X}/y"}));
}

TEST(ShellFiles, ThatAreReadInGiveTheirVariablesAndFurtherFiles) {
  MemoryTree tree;
  tree.file("/etc/default/x", "DAEMON=/usr/sbin/xd\n. /usr/lib/x/more.sh\n").file("/usr/lib/x/more.sh", "TOOL=tool\nhelper() { :; }\n");
  EXPECT_EQ(commands_of(". /etc/default/x\nstart-stop-daemon --start --exec \"$DAEMON\"\n$TOOL\nhelper\n", "dash", tree),
            (Strings{"/usr/sbin/xd", "start-stop-daemon", "tool"}));
}

// A shell script may be a wrapper for a program in another language.
TEST(ShellFiles, OfOtherLanguagesAreReadAsWhatTheyAre) {
  MemoryTree tree;
  tree.file("/usr/bin/python3", "").file("/usr/lib/python3.11/os.py", "").file("/usr/lib/python3.11/encodings/__init__.py", "").file("/usr/lib/python3.11/json.py", "");
  tree.file("/usr/lib/python3.11/runpy.py", "").file("/opt/x/main.py", "import json, helper\n").file("/opt/x/helper.py", "import os\n").file("/usr/lib/python3.11/tool.py", "");
  const auto has = [](const Strings& all, const std::string& one) { return std::count(all.begin(), all.end(), one) == 1; };
  Strings found = files_in(needs_of("exec python3 -u /opt/x/main.py \"$@\"\n", "dash", tree));
  EXPECT_TRUE(has(found, "/opt/x/main.py") && has(found, "/opt/x/helper.py") && has(found, "/usr/lib/python3.11/json.py"));
  EXPECT_TRUE(has(found, "/usr/lib/python3.11/encodings/__init__.py")) << "what it loads at every start";
  found = files_in(needs_of("cd /opt/x\npython3 main.py\n", "dash", tree));
  EXPECT_TRUE(has(found, "/opt/x/helper.py"));
  found = files_in(needs_of("x=$(python3 -c 'import json; print(1)')\npython3 -Wd -m tool\n", "dash", tree));
  EXPECT_TRUE(has(found, "/usr/lib/python3.11/json.py") && has(found, "/usr/lib/python3.11/tool.py") && has(found, "/usr/lib/python3.11/runpy.py"));
  // Two languages in one file: the shell starts python with the file itself.
  found = files_in(needs_of("#!/bin/sh\n'''exec' python3 \"$0\" \"$@\"\n' '''\nimport json\n", "dash", tree));
  EXPECT_TRUE(has(found, "/usr/lib/python3.11/json.py"));

  Root root = Root::in_memory(tree);
  const ModuleSearch search = module_search(root, ScriptLanguage::shell, "/usr/bin/dash", "/srv/app/entry");
  EXPECT_EQ(files_in(script_needs(root, ScriptLanguage::shell, search, "/opt/x/helper.py", "import os\n")), (Strings{"/usr/lib/python3.11/os.py"}))
      << "asked for as a part of the shell script";
}

TEST(ShellFiles, InHereDocumentsForInterpretersAreRead) {
  MemoryTree tree;
  tree.file("/usr/bin/perl", "").file("/usr/share/perl/5.36/POSIX.pm", "").file("/usr/share/perl/5.36/Foo.pm", "");
  EXPECT_EQ(files_in(needs_of("perl - x <<'E' | sort\nuse POSIX;\nE\ncat <<F | perl\nuse Foo;\nF\n", "dash", tree)), (Strings{"/usr/share/perl/5.36/POSIX.pm"}));
  EXPECT_EQ(commands_of("sh <<'E'\na; b\nE\nbash -s x <<E\nc\nE\nsh script <<E\nd\nE\ncat <<E\ne\nE\n"), (Strings{"a", "b", "bash", "c", "cat", "sh"}));
}

TEST(ShellFiles, ThatInterpretersAreGivenByOptions) {
  MemoryTree tree;
  tree.file("/usr/bin/perl", "").file("/usr/share/perl/5.36/POSIX.pm", "").file("/usr/share/perl/5.36/Foo/Bar.pm", "").file("/srv/app/x.pl", "");
  const auto found = [&](const std::string& text) { return files_in(needs_of(text, "dash", tree)); };
  const std::string posix = "/usr/share/perl/5.36/POSIX.pm", bar = "/usr/share/perl/5.36/Foo/Bar.pm";
  EXPECT_EQ(found("perl -MPOSIX -e 'print 1' x.pl\n"), (Strings{posix}));
  EXPECT_EQ(found("perl -MFoo::Bar=a,b -lane 'use POSIX;'\n"), (Strings{bar, posix}));
  EXPECT_EQ(found("perl -pi -e 'use POSIX' f\nperl -i.bak -0777 -ne 'use Foo::Bar' f\n"), (Strings{bar, posix}));
  EXPECT_EQ(found("perl -w -I/x x.pl\n"), (Strings{"/srv/app/x.pl"}));
  EXPECT_EQ(found("perl -e \"use POSIX; $code\"\nperl $x POSIX\n"), (Strings{posix}));
}

TEST(ShellSyntax, ThatConfusesReadersDoesNotHideWhatFollows) {
  const Strings after = {"after"};
  for (const char* text : {"case x in *\\)*) : ;; \"'\") : ;; esac", "x=${y#\"'\"}", "x=${y%%'\"'*}", "echo \"it's\"", "echo 'say \"x'", "x=$((1<<2))", "x=\"${y//\\\"/}\"",
                           "[ \"$x\" = '(' ]", "echo ${#x} $# $$ $! $? $-", "case $x in (a) : ;; esac", "x=\"$(case y in z) : ;; esac)\"",
                           "x=$(echo \"a)b\") # ')", "echo a#b 'c'", "x='a'\\''b'", "if [ x ]; then :; fi # don't", "echo \"a `echo \\\"b\\\"`\"", "x=${y:+\"$z\"}",
                           ": <<E\n'\"unended\nE", "case a in\n#don't\na) : ;;\nesac", "x=$(: # it's\n)", "echo \\\"", "x=\"a\\\\\"", "[ a ] || { :; }",
                           "for i in a; do :; done >x 2>&1 <y", "while read x; do :; done <<E\n$y\nE", "x=$( (:) )", "x=$( :; (:); )", "echo ${x:-'}'}", "echo \"${x:-\"}\"}\""}) {
    EXPECT_EQ(commands_of(std::string(text) + "\nafter\n"), after) << text;
    EXPECT_EQ(commands_of(std::string(text) + "\nafter\n", "bash"), after) << text;
  }
  for (const char* text : {"((x = 1 << 2))", "[[ $x =~ ^(a|b)$ ]] && :", "[[ -n $x && ( $y < z || $y > z ) ]]", "x=$'it\\'s'", "a[1]=x a[$i]+=y", "for ((i=0; i<3; i++)); do :; done",
                           "case $x in @(a|b)*) : ;; esac", "echo {a,b}", "x=(a 'b c' \"$(:)\")", "declare -A m=([a]='b' [c]=d)", "select x in a; do :; done", "echo ${x//[^a-z]/_} ${x^^} ${!y} ${x[@]:1}",
                           "coproc cat_ { :; }", "time -p :", "echo $\"x\"", "x=<(:)", "a+=(b)", "if ((x > 1)); then :; fi", "f() [[ -n x ]]", "[[ $a == *[\\\"\\']* ]] && :", "a[\"[x]\"]=1 a[${b[1]}]=2"}) {
    EXPECT_EQ(commands_of(std::string(text) + "\nafter\n", "bash"), after) << text;
  }
}

TEST(ShellNeeds, HoldForEveryPrefixAndForChangedBytes) {
  MemoryTree tree;
  tree.file("/usr/lib/x.sh", "f() { :; }\n").file("/srv/app/tool", "");
  holds_for_hostile_forms(ScriptLanguage::shell,
                          "#!/bin/bash\nset -e; . /usr/lib/x.sh\nD=$(cd \"$(dirname \"$0\")\" && pwd)\nrun() { shift; \"$@\" | sed 's/a/b/'; }\n"
                          "case \"$1\" in -h|--help) cat <<-E\n\t$(date) ${x:-`id`}\n\tE\n;; *) exec \"$D/tool\" \"${a[@]}\" ;; esac\n"
                          "for ((i=0;i<3;i++)); do [[ $x =~ (a|b) ]] && run 1 awk '{print}' <(ls) $'\\n'; done; eval \"x=\\$y\"; sh -c 'a; b'\n",
                          tree, "/usr/bin/bash");
}

TEST(ShellNeeds, AreReadInLinearTime) {
  holds_for_large_forms(ScriptLanguage::shell,
                        {"(", "$(", "`", "\"$(", "${x:-", "x=$y ", "a;", "case x in ", "if ", "<<E ", "<<E\n", "f() { ", "$((", "((", "'", "\"", "eval 'a'; ", "x=\"$x $y\"\n$x\n",
                         "a=(", "[[ ", "@(", "sh -c 'a'\n", "\\\n", "for x in ", ". /x\n", "$x\n", "run-parts /srv\n", "/usr/*\n", "python3 -c 'import a'\n", "set -- a\n\"$@\"\n", "cd /a; ./b\n", "f() { \"$@\"; }\nf f f\n", "env ", std::string("a\0", 2)},
                        "/usr/bin/bash");
}

}  // namespace
}  // namespace rootlet::test
