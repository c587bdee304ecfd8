// SARIF 2.1.0 (OASIS Standard, with errata 01), as GitHub's code scanning and others read it.
#include <algorithm>

#include "base/digest.hpp"
#include "base/json_writer.hpp"
#include "report/audit_words.hpp"
#include "rootlet/base.hpp"
#include "rootlet/report.hpp"

namespace rootlet {
namespace {

// In the text of a message brackets make links and braces hold places for arguments (SARIF 2.1.0, 3.11.5 and 3.11.6).
std::string sarif_text(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == '\\') out += '\\';
    if (c == '{' || c == '}') out += c;
    out += c;
  }
  return out;
}

// Relative to the root (RFC 3986: path-noscheme): all but letters, digits, "-._~" and "/" is encoded, whatever bytes a name has.
std::string uri_of(std::string_view path) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  std::string out;
  for (const char c : path) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || std::string_view("-._~/").find(c) != std::string_view::npos;
    if (plain) out += c;
    else out += {'%', kDigits[static_cast<unsigned char>(c) >> 4], kDigits[static_cast<unsigned char>(c) & 15]};
  }
  return out;
}

class SarifWriter {
 public:
  explicit SarifWriter(const Audit& audit)
      : audit_(audit), any_accepted_(std::any_of(audit.findings.begin(), audit.findings.end(), [](const AuditFinding& one) { return one.accepted; })) {}

  std::string write() {
    json_.begin_object();
    json_.member("$schema", "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json");
    json_.member("version", "2.1.0");
    array("runs", [this] {
      json_.begin_object();
      tool();
      invocation();
      object("originalUriBaseIds", [this] {
        object("ROOT", [this] { text("description", "The root that was audited: " + printable(audit_.root)); });
      });
      member("columnKind", "unicodeCodePoints");
      array("results", [this] {
        for (const AuditFinding& finding : audit_.findings) result(finding);
      });
      object("properties", [this] {
        number("programs", audit_.programs);
        number("bindings", audit_.bindings);
      });
      json_.end_object();
    });
    json_.end_object();
    return json_.take();
  }

 private:
  template <typename Write>
  void object(const char* name, Write write) {
    json_.key(name);
    json_.begin_object();
    write();
    json_.end_object();
  }
  template <typename Write>
  void array(const char* name, Write write) {
    json_.key(name);
    json_.begin_array();
    write();
    json_.end_array();
  }
  void text(const char* name, std::string_view words) {
    object(name, [&] { member("text", words); });
  }
  void member(const char* name, std::string_view value) {
    if (!value.empty()) json_.member(name, value);
  }
  void number(const char* name, uint64_t value) {
    json_.key(name);
    json_.number(value);
  }

  void tool() {
    object("tool", [this] {
      object("driver", [this] {
        member("name", "rootlet");
        member("version", version());
        member("semanticVersion", version());
        array("rules", [this] {
          for (const AuditRule& rule : all_audit_rules()) {
            json_.begin_object();
            member("id", rule.name);
            text("shortDescription", rule.summary);
            text("fullDescription", rule.summary);
            text("help", rule.help);
            json_.end_object();
          }
        });
      });
    });
  }

  void invocation() {
    array("invocations", [this] {
      json_.begin_object();
      json_.key("executionSuccessful");
      json_.boolean(true);
      json_.end_object();
    });
  }

  void result(const AuditFinding& finding) {
    const auto& rules = all_audit_rules();
    const auto rule = std::find_if(rules.begin(), rules.end(), [&](const AuditRule& one) { return one.name == finding.rule; });
    json_.begin_object();
    member("ruleId", finding.rule);
    if (rule != rules.end()) number("ruleIndex", static_cast<uint64_t>(rule - rules.begin()));
    member("level", level(finding.effect));
    text("message", sarif_text(printable(finding.message.empty() ? finding.key() : finding.message)));
    location(finding.object.empty() ? finding.program : finding.object);
    fingerprints(finding.key());
    if (any_accepted_) suppressions(finding.accepted);
    properties(finding);
    json_.end_object();
  }

  static std::string_view level(AuditEffect effect) {
    return effect == AuditEffect::stops_start ? "error" : effect == AuditEffect::note ? "note" : "warning";
  }

  // Code scanning wants a line of every file, of one that has no lines too.
  void location(const std::string& path) {
    if (path.empty()) return;
    array("locations", [&] {
      json_.begin_object();
      object("physicalLocation", [&] {
        object("artifactLocation", [&] {
          member("uri", uri_of(path));
          member("uriBaseId", "ROOT");
        });
        object("region", [&] { number("startLine", 1); });
      });
      json_.end_object();
    });
  }

  // GitHub tells an alert from another by the second alone, and makes one of lines of a checked-out file if there is none.
  void fingerprints(const std::string& key) {
    object("partialFingerprints", [&] {
      member("rootletKey/v1", key);
      member("primaryLocationLineHash", sha256(key).substr(0, 16) + ":1");
    });
  }

  // Of all results or of none (3.27.23).
  void suppressions(bool accepted) {
    array("suppressions", [&] {
      if (!accepted) return;
      json_.begin_object();
      member("kind", "external");
      member("status", "accepted");
      member("justification", "A baseline names it.");
      json_.end_object();
    });
  }

  void properties(const AuditFinding& finding) {
    object("properties", [&] {
      member("effect", to_string(finding.effect));
      member("subject", printable(finding.subject));
      member("symbol", printable(finding.symbol));
      member("version", printable(finding.version));
      member("from", printable(finding.from));
      member("nearest", printable(finding.nearest));
      member("program", printable(finding.program));
      number("programs", finding.programs);
    });
  }

  const Audit& audit_;
  const bool any_accepted_;
  JsonWriter json_;
};

}  // namespace

std::string to_sarif(const Audit& audit) { return SarifWriter(audit).write(); }

}  // namespace rootlet
