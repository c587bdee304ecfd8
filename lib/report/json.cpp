#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "rootlet/report.hpp"

namespace rootlet {
namespace {

using Json = nlohmann::ordered_json;

// Well-formed UTF-8 (RFC 3629).
bool is_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t length = lead < 0x80 ? 1 : lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
    if (length == 0 || i + length > text.size()) return false;
    uint32_t point = length == 1 ? lead : lead & (0x7f >> length);
    for (size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xc0) != 0x80) return false;
      point = point << 6 | (next & 0x3f);
    }
    if ((length == 3 && (point < 0x800 || (point >= 0xd800 && point < 0xe000))) || (length == 4 && (point < 0x10000 || point > 0x10ffff))) return false;
    i += length;
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
    item["size"] = file.content->size();
    item["mode"] = "0644";
  } else if (file.node->is_symlink()) {
    put_path(item, "target", file.node->target());
  } else {
    if (file.node->is_file()) item["size"] = file.node->status().size;
    item["mode"] = mode_text(file.node->status().mode);
  }
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

std::string dump(const Json& json) { return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n"; }

}  // namespace

std::string to_json(const Closure& closure) {
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
  return dump(json);
}

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
