#include <array>
#include <cstdio>

#include "report/json.hpp"
#include "report/text.hpp"
#include "rootlet/report.hpp"

namespace rootlet {
namespace {

using report::Json;

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = character_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string hex(std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

void put_path(Json& object, const char* key, std::string_view path) {
  object[key] = std::string(path);
  if (!is_utf8(path)) object[std::string(key) + "_hex"] = hex(path);
}

Json reason_json(const Reason& reason) {
  Json item;
  item["kind"] = to_string(reason.kind);
  put_path(item, "by", reason.by);
  put_path(item, "detail", reason.detail);
  if (reason.how) item["how"] = to_string(*reason.how);
  return item;
}

std::string mode_text(uint32_t mode) {
  std::array<char, 8> text;
  std::snprintf(text.data(), text.size(), "%04o", mode & 07777);
  return text.data();
}

Json file_json(const ClosureFile& file) {
  Json item;
  put_path(item, "path", file.path);
  static constexpr const char* kTypes[] = {"file", "directory", "symlink", "other"};
  item["type"] = kTypes[static_cast<size_t>(file.type())];
  if (file.node == nullptr) {
    item["generated"] = true;
    if (file.content) item["size"] = file.content->size();
    item["mode"] = file.content ? "0644" : "0755";
  } else if (file.node->is_symlink()) {
    put_path(item, "target", file.node->target());
  } else {
    if (file.node->is_file()) item["size"] = file.node->status().size;
    item["mode"] = mode_text(file.node->status().mode);
  }
  if (!file.package.empty()) item["package"] = file.package;
  if (!file.package_note.empty()) item["package_note"] = file.package_note;
  Json reasons = Json::array();
  for (const Reason& reason : file.reasons) reasons.push_back(reason_json(reason));
  item["reasons"] = std::move(reasons);
  return item;
}

Json missing_json(const Missing& missing) {
  Json item;
  put_path(item, "name", missing.name);
  put_path(item, "by", missing.by);
  item["kind"] = to_string(missing.kind);
  Json tried = Json::array();
  for (const Attempt& attempt : missing.tried) {
    Json step;
    put_path(step, "path", attempt.path);
    step["how"] = to_string(attempt.how);
    step["why"] = attempt.why;
    tried.push_back(std::move(step));
  }
  item["tried"] = std::move(tried);
  return item;
}

// The library leaves DEL and the C1 controls as they are; a terminal may act on them.
std::string dump(const Json& json) {
  const std::string text = json.dump(1, ' ', false, Json::error_handler_t::replace);
  std::string out;
  out.reserve(text.size() + 1);
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool c1 = byte == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (byte != 0x7f && !c1) {
      out += text[i];
      continue;
    }
    std::array<char, 8> escape;
    std::snprintf(escape.data(), escape.size(), "\\u%04x", c1 ? static_cast<unsigned char>(text[++i]) : byte);
    out += escape.data();
  }
  return out + '\n';
}

}  // namespace

Json report::closure_json(const Closure& closure) {
  Json json;
  json["schema"] = 1;
  put_path(json, "root", closure.root);
  json["entries"] = closure.entries;
  json["files"] = Json::array();
  for (const ClosureFile& file : closure.files) json["files"].push_back(file_json(file));
  json["missing"] = Json::array();
  for (const Missing& missing : closure.missing) json["missing"].push_back(missing_json(missing));
  json["findings"] = Json::array();
  for (const Finding& finding : closure.findings) {
    Json item;
    item["kind"] = finding.kind;
    put_path(item, "by", finding.by);
    item["detail"] = finding.detail;
    json["findings"].push_back(std::move(item));
  }
  return json;
}

std::string to_json(const Closure& closure) { return dump(report::closure_json(closure)); }

std::string to_json(const Why& why) {
  Json json;
  json["schema"] = 1;
  put_path(json, "path", why.path);
  json["present"] = why.present;
  json["chains"] = Json::array();
  for (const Chain& chain : why.chains) {
    Json steps = Json::array();
    for (const Step& step : chain) {
      Json item;
      put_path(item, "path", step.path);
      item["reason"] = reason_json(step.reason);
      steps.push_back(std::move(item));
    }
    json["chains"].push_back(std::move(steps));
  }
  json["more"] = why.more;
  json["notes"] = why.notes;
  return dump(json);
}

}  // namespace rootlet
