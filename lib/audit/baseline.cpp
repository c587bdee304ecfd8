// The file of findings that somebody looked at and accepted.
#include <algorithm>
#include <unordered_map>

#include "base/escape.hpp"
#include "rootlet/audit.hpp"

namespace rootlet {
namespace {

constexpr std::string_view kBlanks = " \t\r";
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";  // which editors of other systems put before UTF-8

std::string_view trimmed(std::string_view line) {
  const size_t start = std::min(line.find_first_not_of(kBlanks), line.size());
  line.remove_prefix(start);
  return line.substr(0, line.find_last_not_of(kBlanks) + 1);
}

// Of a line that is no key: what is wrong with it, or nothing.
std::string_view problem(std::string_view line) {
  const std::string_view rule = line.substr(0, line.find(' '));
  const auto& rules = all_audit_rules();
  if (std::none_of(rules.begin(), rules.end(), [rule](const AuditRule& known) { return known.name == rule; })) return "does not begin with a rule's name";
  const auto words = 1 + std::count(line.begin(), line.end(), ' ');
  if (words > 3) return "has more words than a rule, a file and a subject; a blank in a name is written as \\x20";
  return words < 2 ? "names no file behind the rule" : "";
}

constexpr AuditEffect kEffects[] = {AuditEffect::stops_start, AuditEffect::fails_on_call, AuditEffect::fails_to_open};

// Takes the effect off a line that begins with one; a line without accepts any.
AuditEffect take_effect(std::string_view& line) {
  for (const AuditEffect effect : kEffects) {
    const std::string_view word = to_string(effect);
    if (!line.starts_with(word) || line.substr(word.size(), 1) != " ") continue;
    line.remove_prefix(word.size() + 1);
    return effect;
  }
  return AuditEffect::stops_start;
}

}  // namespace

Result<std::vector<std::string>> accept(Audit& audit, std::string_view baseline) {
  if (baseline.starts_with(kByteOrderMark)) baseline.remove_prefix(kByteOrderMark.size());
  std::unordered_multimap<std::string, AuditFinding*> by_key;
  for (AuditFinding& finding : audit.findings) by_key.emplace(finding.key(), &finding);
  std::vector<std::string> stale;
  std::vector<AuditFinding*> named;  // all or none are marked
  for (uint64_t number = 1; !baseline.empty(); ++number) {
    const size_t end = std::min(baseline.find('\n'), baseline.size());
    const std::string line(trimmed(baseline.substr(0, end)));
    baseline.remove_prefix(std::min(end + 1, baseline.size()));
    if (line.empty() || line.front() == '#') continue;
    std::string_view key = line;
    const AuditEffect worst = take_effect(key);
    if (const std::string_view wrong = problem(key); !wrong.empty()) {
      return fail(ErrorCode::malformed, "line " + std::to_string(number) + " of the baseline " + std::string(wrong));
    }
    const auto [first, last] = by_key.equal_range(std::string(key));
    for (auto at = first; at != last; ++at) {
      if (at->second->effect >= worst) named.push_back(at->second);
    }
    if (first == last) stale.push_back(line);
  }
  for (AuditFinding* finding : named) finding->accepted = true;
  return stale;
}

std::string to_baseline(const Audit& audit) {
  std::string out = "# Accepted findings of `rootlet audit`: what comes of it at worst, a rule, a file, and what is amiss with it.\n";
  for (const AuditFinding& finding : audit.findings) {
    if (finding.effect != AuditEffect::note) out += "\n# " + escaped(finding.message) + "\n" + std::string(to_string(finding.effect)) + " " + finding.key() + "\n";
  }
  return out;
}

}  // namespace rootlet
