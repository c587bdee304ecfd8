#include <array>
#include <cstdio>

#include "report/json.hpp"
#include "rootlet/report.hpp"

namespace rootlet {
namespace {

using report::write_array;

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

const char* type_name(NodeType type) {
  static constexpr const char* kTypes[] = {"file", "directory", "symlink", "other"};
  return kTypes[static_cast<size_t>(type)];
}

void write_size(JsonWriter& json, uint64_t size) {
  json.key("size");
  json.number(size);
}

// What a manifest says of a file beyond that.
void write_in_layer(JsonWriter& json, const InventoryFile& file) {
  if (file.type == NodeType::file) json.member("sha256", file.sha256);
  if (file.uid != 0) json.key("uid"), json.number(file.uid);
  if (file.gid != 0) json.key("gid"), json.number(file.gid);
  if (!file.capability.empty()) json.member("capability", to_hex(file.capability));
  if (!file.architecture.empty()) json.member("architecture", file.architecture);
}

void write_what_it_is(JsonWriter& json, const InventoryFile& file) {
  if (file.type == NodeType::file) write_size(json, file.size);
  if (file.type == NodeType::symlink) json.path("target", file.target);
  else json.member("mode", mode_text(file.mode));
}

// `in_layer` is null in an answer that is no manifest.
void write_file(JsonWriter& json, const ClosureFile& file, const InventoryFile* in_layer) {
  json.begin_object();
  json.path("path", file.path);
  // A plan may have a file in place of a link, and a base another file.
  const NodeType type = in_layer != nullptr ? in_layer->type : file.type();
  json.member("type", type_name(type));
  if (file.node == nullptr) {
    json.key("generated");
    json.boolean(true);
  }
  if (in_layer != nullptr) {
    write_what_it_is(json, *in_layer);
  } else if (file.node == nullptr) {
    if (file.content) write_size(json, file.content->size());
    json.member("mode", file.content ? "0644" : "0755");
  } else if (file.node->is_symlink()) {
    json.path("target", file.node->target());
  } else {
    if (file.node->is_file()) write_size(json, file.node->status().size);
    json.member("mode", mode_text(file.node->status().mode));
  }
  if (in_layer != nullptr) write_in_layer(json, *in_layer);
  const std::string_view package = in_layer != nullptr ? std::string_view(in_layer->package) : file.package;
  if (!package.empty()) json.member("package", package);
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

void report::write_inventory_reason(JsonWriter& json, const InventoryReason& reason) {
  json.begin_object();
  json.member("kind", reason.kind);
  json.path("by", reason.by);
  json.path("detail", reason.detail);
  if (!reason.how.empty()) json.member("how", reason.how);
  json.end_object();
}

void report::write_members(JsonWriter& json, const Closure& closure, const Inventory* layer) {
  begin_document(json);
  json.path("root", closure.root);
  write_array(json, "entries", closure.entries, write_string);
  json.key("files");
  json.begin_array();
  for (const ClosureFile& file : closure.files) {
    const InventoryFile* in_layer = layer == nullptr ? nullptr : layer->find(file.path);
    if (layer == nullptr || in_layer != nullptr) write_file(json, file, in_layer);  // else it stands where a link of the base leads
  }
  json.end_array();
  write_array(json, "missing", closure.missing, write_missing);
  write_array(json, "findings", closure.findings, write_finding);
}

void report::write_closure(JsonWriter& json, const Closure& closure) {
  write_members(json, closure, nullptr);
  json.end_object();
}

void report::write_inventory_file(JsonWriter& json, const InventoryFile& file, bool with_reasons) {
  json.begin_object();
  json.path("path", file.path);
  json.member("type", type_name(file.type));
  if (file.generated) json.key("generated"), json.boolean(true);
  write_what_it_is(json, file);
  write_in_layer(json, file);
  if (!file.package.empty()) json.member("package", file.package);
  if (with_reasons && !file.reasons.empty()) write_array(json, "reasons", file.reasons, write_inventory_reason);
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
