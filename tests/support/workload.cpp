#define TOML_EXCEPTIONS 0
#include "support/workload.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <boost/filesystem.hpp>
#include <cstdlib>
#include <iostream>
#include <set>

namespace rootlet::test {
namespace {

namespace fs = boost::filesystem;

[[noreturn]] void give_up(const std::string& where, const std::string& why) {
  std::cerr << where << ": " << why << "\n";
  std::exit(2);
}

// A table whose keys are all asked for, so that a misspelt one is found.
class Table {
 public:
  Table(const toml::table& table, std::string where) : table_(table), where_(std::move(where)) {}

  bool has(const std::string& key) const { return table_.contains(key); }

  std::string text(const std::string& key, const std::string& otherwise = "") {
    return value<std::string>(key, otherwise);
  }
  bool flag(const std::string& key) { return value<bool>(key, false); }
  int64_t number(const std::string& key) { return value<int64_t>(key, 0); }

  std::vector<std::string> texts(const std::string& key) {
    asked_.insert(key);
    std::vector<std::string> result;
    if (!has(key)) return result;
    const toml::array* array = table_[key].as_array();
    if (array == nullptr) give_up(where_, key + " is no array");
    for (const toml::node& node : *array) {
      if (!node.is_string()) give_up(where_, key + " holds something other than text");
      result.push_back(node.value_or(std::string()));
    }
    return result;
  }

  std::map<std::string, std::string> entries(const std::string& key) {
    asked_.insert(key);
    std::map<std::string, std::string> result;
    if (!has(key)) return result;
    const toml::table* table = table_[key].as_table();
    if (table == nullptr) give_up(where_, key + " is no table");
    for (const auto& [name, node] : *table) {
      if (!node.is_string()) give_up(where_, key + " holds something other than text");
      result[std::string(name.str())] = node.value_or(std::string());
    }
    return result;
  }

  void expect_nothing_else() const {
    for (const auto& [name, node] : table_) {
      if (!asked_.contains(std::string(name.str())))
        give_up(where_, "unknown key " + std::string(name.str()));
    }
  }

  const toml::table& table() const { return table_; }
  const std::string& where() const { return where_; }
  void mark(const std::string& key) { asked_.insert(key); }

 private:
  template <typename T>
  T value(const std::string& key, const T& otherwise) {
    asked_.insert(key);
    if (!has(key)) return otherwise;
    const auto found = table_[key].value<T>();
    if (!found) give_up(where_, key + " is of another type");
    return *found;
  }

  const toml::table& table_;
  std::string where_;
  std::set<std::string> asked_;
};

Step read_step(Table step) {
  Step result;
  if (step.has("run") || step.has("serve")) {
    result.kind = step.has("run") ? Step::Kind::kRun : Step::Kind::kServe;
    result.arguments = step.texts(step.has("run") ? "run" : "serve");
    if (result.arguments.empty()) give_up(step.where(), "a step without a program");
  } else if (step.has("host") || step.has("host_serve")) {
    result.kind = step.has("host") ? Step::Kind::kHost : Step::Kind::kHostServe;
    result.text = step.text(step.has("host") ? "host" : "host_serve");
  } else {
    result.kind = Step::Kind::kWait;
    result.text = step.text("wait");
    if (result.text.empty()) give_up(step.where(), "a step that does nothing");
  }
  result.input = step.text("input");
  result.directory = step.text("directory", result.directory);
  result.user = static_cast<unsigned>(step.number("user"));
  result.quiet = step.flag("quiet");
  result.errors = step.flag("errors");
  step.expect_nothing_else();
  return result;
}

Workload read_workload(const std::string& group, Table table) {
  Workload result;
  result.name = table.text("name");
  result.group = group;
  result.packages = table.texts("packages");
  result.entries = table.texts("entries");
  result.files = table.entries("files");
  result.prepare = table.text("prepare");
  result.in_default_run = table.flag("default");
  for (const auto& [name, value] : table.entries("environment")) {
    result.environment.push_back(name + "=" + value);
  }
  table.mark("steps");
  const toml::array* steps = table.table()["steps"].as_array();
  if (result.name.empty() || result.entries.empty() || steps == nullptr || steps->empty()) {
    give_up(table.where(), "a workload needs a name, entries and steps");
  }
  for (const toml::node& node : *steps) {
    if (!node.is_table()) give_up(table.where(), "a step is a table");
    result.steps.push_back(read_step(Table(*node.as_table(), table.where())));
  }
  table.expect_nothing_else();
  return result;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Workload& workload) {
  return out << workload.name;
}

std::vector<Workload> read_workloads(const std::string& directory) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.path().extension() == ".toml") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<Workload> result;
  std::set<std::string> names;
  for (const fs::path& path : paths) {
    const toml::parse_result parsed = toml::parse_file(path.string());
    if (!parsed) give_up(path.string(), std::string(parsed.error().description()));
    const toml::array* list = parsed.table()["workload"].as_array();
    if (list == nullptr) give_up(path.string(), "no [[workload]]");
    for (const toml::node& node : *list) {
      const std::string name = (*node.as_table())["name"].value_or(std::string("?"));
      if (!names.insert(name).second) give_up(path.string(), "two workloads are called " + name);
      result.push_back(
          read_workload(path.stem().string(), Table(*node.as_table(), path.string() + ", " + name)));
    }
  }
  return result;
}

}  // namespace rootlet::test
