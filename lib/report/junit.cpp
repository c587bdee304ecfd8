// JUnit's XML, in the form that Jenkins (its xUnit plugin has a schema), GitLab and others read.
#include <map>

#include "rootlet/report.hpp"

namespace rootlet {
namespace {

// XML 1.0 has no place for control characters, nor for U+FFFE and U+FFFF, not even as references (production 2, Char).
std::string escaped(std::string_view text) {
  std::string out;
  const std::string shown = printable(text);
  for (size_t i = 0; i < shown.size(); ++i) {
    const std::string_view three = std::string_view(shown).substr(i, 3);
    if (three == "\xef\xbf\xbe" || three == "\xef\xbf\xbf") {
      out += three.back() == '\xbe' ? "\\xef\\xbf\\xbe" : "\\xef\\xbf\\xbf";
      i += 2;
      continue;
    }
    switch (shown[i]) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += shown[i];
    }
  }
  return out;
}

std::string attribute(std::string_view name, std::string_view value) { return " " + std::string(name) + "=\"" + escaped(value) + "\""; }
std::string attribute(std::string_view name, size_t value) { return attribute(name, std::to_string(value)); }

bool counts(const AuditFinding& finding) { return !finding.accepted && finding.effect != AuditEffect::note; }

using ByFile = std::map<std::string_view, std::vector<const AuditFinding*>>;

// All objects, and what else has findings; of a finding without a file, its program. What nothing reaches was not tested.
ByFile by_file(const Audit& audit) {
  ByFile files;
  for (const AuditObject& object : audit.objects) files[object.path];
  for (const AuditFinding& finding : audit.findings) {
    if (finding.rule != "unreached-file") files[finding.object.empty() ? finding.program : finding.object].push_back(&finding);
  }
  return files;
}

struct Case {
  std::string_view path;
  const AuditFinding* first = nullptr;  // that fails
  size_t failures = 0, accepted = 0;
  std::string failed, noted;  // a line for each finding
};

Case make_case(std::string_view path, const std::vector<const AuditFinding*>& findings) {
  Case made;
  made.path = path;
  for (const AuditFinding* finding : findings) {
    const std::string line = escaped(to_string(finding->effect)) + ": " + escaped(finding->message.empty() ? finding->key() : finding->message) +
                             " [" + escaped(finding->key()) + "]\n";
    if (finding->accepted) ++made.accepted;
    (counts(*finding) ? made.failed : made.noted) += (finding->accepted ? "accepted: " : "") + line;
    if (!counts(*finding)) continue;
    if (made.first == nullptr) made.first = finding;
    ++made.failures;
  }
  return made;
}

void write_case(std::string& out, const Case& one) {
  out += "    <testcase" + attribute("classname", "rootlet audit") + attribute("name", one.path) + attribute("time", "0");
  if (one.first == nullptr && one.noted.empty()) {
    out += "/>\n";
    return;
  }
  out += ">\n";
  if (one.first != nullptr) {
    const std::string more = one.failures == 1 ? "" : " (and " + std::to_string(one.failures - 1) + " more)";
    const std::string& message = one.first->message;
    out += "      <failure" + attribute("type", one.first->rule) + attribute("message", (message.empty() ? one.first->key() : message) + more) + ">" + one.failed + "</failure>\n";
  } else if (one.accepted != 0) {
    out += "      <skipped" + attribute("message", "a baseline names what is amiss") + "/>\n";
  }
  if (!one.noted.empty()) out += "      <system-out>" + one.noted + "</system-out>\n";
  out += "    </testcase>\n";
}

}  // namespace

std::string to_junit(const Audit& audit) {
  size_t tests = 0, failed = 0, skipped = 0;
  std::string cases;
  for (const auto& [path, findings] : by_file(audit)) {
    const Case one = make_case(path, findings);
    ++tests;
    failed += one.first != nullptr;
    skipped += one.first == nullptr && one.accepted != 0;
    write_case(cases, one);
  }
  const std::string counts = attribute("tests", tests) + attribute("failures", failed) + attribute("errors", size_t{0});
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites" + attribute("name", "rootlet audit") + counts + ">\n  <testsuite" +
         attribute("name", "rootlet audit") + counts + attribute("skipped", skipped) + attribute("time", "0") + ">\n    <properties>\n      <property" +
         attribute("name", "root") + attribute("value", audit.root) + "/>\n    </properties>\n" + cases + "  </testsuite>\n</testsuites>\n";
}

}  // namespace rootlet
