// Each rule that is built in, on little roots in memory: what it takes, and what lies near and is left. The cases are in
// tests/data/rules; what they expect is how the real programs behave.
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <toml++/toml.h>

#include "data/rules.hpp"
#include "rootlet/closure.hpp"
#include "support/world.hpp"

namespace rootlet::test {
namespace {

struct RuleCase {
  std::string name;  // for the test: the rule, the layout, a number
  std::string rule, subject, soname, role, script, package;
  std::vector<std::string> imports, strings, root, takes;
};
void PrintTo(const RuleCase& item, std::ostream* out) { *out << item.rule << " for " << item.subject; }

std::vector<std::string> list(const toml::table& table, const char* key) {
  std::vector<std::string> all;
  if (const toml::array* array = table[key].as_array()) {
    for (const toml::node& item : *array) all.push_back(item.value_or<std::string>(""));
  }
  return all;
}

std::vector<RuleCase> read_cases() {
  std::vector<RuleCase> cases;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(ROOTLET_RULE_CASES)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::map<std::string, int> numbers;
  for (const auto& file : files) {
    const auto parsed = toml::parse_file(file.string());
    if (!parsed) {
      ADD_FAILURE() << file << ": " << parsed.error().description() << ", line " << parsed.error().source().begin.line;
      continue;
    }
    const toml::array* tables = parsed.table()["case"].as_array();
    for (const toml::node& node : *tables) {
      const toml::table& table = *node.as_table();
      auto text = [&](const char* key) { return table[key].value_or<std::string>(""); };
      RuleCase item{text("rule") + "_" + text("layout"), text("rule"), text("subject"), text("soname"), text("role"), text("script"), text("package"),
                    list(table, "imports"), list(table, "strings"), list(table, "root"), list(table, "takes")};
      item.name += "_" + std::to_string(++numbers[item.name]);
      std::replace_if(item.name.begin(), item.name.end(), [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
      cases.push_back(std::move(item));
    }
  }
  return cases;
}

const std::vector<RuleCase>& cases() {
  static const std::vector<RuleCase> all = read_cases();
  return all;
}

constexpr const char* kLoader = "/lib64/ld-linux-x86-64.so.2";

// A root with the subject, a program that needs it where it is a library, and what else the case lays out.
class RuleWorld {
 public:
  explicit RuleWorld(const RuleCase& item) : item_(item) {
    const bool in_bin = item.subject.find("bin/") != std::string::npos;
    role_ = !item.role.empty() ? item.role : in_bin || !item.script.empty() ? "entry" : "library";
    // An object that knows musl's C library runs on musl.
    bool musl = item.subject.find("musl") != std::string::npos;
    for (const std::string& line : item.root) musl = musl || line.find("ld-musl-") != std::string::npos;
    loader_ = musl ? "/lib/ld-musl-x86_64.so.1" : kLoader;
    if (item.subject != loader_) world_.library(loader_, Elf().soname(musl ? "libc.musl-x86_64.so.1" : "ld-linux-x86-64.so.2"));
    subject();
    for (const std::string& line : item.root) lay_out(line);
    if (!item.package.empty()) package();
  }

  // What the rule has brought.
  std::vector<std::string> taken() const {
    Root root = world_.root();
    auto closure = resolve(root, entries_);
    if (!closure) return {closure.error().message};
    std::vector<std::string> paths;
    for (const ClosureFile& file : closure->files) {
      const bool by_rule = std::any_of(file.reasons.begin(), file.reasons.end(), [this](const Reason& reason) { return reason.detail == item_.rule; });
      if (by_rule) paths.emplace_back(file.path);
    }
    return paths;
  }

 private:
  void subject() {
    const RuleCase& item = item_;
    if (!item.script.empty()) {
      world_.file(item.subject, item.script, 0755);
      interpreter();
      entries_ = {item.subject};
      return;
    }
    Elf elf;
    if (!item.soname.empty()) elf.soname(item.soname);
    elf.imports(item.imports).strings(item.strings);
    const std::string libc = "/usr/lib/x86_64-linux-gnu/libc.so.6";
    if (item.subject != libc && loader_ == kLoader) {
      world_.library(libc, Elf().soname("libc.so.6"));
      elf.needs({"libc.so.6"});
    }
    if (role_ == "library") {
      world_.library(item.subject, elf);
      const std::string path = item.subject.find("ld-") != std::string::npos ? std::string() : item.subject;
      Elf user;
      if (!path.empty()) user.needs({path.c_str()});
      world_.program("/usr/bin/user", user.interpreter(loader_));
      entries_ = {"/usr/bin/user"};
    } else {
      world_.program(item.subject, elf.interpreter(loader_));
      if (role_ == "interpreter") {
        world_.file("/opt/script", "#!" + item.subject + "\n", 0755);
        entries_ = {"/opt/script"};
      } else if (role_ == "program") {
        world_.file("/opt/script.sh", item.subject + " x\n", 0755);
        entries_ = {"/opt/script.sh"};
      } else {
        entries_ = {item.subject};
      }
    }
  }

  void interpreter() {
    std::string path = item_.script.substr(0, item_.script.find('\n'));
    if (!path.starts_with("#!")) return;
    path = path.substr(2, path.find(' ') - 2);
    const bool laid_out = std::any_of(item_.root.begin(), item_.root.end(), [&](const std::string& line) { return line.starts_with(path + " "); });
    if (!laid_out) world_.program(path, Elf().interpreter(loader_));
  }

  // "PATH", "PATH/", "PATH -> TARGET", "PATH = CONTENT", "PATH elf", "PATH program".
  void lay_out(const std::string& line) {
    const size_t space = line.find(' ');
    const std::string path = line.substr(0, space), rest = space == std::string::npos ? "" : line.substr(space + 1);
    if (rest.starts_with("-> ")) world_.symlink(path, rest.substr(3));
    else if (rest.starts_with("= ")) world_.file(path, rest.substr(2));
    else if (rest == "elf") world_.library(path);
    else if (rest == "program") world_.program(path, Elf().interpreter(loader_));
    else if (path.ends_with('/')) world_.directory(path.substr(0, path.size() - 1));
    else world_.file(path, "");
  }

  void package() {
    world_.file("/var/lib/dpkg/status", "Package: " + item_.package + "\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n");
    world_.file("/var/lib/dpkg/info/" + item_.package + ".list", item_.subject + "\n");
  }

  const RuleCase& item_;
  std::string role_, loader_;
  World world_;
  std::vector<std::string> entries_;
};

// Without directories that are there anyhow, for what is in them.
std::vector<std::string> leaves(std::vector<std::string> paths) {
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> kept;
  for (const std::string& path : paths) {
    const bool parent = std::any_of(paths.begin(), paths.end(), [&](const std::string& other) { return other.starts_with(path + "/"); });
    if (!parent) kept.push_back(path);
  }
  return kept;
}

class RuleTest : public testing::TestWithParam<RuleCase> {};

TEST_P(RuleTest, TakesWhatItSaysAndNothingElse) {
  const RuleCase& item = GetParam();
  std::vector<std::string> taken = RuleWorld(item).taken(), expected = item.takes;
  // The file that the rule holds for is there before it, in a tree that it takes or not.
  for (auto* paths : {&taken, &expected}) std::erase(*paths, item.subject);
  EXPECT_EQ(leaves(taken), leaves(expected));
}

INSTANTIATE_TEST_SUITE_P(Builtin, RuleTest, testing::ValuesIn(cases()), [](const auto& each) { return each.param.name; });

TEST(Rules, EveryBuiltinRuleHasACase) {
  std::set<std::string> tested;
  for (const RuleCase& item : cases()) tested.insert(item.rule);
  for (const data::Rule& rule : data::builtin_rules()) EXPECT_TRUE(tested.contains(rule.name)) << rule.name;
}

TEST(Rules, EveryCaseIsForARuleThatThereIs) {
  std::set<std::string> known;
  for (const data::Rule& rule : data::builtin_rules()) EXPECT_TRUE(known.insert(rule.name).second) << rule.name << " is there twice";
  for (const RuleCase& item : cases()) EXPECT_TRUE(known.contains(item.rule)) << item.rule;
}

}  // namespace
}  // namespace rootlet::test
