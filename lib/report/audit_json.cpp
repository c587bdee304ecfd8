#include "report/json.hpp"
#include "base/json_writer.hpp"
#include "report/audit_words.hpp"
#include "rootlet/report.hpp"

namespace rootlet {
namespace {

using report::write_array;

void add_path(JsonWriter& json, std::string_view name, std::string_view path) {
  if (!path.empty()) json.path(name, path);
}

void add_number(JsonWriter& json, std::string_view name, uint64_t value) {
  json.key(name);
  json.number(value);
}

void add_flag(JsonWriter& json, std::string_view name, bool value) {
  json.key(name);
  json.boolean(value);
}

void write_finding(JsonWriter& json, const AuditFinding& finding) {
  json.begin_object();
  json.member("rule", finding.rule);
  json.member("effect", to_string(finding.effect));
  add_path(json, "object", finding.object);
  add_path(json, "subject", finding.subject);
  add_path(json, "symbol", finding.symbol);
  add_path(json, "version", finding.version);
  add_path(json, "from", finding.from);
  add_path(json, "nearest", finding.nearest);
  add_path(json, "program", finding.program);
  add_number(json, "programs", finding.programs);
  if (!finding.message.empty()) json.member("message", finding.message);
  json.member("key", finding.key());
  add_flag(json, "accepted", finding.accepted);
  json.end_object();
}

void write_object(JsonWriter& json, const AuditObject& object) {
  json.begin_object();
  json.path("path", object.path);
  add_flag(json, "program", object.program);
  add_number(json, "references", object.references);
  for (const std::string_view name : report::kProtections) {
    const std::string word = protection(object.protections, name);
    if (word.empty()) continue;
    const bool is_flag = name != "pie" && (word == "yes" || word == "no");
    is_flag ? add_flag(json, name, word == "yes") : json.member(name, word);
  }
  json.end_object();
}

void write_unreached(JsonWriter& json, const UnreachedFile& file) {
  json.begin_object();
  json.path("path", file.path);
  add_number(json, "size", file.size);
  if (!file.package.empty()) json.member("package", file.package);
  json.end_object();
}

}  // namespace

std::string to_json(const Audit& audit) {
  JsonWriter json;
  json.begin_object();
  add_number(json, "schema", 1);
  json.path("root", audit.root);
  write_array(json, "entries", audit.entries, [](JsonWriter& to, const std::string& entry) { to.string(entry); });
  add_flag(json, "bound", audit.bound());
  add_number(json, "programs", audit.programs);
  add_number(json, "bindings", audit.bindings);
  write_array(json, "findings", audit.findings, write_finding);
  write_array(json, "objects", audit.objects, write_object);
  if (!audit.unreached.empty()) write_array(json, "unreached", audit.unreached, write_unreached);
  json.end_object();
  return json.take();
}

}  // namespace rootlet
