#include "data/matcher.hpp"

#include <algorithm>

#include "base/shell_pattern.hpp"

namespace rootlet::data {
namespace {

bool matches_any(const std::vector<std::string>& patterns, std::string_view text, std::string* star) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) { return pattern_matches(pattern, text, star); });
}

}  // namespace

bool pattern_matches(std::string_view pattern, std::string_view text, std::string* star) {
  const size_t special = std::min(pattern.find_first_of("*?[\\"), pattern.size());
  if (text.substr(0, special) != pattern.substr(0, special)) return false;
  if (special == pattern.size()) return text.size() == special;
  const std::string pattern_text(pattern), whole(text);
  if (!shell_match(pattern_text, whole)) return false;
  const size_t place = pattern.find('*');
  if (star == nullptr || place == std::string_view::npos || pattern.substr(0, place).find_first_of("?[\\") != std::string_view::npos) return true;
  // The shortest part with which the rest of the pattern fits.
  const std::string rest(pattern.substr(place + 1));
  for (size_t length = 0; place + length <= text.size(); ++length) {
    if (!shell_match(rest.c_str(), whole.c_str() + place + length)) continue;
    *star = whole.substr(place, length);
    break;
  }
  return true;
}

Matcher::Matcher(Root& root, std::vector<const Rule*> rules) : root_(root), rules_(std::move(rules)) {
  for (const Rule* rule : rules_) {
    for (const std::string& text : rule->string) strings_.add(text);
  }
}

bool Matcher::exists(const std::string& pattern) {
  auto [place, added] = exists_.try_emplace(pattern, false);
  if (added) {
    const bool plain = pattern.find_first_of("*?[") == std::string::npos;
    place->second = plain ? root_.walk(pattern).node != nullptr : !root_.glob(pattern, 10'000).empty();
  }
  return place->second;
}

bool Matcher::holds(const Rule& rule, const Subject& subject, std::string& star) {
  if (rule.roles != 0 && (rule.roles & subject.roles) == 0) return false;
  if (rule.libc != CLibrary::unknown && subject.libc != rule.libc) return false;
  if (!rule.language.empty() && std::find(rule.language.begin(), rule.language.end(), subject.language) == rule.language.end()) return false;
  if (!rule.import.empty() && (subject.evidence == nullptr || std::none_of(rule.import.begin(), rule.import.end(), [&](const std::string& name) { return subject.evidence->imports.contains(name); }))) return false;
  if (!rule.string.empty()) {
    if (subject.evidence == nullptr) return false;
    const auto& known = subject.evidence->known;
    if (std::none_of(rule.string.begin(), rule.string.end(), [&](const std::string& text) { return std::binary_search(known.begin(), known.end(), text); })) return false;
  }
  if (!rule.soname.empty()) {
    if (subject.evidence == nullptr) return false;
    const bool by_name = !subject.soname.empty() && matches_any(rule.soname, subject.soname, &star);
    if (!by_name && !matches_any(rule.soname, subject.node->name(), &star)) return false;
  }
  if (!rule.path.empty() && !matches_any(rule.path, subject.node->path(), &star) && !matches_any(rule.path, subject.started, &star)) return false;
  if (!rule.package.empty() && (subject.package.empty() || !matches_any(rule.package, subject.package, nullptr))) return false;
  return rule.exists.empty() || std::any_of(rule.exists.begin(), rule.exists.end(), [this](const std::string& pattern) { return exists(pattern); });
}

std::vector<Match> Matcher::match(const Subject& subject) {
  std::vector<Match> matches;
  for (const Rule* rule : rules_) {
    Match match{rule, {}};
    if (holds(*rule, subject, match.star)) matches.push_back(std::move(match));
  }
  return matches;
}

}  // namespace rootlet::data
