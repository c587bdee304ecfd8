#include "data/provider.hpp"

#include <algorithm>
#include <tuple>

#include "data/gconv.hpp"
#include "data/scripts/needs.hpp"

namespace rootlet::data {
namespace {

bool has(const std::vector<std::string>& list, std::string_view word) { return std::find(list.begin(), list.end(), word) != list.end(); }

// Whether a name stands for something below the directory that it is looked up in, and for no more than that.
bool is_below_its_directory(std::string_view name) {
  size_t start = 0;
  for (size_t end = 0; end != std::string_view::npos; start = end + 1) {
    end = name.find('/', start);
    const std::string_view part = name.substr(start, end == std::string_view::npos ? end : end - start);
    if (part.empty() || part == "." || part == "..") return false;
  }
  return true;
}

// As setlocale(3) has it (valid_locale_name).
bool is_locale_name(std::string_view name) { return is_below_its_directory(name) && name.find('/') == std::string_view::npos; }

// "UTF-8" as it stands in names of directories: letters and digits, in lower case (_nl_normalize_codeset).
std::string normalized_codeset(std::string_view codeset) {
  std::string text;
  bool only_digits = true;
  for (char c : codeset) {
    if (!scripts::is_alpha(c) && !scripts::is_digit(c)) continue;
    only_digits = only_digits && scripts::is_digit(c);
    text += scripts::lower(c);
  }
  return only_digits ? "iso" + text : text;
}

// Character sets that programs convert from and to without being told: what files and the web are written in.
const std::vector<std::string> kUsualCharsets = {"UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32", "UTF-32LE", "UTF-32BE", "UTF-7", "ISO-8859-1", "ISO-8859-15", "CP1252"};

}  // namespace

Result<void> check_names(const DataOptions& options) {
  for (const auto& [option, names] : {std::tuple("--locale", &options.locales), std::tuple("--charset", &options.charsets), std::tuple("--timezone", &options.timezones)}) {
    const auto other = std::find_if(names->begin(), names->end(), [](const std::string& name) { return name != "none"; });
    if (other == names->end() || !has(*names, "none")) continue;
    return fail(ErrorCode::invalid_argument, std::string(option) + " none and " + option + " " + *other + " contradict each other: give the names that are wanted, or none alone");
  }
  return {};
}

void Provider::provide(Taking& taking, const std::string& what, const Node* libc, ByteOrder order) {
  // A locale's multi-byte functions convert through gconv as well, and look for its cache.
  if ((what == "charsets" || what == "locales") && libc != nullptr) {
    Conversions& conversions = conversions_[std::string(scripts::parent_path(libc->path())) + "/gconv"];
    const bool usual = conversions.usual || what == "charsets";
    conversions.changed = conversions.changed || conversions.detail.empty() || usual != conversions.usual;
    conversions.usual = usual;
    conversions.order = order;
    conversions.detail = taking.detail;
  }
  if (!done_.insert(what + taking.detail).second) return;
  if (what == "locales") locales(taking);
  if (what == "timezone") timezones(taking, false);
  if (what == "timezones") timezones(taking, true);
}

void Provider::mention_charsets(std::vector<std::string> names) {
  for (std::string& name : names) {
    if (!mentioned_.insert(std::move(name)).second) continue;
    for (auto& [directory, conversions] : conversions_) conversions.changed = true;
  }
}

void Provider::finish(Needs& needs, const Node* libc, ByteOrder order) {
  // What the user names is wanted whether or not a program asks for it by itself.
  const std::vector<std::string> none = {"none"};
  auto named = [&](const std::vector<std::string>& names, const char* option, const char* what) {
    if (names.empty() || names == none) return;
    Taking taking{needs, Origin::rule, option, Safety::Asker::rule};
    provide(taking, what, libc, order);
  };
  named(options_.locales, "--locale", "locales");
  named(options_.charsets, "--charset", "charsets");
  named(options_.timezones, "--timezone", "timezone");
  for (auto& [directory, conversions] : conversions_) {
    if (!conversions.changed) continue;
    conversions.changed = false;
    Taking taking{needs, Origin::rule, conversions.detail, Safety::Asker::rule};
    charsets(taking, directory, conversions.order, conversions.usual);
  }
}

void Provider::locales(Taking& taking) {
  if (has(options_.locales, "none")) return;
  taker_.tree(taking, "/usr/lib/locale/C.utf8") || taker_.tree(taking, "/usr/lib/locale/C.UTF-8");
  const Node* archive = root_.walk("/usr/lib/locale/locale-archive").node;
  if (archive != nullptr && archive->status().size > kMaxArchiveBytes && options_.locales.empty()) {
    taking.needs.push_back({Need::finding, "left-out", "/usr/lib/locale/locale-archive is of " + std::to_string(archive->status().size >> 20) + " MiB; --locale NAME takes it", taking.origin, taking.detail, {}, {"/usr/lib/locale/locale-archive"}});
  } else {
    taker_.file(taking, "/usr/lib/locale/locale-archive");
  }
  taker_.file(taking, "/usr/share/locale/locale.alias");
  for (const std::string& name : options_.locales) locale(taking, name);
}

void Provider::locale(Taking& taking, const std::string& name) {
  if (name == "all") {
    taker_.tree(taking, "/usr/lib/locale");
    taker_.tree(taking, "/usr/share/i18n/locales");
    return;
  }
  const auto not_there = [&] {
    taking.needs.push_back({Need::finding, "not-there", "the root has no locale " + name, taking.origin, taking.detail, {}, {"/usr/lib/locale/" + name}});
  };
  if (!is_locale_name(name)) return not_there();
  const size_t dot = name.find('.');
  const std::string language = name.substr(0, std::min(dot, name.find('@')));
  const std::string modifier = name.find('@') == std::string::npos ? "" : name.substr(name.find('@'));
  const std::string codeset = dot == std::string::npos ? "" : name.substr(dot + 1, name.find('@', dot) - dot - 1);
  bool any = taker_.tree(taking, "/usr/lib/locale/" + name);
  if (!codeset.empty()) any = taker_.tree(taking, "/usr/lib/locale/" + language + "." + normalized_codeset(codeset) + modifier) || any;
  if (!any && root_.walk("/usr/lib/locale/locale-archive").node == nullptr) not_there();
}

// For "de_AT.UTF-8@euro": de_AT, de_AT@euro, de, de@euro (_nl_make_l10nflist).
std::vector<std::string> Provider::catalog_directories() const {
  std::vector<std::string> directories;
  for (const std::string& name : options_.locales) {
    if (name == "all" || name == "none" || !is_locale_name(name)) continue;
    const size_t at = name.find('@');
    const std::string modifier = at == std::string::npos ? "" : name.substr(at);
    const std::string territory = name.substr(0, std::min(name.find('.'), at));
    const std::string language = territory.substr(0, territory.find('_'));
    for (const std::string& each : {territory + modifier, territory, language + modifier, language}) {
      for (const char* place : {"/usr/share/locale/", "/usr/share/locale-langpack/"}) {
        std::string directory = place + each + "/LC_MESSAGES";
        if (!has(directories, directory)) directories.push_back(std::move(directory));
      }
    }
  }
  return directories;
}

void Provider::charsets(Taking& taking, const std::string& directory, ByteOrder order, bool usual) {
  if (has(options_.charsets, "none")) return;
  std::vector<std::string> wanted = options_.charsets;
  if (usual) {
    wanted.insert(wanted.end(), kUsualCharsets.begin(), kUsualCharsets.end());
    wanted.insert(wanted.end(), mentioned_.begin(), mentioned_.end());
  }
  GconvSelection selection = select_gconv(root_, directory, wanted, order);
  for (const std::string& module : selection.modules) taker_.plugin(taking, module);
  for (const std::string& name : selection.unknown) {
    if (has(options_.charsets, name)) taking.needs.push_back({Need::finding, "not-there", "the root has no module for the character set " + name, taking.origin, taking.detail, {}});
  }
  if (!selection.cache.empty()) {
    taking.needs.push_back({Need::generated, directory + "/gconv-modules.cache", std::move(selection.cache), taking.origin, taking.detail, {}});
  }
}

void Provider::timezones(Taking& taking, bool all) {
  if (has(options_.timezones, "none")) return;
  taker_.file(taking, "/etc/localtime");
  taker_.file(taking, "/usr/share/zoneinfo/UTC");
  for (const std::string& name : options_.timezones) {
    if (name == "all") {
      all = true;
    } else if (const std::string path = "/usr/share/zoneinfo/" + name; !is_below_its_directory(name) || !taker_.file(taking, path)) {
      taking.needs.push_back({Need::finding, "not-there", "the root has no time zone " + name, taking.origin, taking.detail, {}, {path}});
    }
  }
  if (!all) return;
  taking.exclude = {"/usr/share/zoneinfo/right/*", "/usr/share/zoneinfo/posix/*"};
  taker_.tree(taking, "/usr/share/zoneinfo");
}

}  // namespace rootlet::data
