// What each file of a closure needs beside libraries: rules and evidence put together.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "data/config.hpp"
#include "data/evidence.hpp"
#include "data/matcher.hpp"
#include "data/names.hpp"
#include "data/need.hpp"
#include "data/provider.hpp"
#include "data/rules.hpp"
#include "data/safety.hpp"
#include "data/taker.hpp"
#include "rootlet/data.hpp"
#include "rootlet/elf.hpp"
#include "rootlet/package.hpp"
#include "rootlet/root.hpp"

namespace rootlet::data {

class Finder {
 public:
  // The rules of `options` must be in order (check_rules).
  Finder(Root& root, PackageDatabase& packages, const DataOptions& options);

  // What an object needs. `libc` is the C library that it runs with, null if it has none of its own (static programs).
  struct Object {
    const Node* node = nullptr;
    std::string started;
    uint8_t roles = 0;
    const elf::Image* image = nullptr;
    const Node* libc = nullptr;
    CLibrary libc_kind = CLibrary::unknown;
  };
  Needs object(const Object& object);

  // What a script or a module of one needs, beyond what its interpreter brings.
  struct Script {
    const Node* node = nullptr;
    std::string started;
    uint8_t roles = 0;
    ScriptLanguage language = ScriptLanguage::shell;
    std::string interpreter;  // its path, canonical
    std::string entry;        // the script that the interpreter was started with
    bool module = false;      // loaded by another
  };
  Needs script(const Script& script);

  // What a file that the user names, and that is neither object nor script, brings by naming it: a configuration file,
  // a Java archive, a makefile.
  Needs document(const Node& node, const std::string& started);

  // What only the whole of the requests so far tells: to be asked for when all files have been looked at, and again when
  // that has brought more.
  Needs finish(const Node* libc, ByteOrder order);

  // The message catalogs of these packages in the languages of the locales that the user named.
  Needs catalogs(const std::set<const Package*>& packages);

  // The package that an object, if it was looked at, says it was built for.
  std::string_view package_note(const Node& node) const;

  // Why a program that was found by its name or path must not be taken; empty if it may.
  std::string refusal(const Node& program) { return safety_.refusal(program, Safety::Asker::rule); }

  // All run-time files of the package that owns a file.
  Needs package_of(const Node& node);

  // Leaves the evidence with the Root, when all has gone well, for who asks next.
  void keep_evidence();

 private:
  const Evidence& evidence(const Node& node);
  void words_of_script(Needs& needs, std::string_view text);
  void state_path(Needs& needs, const std::string& path);
  bool is_foreign_to(const Node& file, const Node& wanted);
  bool is_optional_command(const Script& script, const std::string& command);
  bool is_foreign(const Script& script, const std::string& module);
  void package_data(Needs& needs, const Script& script);
  void siblings(Needs& needs, const Script& script);
  void apply(Needs& needs, const Match& match, const Subject& subject, const Object* object);
  bool take(Needs& needs, const Match& match, const Subject& subject, const Object* object);
  std::string expanded(std::string pattern, const Match& match, const Subject& subject);

  // evidence_policy.cpp: what strings call for.
  void strings(Needs& needs, const Object& object, const Evidence& evidence);
  void string_path(Needs& needs, const Object& object, const std::string& path);
  void relative_path(Needs& needs, const Object& object, const std::string& text);
  void format_path(Needs& needs, const Object& object, const std::string& format);
  void own_tree(Needs& needs, const Node& program, const std::string& started);
  void opened(Needs& needs, const Object& object, const Evidence& evidence, bool ruled);
  const std::vector<std::string>& related_files(const Package& package);
  bool package_files_below(Taking& taking, const Package& package, const std::string& directory, bool programs);

  Root& root_;
  PackageDatabase& packages_;
  const DataOptions& options_;
  std::vector<Rule> user_rules_;
  std::unique_ptr<Matcher> matcher_;
  Safety safety_;
  Taker taker_;
  ConfigFollower config_;
  NameServices names_;
  Provider provider_;
  std::shared_ptr<EvidenceOfObjects> evidence_;  // the Root's, but where the user's rules ask for other strings
  std::unordered_map<const Package*, std::vector<std::string>> related_files_;
  std::unordered_map<const Package*, std::set<const Package*>> depended_on_;
  std::unordered_map<std::string, ModuleSearch> searches_;  // by interpreter and entry
  std::set<std::string> started_up_, catalogs_;
  std::set<const Package*> package_data_;  // taken for
  std::vector<std::string> ruled_;  // patterns of the rules that held for the object at hand
};

}  // namespace rootlet::data
