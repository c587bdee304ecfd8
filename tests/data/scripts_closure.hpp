// What the tests of script readers share: needs as lists, whole programs, files that an interpreter really
// opened, and hostile input.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <deque>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "data/scripts.hpp"
#include "support/dice.hpp"
#include "support/guard_page.hpp"
#include "support/temporary.hpp"

namespace rootlet::test {

using Strings = std::vector<std::string>;

inline Strings files_in(const std::vector<ScriptNeed>& needs) {
  Strings found;
  for (const ScriptNeed& need : needs) {
    if (need.kind == ScriptNeed::file) found.push_back(need.path);
  }
  return found;
}

inline Strings names_in(const std::vector<ScriptNeed>& needs, ScriptNeed::Kind kind) {
  Strings found;
  for (const ScriptNeed& need : needs) {
    if (need.kind == kind) found.push_back(need.name);
  }
  return found;
}

// Everything that a script brings: its needs, those of its modules, and those of the interpreter's start.
// Paths are canonical.
inline std::set<std::string> script_closure(Root& root, ScriptLanguage language, const std::string& interpreter, const std::string& script) {
  const ModuleSearch search = module_search(root, language, interpreter, script);
  std::set<std::string> seen, files;
  std::deque<std::string> todo = {script};
  const auto add = [&](const std::vector<ScriptNeed>& needs) {
    for (const std::string& path : files_in(needs)) {
      if (seen.insert(path).second) todo.push_back(path);
    }
  };
  add(startup_needs(root, language, search));
  for (; !todo.empty(); todo.pop_front()) {
    const Walk walk = root.walk(todo.front());
    if (walk.node == nullptr || !walk.node->is_file()) continue;
    if (todo.front() != script) files.insert(walk.node->path());
    auto file = root.open_file(*walk.node);
    auto text = file ? read_all(**file, kMaxScriptBytes) : Result<std::string>(Unexpected(file.error()));
    if (text && !text->starts_with("\x7f" "ELF")) add(script_needs(root, language, search, todo.front(), *text));
  }
  return files;
}

inline uint64_t bytes_of(const std::set<std::string>& files) {
  uint64_t sum = 0;
  for (const std::string& file : files) sum += std::filesystem::file_size(file);
  return sum;
}

inline std::string lines_of(const std::set<std::string>& files) {
  std::string text;
  for (const std::string& file : files) text += file + "\n";
  return text;
}

// The lines of an interpreter's output that are paths of files, canonical.
inline std::set<std::string> paths_in(const std::string& output) {
  std::set<std::string> found;
  size_t start = 0;
  for (size_t end = 0; (end = output.find('\n', start)) != std::string::npos; start = end + 1) {
    const std::string line = output.substr(start, end - start);
    std::error_code error;
    if (line.starts_with('/') && std::filesystem::is_regular_file(line, error)) found.insert(std::filesystem::canonical(line));
  }
  return found;
}

inline std::set<std::string> without(std::set<std::string> all, const std::set<std::string>& taken) {
  for (const std::string& each : taken) all.erase(each);
  return all;
}

// What an interpreter is asked with: whether it is there, and where it really lies.
inline bool installed(const std::string& path) { return ::access(path.c_str(), X_OK) == 0; }

// A superset, and by how much: the figures of one oracle over many programs.
struct Figures {
  double sum = 0;
  size_t count = 0;
  void add(const std::set<std::string>& ours, const std::set<std::string>& real) {
    sum += static_cast<double>(bytes_of(ours)) / static_cast<double>(std::max<uint64_t>(bytes_of(real), 1));
    ++count;
  }
  double mean() const { return count == 0 ? 0 : sum / static_cast<double>(count); }
};

// Runs a reader on every prefix of the text, against an unmapped page, and on copies with a few bytes changed.
// What must hold of any answer: files exist, lists are sorted, nothing comes twice.
inline void holds_for_hostile_forms(ScriptLanguage language, const std::string& text, const MemoryTree& tree, const std::string& interpreter) {
  Root root = Root::in_memory(tree);
  const std::string script = "/srv/app/entry";
  const ModuleSearch search = module_search(root, language, interpreter, script);
  GuardedBytes wall(text.size() + 16);
  const auto check = [&](std::string_view input) {
    const auto needs = script_needs(root, language, search, script, wall.place(input).text());
    for (size_t i = 0; i < needs.size(); ++i) {
      if (needs[i].kind == ScriptNeed::file) {
        ASSERT_NE(root.walk(needs[i].path).node, nullptr) << needs[i].path;
      }
      if (i == 0) continue;
      const auto key = [](const ScriptNeed& need) { return std::tuple(need.kind, need.path, need.name); };
      ASSERT_LT(key(needs[i - 1]), key(needs[i]));
    }
  };
  for (size_t length = 0; length <= text.size(); ++length) ASSERT_NO_FATAL_FAILURE(check(std::string_view(text).substr(0, length))) << "prefix of " << length;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    Dice dice(seed);
    std::string changed = text;
    for (size_t i = dice.between(1, 8); i > 0; --i) {
      static constexpr std::string_view kTelling = "\"'`$(){}[]<>\\\n#;|&/=%@ \0\xff:.,*";
      const char value = dice.percent(70) ? kTelling[dice.below(kTelling.size())] : static_cast<char>(dice.below(256));
      if (dice.percent(60)) changed[dice.below(changed.size())] = value;
      else if (dice.percent(50)) changed.insert(changed.begin() + static_cast<ptrdiff_t>(dice.below(changed.size())), value);
      else changed.erase(dice.below(changed.size()), dice.below(12));
      if (changed.empty()) break;
    }
    changed.resize(std::min(changed.size(), text.size() + 8));
    ASSERT_NO_FATAL_FAILURE(check(changed)) << "seed " << seed;
  }
}

// Long texts that are deep or without an end, one of them of full length: each must be read in time that is
// linear. No clock is asked, since machines are busy; with quadratic time one text takes many minutes, and the
// test's time limit ends it.
inline void holds_for_large_forms(ScriptLanguage language, const Strings& pieces, const std::string& interpreter, const MemoryTree& tree = {}) {
#if defined(ROOTLET_ADDRESS_SANITIZER)
  constexpr size_t kLong = kMaxScriptBytes / 64;  // slow, and not there for the time
#else
  constexpr size_t kLong = kMaxScriptBytes / 8;
#endif
  for (const std::string& piece : pieces) {
    std::string text;
    const size_t size = piece == pieces.front() ? kMaxScriptBytes : kLong;
    while (text.size() + piece.size() <= size) text += piece;
    Root root = Root::in_memory(tree);
    const ModuleSearch search = module_search(root, language, interpreter, "/srv/app/entry");
    EXPECT_LE(script_needs(root, language, search, "/srv/app/entry", text).size(), 20001u) << piece;
  }
}

}  // namespace rootlet::test
