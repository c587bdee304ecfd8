#include <array>
#include <cstdio>

#include "report/json.hpp"
#include "rootlet/report.hpp"

namespace rootlet {
namespace {

template <typename Items, typename Write>
void write_array(JsonWriter& json, const char* name, const Items& items, Write write) {
  json.key(name);
  json.begin_array();
  for (const auto& item : items) write(json, item);
  json.end_array();
}

void write_reason(JsonWriter& json, const Reason& reason) {
  json.begin_object();
  json.member("kind", to_string(reason.kind));
  json.path("by", reason.by);
  json.path("detail", reason.detail);
  if (reason.how) json.member("how", to_string(*reason.how));
  json.end_object();
}

std::string mode_text(uint32_t mode) {
  std::array<char, 8> text;
  std::snprintf(text.data(), text.size(), "%04o", mode & 07777);
  return text.data();
}

void write_size(JsonWriter& json, uint64_t size) {
  json.key("size");
  json.number(size);
}

void write_file(JsonWriter& json, const ClosureFile& file) {
  json.begin_object();
  json.path("path", file.path);
  static constexpr const char* kTypes[] = {"file", "directory", "symlink", "other"};
  json.member("type", kTypes[static_cast<size_t>(file.type())]);
  if (file.node == nullptr) {
    json.key("generated");
    json.boolean(true);
    if (file.content) write_size(json, file.content->size());
    json.member("mode", file.content ? "0644" : "0755");
  } else if (file.node->is_symlink()) {
    json.path("target", file.node->target());
  } else {
    if (file.node->is_file()) write_size(json, file.node->status().size);
    json.member("mode", mode_text(file.node->status().mode));
  }
  if (!file.package.empty()) json.member("package", file.package);
  if (!file.package_note.empty()) json.member("package_note", file.package_note);
  write_array(json, "reasons", file.reasons, write_reason);
  json.end_object();
}

void write_attempt(JsonWriter& json, const Attempt& attempt) {
  json.begin_object();
  json.path("path", attempt.path);
  json.member("how", to_string(attempt.how));
  json.member("why", attempt.why);
  json.end_object();
}

void write_missing(JsonWriter& json, const Missing& missing) {
  json.begin_object();
  json.path("name", missing.name);
  json.path("by", missing.by);
  json.member("kind", to_string(missing.kind));
  write_array(json, "tried", missing.tried, write_attempt);
  json.end_object();
}

void write_finding(JsonWriter& json, const Finding& finding) {
  json.begin_object();
  json.member("kind", finding.kind);
  json.path("by", finding.by);
  json.member("detail", finding.detail);
  json.end_object();
}

void write_chain(JsonWriter& json, const Chain& chain) {
  json.begin_array();
  for (const Step& step : chain) {
    json.begin_object();
    json.path("path", step.path);
    json.key("reason");
    write_reason(json, step.reason);
    json.end_object();
  }
  json.end_array();
}

void write_string(JsonWriter& json, std::string_view text) { json.string(text); }

void begin_document(JsonWriter& json) {
  json.begin_object();
  json.key("schema");
  json.number(1);
}

}  // namespace

void report::write_closure(JsonWriter& json, const Closure& closure) {
  begin_document(json);
  json.path("root", closure.root);
  write_array(json, "entries", closure.entries, write_string);
  write_array(json, "files", closure.files, write_file);
  write_array(json, "missing", closure.missing, write_missing);
  write_array(json, "findings", closure.findings, write_finding);
  json.end_object();
}

std::string to_json(const Closure& closure) {
  JsonWriter json;
  report::write_closure(json, closure);
  return json.take();
}

std::string to_json(const Why& why) {
  JsonWriter json;
  begin_document(json);
  json.path("path", why.path);
  json.key("present");
  json.boolean(why.present);
  write_array(json, "chains", why.chains, write_chain);
  json.key("more");
  json.boolean(why.more);
  write_array(json, "notes", why.notes, write_string);
  json.end_object();
  return json.take();
}

}  // namespace rootlet
