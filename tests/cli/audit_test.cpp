// The command's word on programs that a compiler made, and that the machine's own loader starts or does not.
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "cli/fixture.hpp"

namespace rootlet::test {
namespace {

namespace fs = boost::filesystem;
using Json = nlohmann::json;

// Programs and libraries of a directory of this machine, which is looked at as a part of "/".
class Audited : public Command {
 protected:
  std::string compile(const std::string& name, const std::string& source, std::vector<std::string> options = {}) {
    write_file(directory_ / "source.c", source);
    std::vector<std::string> command = {"cc", "-o", directory_ / name, directory_ / "source.c", "-Wl,-rpath," + directory_.path()};
    command.insert(command.end(), options.begin(), options.end());
    const CommandResult done = run_command(command);
    EXPECT_EQ(done.status, 0) << done.err;
    return directory_ / name;
  }
  std::string library(const std::string& source, const std::string& versions = "") {
    std::vector<std::string> options = {"-shared", "-fPIC", "-Wl,-soname,libx.so.1"};
    if (!versions.empty()) {
      write_file(directory_ / "versions", versions);
      options.push_back("-Wl,--version-script=" + (directory_ / "versions"));
    }
    return compile("libx.so.1", source, options);
  }
  // A program whose library has lost what it calls; `now` binds all of it when it starts.
  std::string lost(const char* bind = "-Wl,-z,now") {
    const std::string name = std::string("app") + (std::string_view(bind) == "-Wl,-z,now" ? "" : "-lazy");
    const std::string linked = library("int lost(void) { return 0; }\n");
    const std::string app = compile(name, "int lost(void); int main(int argc, char **argv) { return argc > 1 ? lost() : 0; }\n", {linked, bind});
    EXPECT_EQ(run_command({app}).status, 0);
    library("int found(void) { return 0; }\n");
    return app;
  }
  static CommandResult audit(std::vector<std::string> words) {
    words.insert(words.begin(), {"audit", "--data", "none"});
    return plain(std::move(words));
  }
};

TEST_F(Audited, AProgramThatStartsIsBound) {
  const CommandResult said = audit({"/usr/bin/xz"});
  EXPECT_EQ(said.status, 0) << said.out;
  EXPECT_EQ(said.err, "");
  EXPECT_TRUE(mentions(said.out, "looked up; all bound\n")) << said.out;
  EXPECT_TRUE(mentions(said.out, "hardening: ")) << said.out;
}

TEST_F(Audited, WhatTheLoaderRefusesDoesNotStart) {
  const std::string app = lost();
  EXPECT_TRUE(mentions(run_command({app}).err, "undefined symbol: lost"));
  const CommandResult said = audit({app});
  EXPECT_EQ(said.status, 1);
  EXPECT_TRUE(said.out.starts_with(app + " does not start:\n")) << said.out;
  EXPECT_TRUE(mentions(said.out, "lost")) << said.out;
  EXPECT_TRUE(mentions(said.out, " [undefined-symbol]\n")) << said.out;
  EXPECT_TRUE(mentions(said.out, "; 1 finding stops the start\n")) << said.out;
}

TEST_F(Audited, WhatIsBoundLateFailsWhenItIsCalled) {
  const std::string app = lost("-Wl,-z,lazy");
  EXPECT_EQ(run_command({app}).status, 0);
  EXPECT_TRUE(mentions(run_command({app, "call"}).err, "undefined symbol: lost"));
  const CommandResult said = audit({app});
  EXPECT_EQ(said.status, 1);
  EXPECT_TRUE(said.out.starts_with(app + " starts, and fails later:\n")) << said.out;
}

TEST_F(Audited, AVersionThatIsNotThereIsNamedWithTheNearest) {
  const std::string linked = library("int f(void) { return 0; }\n", "V_1 {}; V_2 { f; } V_1;\n");
  const std::string app = compile("app", "int f(void); int main(void) { return f(); }\n", {linked});
  library("int f(void) { return 0; }\n", "V_1 { f; };\n");
  EXPECT_TRUE(mentions(run_command({app}).err, "version `V_2' not found"));
  const CommandResult said = audit({"--format", "json", app});
  EXPECT_EQ(said.status, 1);
  const Json json = Json::parse(said.out);
  EXPECT_EQ(json["bound"], false);
  const Json& finding = json["findings"][0];
  EXPECT_EQ(finding["rule"], "missing-version");
  EXPECT_EQ(finding["effect"], "stops-start");
  EXPECT_EQ(finding["version"], "V_2");
  EXPECT_EQ(finding["from"], "libx.so.1");
  EXPECT_TRUE(mentions(finding.value("nearest", ""), "V_1")) << finding;
}

TEST_F(Audited, FormatsForProgramsSayTheSame) {
  const std::string app = lost();
  for (const char* format : {"json", "sarif", "junit"}) {
    const CommandResult said = audit({"--format", format, "--color", "always", app});
    EXPECT_EQ(said.status, 1) << format;
    EXPECT_TRUE(mentions(said.out, "undefined-symbol " + app)) << said.out;
    EXPECT_FALSE(mentions(said.out, "\033"));
  }
  EXPECT_TRUE(mentions(audit({"--color", "always", app}).out, "\033["));
}

TEST_F(Audited, ABaselineAcceptsWhatIsKnownAndNothingNew) {
  const std::string app = lost(), known = directory_ / "known.txt";
  EXPECT_EQ(audit({"--write-baseline", known, app}).status, 1);
  EXPECT_TRUE(mentions(read_file(known), "\nstops-start undefined-symbol " + app + " lost")) << read_file(known);
  const CommandResult accepted = audit({"--baseline", known, app});
  EXPECT_EQ(accepted.status, 0) << accepted.out;
  EXPECT_EQ(accepted.err, "");
  EXPECT_TRUE(mentions(accepted.out, "; nothing new; 1 accepted\n")) << accepted.out;
  const std::string lazy = lost("-Wl,-z,lazy");
  EXPECT_EQ(audit({"--baseline", known, app, lazy}).status, 1) << "the other program is new";
  const CommandResult stale = audit({"--baseline", known, "/usr/bin/xz"});
  EXPECT_EQ(stale.status, 0);
  EXPECT_TRUE(mentions(stale.err, "rootlet: note: " + known + ": nothing is found any more of: stops-start undefined-symbol " + app + " lost")) << stale.err;
  EXPECT_EQ(audit({"-q", "--baseline", known, "/usr/bin/xz"}).err, "");
  EXPECT_EQ(audit({"-q", "--baseline", known, "--write-baseline", known, app, lazy}).status, 1);
  EXPECT_EQ(audit({"--baseline", known, app, lazy}).status, 0) << "it was brought up to date";
}

TEST_F(Audited, WhatCannotBeUsedIsRefused) {
  const std::string bad = directory_ / "bad.txt";
  write_file(bad, "# mine\nno such thing\n");
  for (const auto& [words, said] : {std::pair(std::vector<std::string>{}, "--all"),
                                    {{"--baseline", bad, "/usr/bin/xz"}, "bad.txt: line 2 of the baseline"},
                                    {{"--baseline", directory_ / "none", "/usr/bin/xz"}, "cannot read"},
                                    {{"--write-baseline", directory_ / "none/known", "/usr/bin/xz"}, "into the directory"},
                                    {{"--format", "xml", "/usr/bin/xz"}, "sarif"},
                                    {{"--hardening", "--format", "json", "/usr/bin/xz"}, "--hardening"},
                                    {{"--kernel", "new", "/usr/bin/xz"}, "5.10"},
                                    {{"/none/such"}, "/none/such"}}) {
    const CommandResult refused = audit(words);
    EXPECT_EQ(refused.status, 2) << said;
    EXPECT_EQ(refused.out, "");
    EXPECT_TRUE(mentions(refused.err, said)) << refused.err;
  }
}

// What checksec looks at, by the compiler's own options.
TEST_F(Audited, HardeningIsATableOfEachObject) {
  const std::string hard = compile("hard", "int main(void) { return 0; }\n", {"-fPIE", "-pie", "-Wl,-z,relro,-z,now"});
  const std::string soft = compile("soft", "int main(void) { return 0; }\n", {"-fno-pie", "-no-pie", "-Wl,-z,norelro", "-Wl,-z,execstack"});
  const CommandResult said = audit({"--hardening", hard, soft});
  const auto line = [&said](const std::string& path) {
    const size_t end = said.out.find(path + "\n"), start = said.out.rfind('\n', end);
    return said.out.substr(start + 1, end - start - 1);
  };
  EXPECT_TRUE(said.out.starts_with("RELRO ")) << said.out;
  EXPECT_TRUE(line(hard).starts_with("full ")) << said.out;
  EXPECT_TRUE(line(soft).starts_with("none ")) << said.out;
  EXPECT_TRUE(mentions(line(hard), "yes  yes")) << line(hard);
  EXPECT_TRUE(mentions(line(soft), "no   no ")) << line(soft);
}

// An image with three faults, from its archive: a library is gone, a function is gone, a version is gone.
TEST_F(Audited, AnImageThatSomebodyElseMadeIsLintedFromItsArchive) {
  std::vector<std::string> programs;
  const auto add = [&](const std::string& name, const std::string& versions) {
    write_file(directory_ / "versions", versions);
    const std::string soname = "lib" + name + ".so.1";
    const std::string linked = compile(soname, "int f(void) { return 0; }\n", {"-shared", "-fPIC", "-Wl,-soname," + soname, "-Wl,--version-script=" + (directory_ / "versions")});
    programs.push_back(compile(name, "int f(void); int main(void) { return f(); }\n", {linked, "-Wl,-z,now"}));
  };
  add("one", "V_1 { f; };\n");
  add("two", "{ global: f; local: *; };\n");
  add("three", "V_2 { f; };\n");
  fs::remove(directory_ / "libone.so.1");
  compile("libtwo.so.1", "int g(void) { return 0; }\n", {"-shared", "-fPIC", "-Wl,-soname,libtwo.so.1"});
  write_file(directory_ / "versions", "V_1 { f; };\n");
  compile("libthree.so.1", "int f(void) { return 0; }\n", {"-shared", "-fPIC", "-Wl,-soname,libthree.so.1", "-Wl,--version-script=" + (directory_ / "versions")});
  write_file(directory_ / "unused", std::string(5000, 'x'));
  std::vector<std::string> build = {"build", "-q", "--data", "none", "--allow-missing", "--no-package-metadata", "--oci-archive", directory_ / "image.tar", "--include", directory_ / "unused", "/usr/bin/xz"};
  build.insert(build.end(), programs.begin(), programs.end());
  ASSERT_EQ(plain(build).status, 0);

  const CommandResult said = plain({"audit", "--root", directory_ / "image.tar", "--all", "--format", "json"});
  EXPECT_EQ(said.status, 1) << said.err;
  const Json json = Json::parse(said.out);
  EXPECT_EQ(json["programs"], 4);
  std::vector<std::string> found;
  for (const Json& finding : json["findings"]) {
    if (finding["effect"] != "note") found.push_back(finding["rule"].get<std::string>() + " " + fs::path(finding["object"].get<std::string>()).filename().string());
  }
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, (std::vector<std::string>{"missing-library one", "missing-version three", "undefined-symbol two"})) << said.out;
  EXPECT_EQ(json["unreached"][0]["path"], directory_ / "unused");
  EXPECT_EQ(json["unreached"][0]["size"], 5000);
  // Nobody in particular may ask the same.
  fs::copy_file(ROOTLET_COMMAND, directory_ / "rootlet");
  fs::permissions(directory_.path(), fs::perms(0755));
  fs::permissions(directory_ / "image.tar", fs::perms(0644));
  std::vector<std::string> nobody = {directory_ / "rootlet", "audit", "--root", directory_ / "image.tar", "--all", "--format", "json"};
  if (::geteuid() == 0) nobody.insert(nobody.begin(), {"setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"});
  const CommandResult unprivileged = run_command(nobody);
  EXPECT_EQ(unprivileged.status, 1) << unprivileged.err;
  // The module with LIEF is beside the other one.
  EXPECT_EQ(Json::parse(unprivileged.out)["findings"].size(), json["findings"].size());
  const CommandResult text = plain({"audit", "--root", directory_ / "image.tar", "--all", "/usr/bin/xz"});
  EXPECT_EQ(text.status, 1);
  EXPECT_TRUE(mentions(text.out, programs[0] + "\n")) << "xz does not reach it: " << text.out;
}

}  // namespace
}  // namespace rootlet::test
