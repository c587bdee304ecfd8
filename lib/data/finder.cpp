#include "data/finder.hpp"

#include <algorithm>

#include "data/scripts/needs.hpp"

namespace rootlet::data {
namespace {

std::vector<const Rule*> pointers(const std::vector<Rule>& builtin, const std::vector<Rule>& users) {
  std::vector<const Rule*> all;
  for (const auto* rules : {&builtin, &users}) {
    for (const Rule& rule : *rules) all.push_back(&rule);
  }
  return all;
}

bool is_standard_module(std::string_view path) {
  const bool library = path.starts_with("/usr/lib/python") || path.starts_with("/usr/lib64/python") || path.find("/perl/5") != std::string_view::npos ||
                       path.find("/perl-base/") != std::string_view::npos || path.starts_with("/usr/lib/ruby/") || path.starts_with("/usr/share/tcltk/tcl8");
  return library && path.find("-packages") == std::string_view::npos && path.find("/vendor_ruby/") == std::string_view::npos;
}

std::string_view language_name(ScriptLanguage language) {
  constexpr std::string_view kNames[] = {"python", "perl", "ruby", "php", "node", "lua", "tcl", "shell"};
  return kNames[static_cast<size_t>(language)];
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
}

}  // namespace

Finder::Finder(Root& root, PackageDatabase& packages, const DataOptions& options)
    : root_(root),
      packages_(packages),
      options_(options),
      safety_(root, packages),
      taker_(root, safety_),
      config_(root, taker_, packages),
      names_(root, taker_),
      provider_(root, taker_, options) {
  for (const RulesFile& file : options.rules) {
    auto rules = parse_rules(file.text, file.name);
    if (!rules) continue;
    for (Rule& rule : *rules) user_rules_.push_back(std::move(rule));
  }
  matcher_ = std::make_unique<Matcher>(root, pointers(builtin_rules(), user_rules_));
  if (user_rules_.empty()) evidence_ = root.take<EvidenceOfObjects>();
  if (evidence_ == nullptr) evidence_ = std::make_shared<EvidenceOfObjects>();
}

void Finder::keep_evidence() {
  if (user_rules_.empty()) root_.keep(evidence_);
}

const Evidence& Finder::evidence(const Node& node) {
  auto [place, added] = evidence_->try_emplace(&node);
  if (!added) return place->second;
  auto file = root_.open_file(node);
  const auto exists = [this](std::string_view path) { return root_.walk(path).node != nullptr; };
  if (file) place->second = read_evidence(**file, matcher_->strings(), exists);
  return place->second;
}

Needs Finder::object(const Object& object) {
  Needs needs;
  const Evidence& evidence = this->evidence(*object.node);
  Subject subject{object.node, object.started, object.roles, object.image->soname.value_or(""), {}, {}, &evidence, object.libc_kind};
  const Package* package = packages_.owner(object.node->path());
  if (package != nullptr) subject.package = package->name;
  bool ignore = false, ruled = false;
  ruled_.clear();
  for (const Match& match : matcher_->match(subject)) {
    ignore = ignore || match.rule->ignore_strings;
    ruled = ruled || !match.rule->objects.empty() || !match.rule->plugins.empty();
    for (const auto* list : {&match.rule->files, &match.rule->trees, &match.rule->plugins, &match.rule->programs}) {
      for (const std::string& pattern : *list) ruled_.push_back(expanded(pattern, match, subject));
    }
    apply(needs, match, subject, &object);
  }
  if (ignore) return needs;
  strings(needs, object, evidence);
  opened(needs, object, evidence, ruled);
  if ((object.roles & kEntry) != 0) own_tree(needs, *object.node, object.started);
  return needs;
}

// Whether a packaged Python module tries to import one whose package its own does not ask for, directly or by others: it
// does without where that is not installed, and most often imports it only for what few callers ask for.
bool Finder::is_foreign(const Script& script, const std::string& module) {
  if (script.language != ScriptLanguage::python || !script.module) return false;
  const Node* node = root_.walk(module).node;
  return node != nullptr && is_foreign_to(*script.node, *node);
}

// A packaged shell script that calls a command of a package which its own does not ask for has looked first whether it is
// there, as lesspipe does.
bool Finder::is_optional_command(const Script& script, const std::string& command) {
  for (std::string_view directory : {"", "/usr/local/sbin/", "/usr/local/bin/", "/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"}) {
    if (directory.empty() != (command.find('/') != std::string::npos)) continue;
    const Walk walk = root_.walk(std::string(directory) + command);
    if (walk.node == nullptr || !walk.node->is_file()) continue;
    return is_foreign_to(*script.node, *walk.node);
  }
  return false;
}

// Whether a packaged file can do without another: nobody makes sure that the other is there.
bool Finder::is_foreign_to(const Node& file, const Node& wanted) {
  const Package* own = packages_.owner(file.path());
  const Package* other = own != nullptr ? packages_.owner(wanted.path()) : nullptr;
  if (other == nullptr || other->source == own->source || other->essential) return false;
  auto [place, added] = depended_on_.try_emplace(own);
  std::set<const Package*>& reached = place->second;
  if (added) {
    std::vector<const Package*> queue = {own};
    for (const Package* package : packages_.packages()) {
      if (package->essential) queue.push_back(package);
    }
    while (!queue.empty()) {
      const Package* package = queue.back();
      queue.pop_back();
      for (const std::string& name : package->depends) {
        const Package* next = packages_.find(name);
        if (next != nullptr && reached.insert(next).second) queue.push_back(next);
      }
    }
  }
  return !reached.contains(other);
}

Needs Finder::script(const Script& script) {
  Needs needs;
  Subject subject{script.node, script.started, script.roles, {}, std::string(language_name(script.language)), {}, nullptr, CLibrary::unknown};
  if (const Package* package = packages_.owner(script.node->path())) subject.package = package->name;
  for (const Match& match : matcher_->match(subject)) apply(needs, match, subject, nullptr);

  auto [search, added] = searches_.try_emplace(script.interpreter + '\n' + script.entry);
  if (added) search->second = module_search(root_, script.language, script.interpreter, script.entry);
  bool unproved = false;
  auto take = [&](std::vector<ScriptNeed> found) {
    Taking taking{needs, Origin::script, {}, Safety::Asker::rule};
    for (ScriptNeed& need : found) {
      taking.detail = need.name;
      if (need.kind == ScriptNeed::unproved) {
        unproved = true;
        needs.push_back({Need::finding, "unproved", std::move(need.name), Origin::script, {}, {}});
      } else if (need.kind == ScriptNeed::command) {
        // What modules of a standard library can start is for those who call them to ask for.
        if ((script.roles & kEntry) == 0 && is_standard_module(script.node->path())) continue;
        if (script.language == ScriptLanguage::shell && packages_.format() == PackageFormat::dpkg && is_optional_command(script, need.name)) continue;
        needs.push_back({Need::program, need.name, {}, Origin::script, need.name, {}, {}, need.perhaps});
      } else if (is_foreign(script, need.path)) {
        continue;
      } else if (!taker_.directory(taking, need.path, false) && taker_.file(taking, need.path)) {
        needs.back().kind = is_shared_object_name(scripts::base_name(need.path)) ? Need::plugin : Need::module;
        needs.back().language = script.language;
      }
    }
  };
  if (!script.module && (script.roles & kEntry) != 0) own_tree(needs, *script.node, script.started);
  if (script.module && !is_standard_module(script.node->path())) package_data(needs, script);
  if (!script.module && started_up_.insert(script.interpreter).second) take(startup_needs(root_, script.language, search->second));
  auto file = root_.open_file(*script.node);
  if (!file || (*file)->size() > kMaxScriptBytes) return needs;
  auto text = read_all(**file, kMaxScriptBytes);
  if (!text) return needs;
  if (!script.module) words_of_script(needs, *text);
  take(script_needs(root_, script.language, search->second, script.module ? script.started : script.entry, *text));
  if (unproved) siblings(needs, script);
  return needs;
}

std::string Finder::expanded(std::string pattern, const Match& match, const Subject& subject) {
  replace_all(pattern, "{dir}", scripts::parent_path(subject.node->path()));
  replace_all(pattern, "{name}", subject.node->name());
  replace_all(pattern, "{*}", match.star);
  if (pattern.find("{version}") != std::string::npos) {
    std::string version;
    for (int number : scripts::version_in(subject.node->name())) version += (version.empty() ? "" : ".") + std::to_string(number);
    replace_all(pattern, "{version}", version);
  }
  return pattern;
}

bool Finder::take(Needs& needs, const Match& match, const Subject& subject, const Object* object) {
  const Rule& rule = *match.rule;
  Taking taking{needs, Origin::rule, rule.name, Safety::Asker::rule};
  for (const std::string& pattern : rule.exclude) taking.exclude.push_back(expanded(pattern, match, subject));
  bool any = false;
  auto each = [&](const std::vector<std::string>& patterns, auto take_one) {
    for (const std::string& pattern : patterns) {
      any = taker_.matching(expanded(pattern, match, subject), [&](const std::string& path) { return take_one(path); }) || any;
    }
  };
  each(rule.files, [&](const std::string& path) { return taker_.file(taking, path); });
  each(rule.trees, [&](const std::string& path) { return taker_.tree(taking, path); });
  each(rule.directories, [&](const std::string& path) { return taker_.directory(taking, path, false); });
  each(rule.empty, [&](const std::string& path) { return taker_.directory(taking, path, true); });
  each(rule.plugins, [&](const std::string& path) { return taker_.plugin(taking, path); });
  std::vector<std::string> base;
  for (const std::string& directory : rule.base) base.push_back(expanded(directory, match, subject));
  each(rule.follow, [&](const std::string& path) { return config_.follow(taking, path, base); });
  for (const std::string& pattern : rule.programs) {
    std::string name = expanded(pattern, match, subject);
    if (name.find('/') != std::string::npos) {
      any = taker_.matching(name, [&](const std::string& path) { return taker_.program(taking, path); }) || any;
    } else {
      needs.push_back({Need::program, std::move(name), {}, Origin::rule, rule.name, {}});
      any = true;
    }
  }
  for (const std::string& name : rule.objects) {
    needs.push_back({Need::library, expanded(name, match, subject), {}, Origin::rule, rule.name, {}});
    any = true;
  }
  for (const std::string& name : rule.databases) {
    // A library may be able to ask for hashes of passwords; a program that does is told that it gets none.
    if (name == "shadow" && (subject.roles & ~kLibrary) == 0) continue;
    names_.database(taking, name, object != nullptr ? object->libc_kind : CLibrary::unknown);
  }
  for (const std::string& what : rule.provide) {
    provider_.provide(taking, what, object != nullptr ? object->libc : nullptr, object != nullptr ? object->image->order : ByteOrder::little);
  }
  return any || !rule.databases.empty() || !rule.provide.empty() || rule.ignore_strings;
}

void Finder::apply(Needs& needs, const Match& match, const Subject& subject, const Object* object) {
  if (take(needs, match, subject, object)) return;
  const Rule& rule = *match.rule;
  std::string wanted;
  std::vector<std::string> places;
  for (const auto* list : {&rule.files, &rule.trees, &rule.directories, &rule.plugins, &rule.follow, &rule.programs}) {
    for (const std::string& pattern : *list) {
      places.push_back(expanded(pattern, match, subject));
      wanted += (wanted.empty() ? "" : ", ") + places.back();
    }
  }
  if (rule.required) {
    needs.push_back({Need::missing, wanted, rule.because, Origin::rule, rule.name, {}, std::move(places)});
  } else {
    needs.push_back({Need::finding, "not-there", "rule " + rule.name + " found nothing at " + wanted, Origin::rule, rule.name, {}, std::move(places)});
  }
}

Needs Finder::finish(const Node* libc, ByteOrder order) {
  Needs needs;
  provider_.finish(needs, libc, order);
  return needs;
}

std::string_view Finder::package_note(const Node& node) const {
  auto found = evidence_->find(&node);
  return found == evidence_->end() ? std::string_view() : std::string_view(found->second.package);
}

Needs Finder::catalogs(const std::set<const Package*>& packages) {
  Needs needs;
  for (const std::string& directory : provider_.catalog_directories()) {
    const Node* node = root_.walk(directory).node;
    if (node == nullptr || !node->is_directory()) continue;
    auto names = root_.list(*node);
    Taking taking{needs, Origin::rule, "--locale", Safety::Asker::rule};
    for (const std::string& name : names ? *names : std::vector<std::string>()) {
      const std::string path = directory + "/" + name;
      const Package* owner = packages_.owner(path);
      // The C library's own messages come in a package by themselves.
      if (name != "libc.mo" && (owner == nullptr || !packages.contains(owner))) continue;
      if (catalogs_.insert(path).second) taker_.file(taking, path);
    }
  }
  return needs;
}

Needs Finder::package_of(const Node& node) {
  Needs needs;
  const Package* package = packages_.owner(node.path());
  if (package == nullptr) return needs;
  Taking taking{needs, Origin::package, package->name + " " + package->version, Safety::Asker::rule};
  package_files_below(taking, *package, "/", true);
  return needs;
}

}  // namespace rootlet::data

namespace rootlet {

Result<void> check_rules(const RulesFile& file) {
  auto rules = data::parse_rules(file.text, file.name);
  if (!rules) return Unexpected(std::move(rules).error());
  return {};
}

}  // namespace rootlet
