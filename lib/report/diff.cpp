#include <algorithm>

#include "report/json.hpp"
#include "report/text.hpp"
#include "rootlet/report.hpp"

namespace rootlet {
namespace {

std::string mark(const Paint& paint, ChangeKind kind) {
  switch (kind) {
    case ChangeKind::added: return paint.green("+");
    case ChangeKind::removed: return paint.red("-");
    case ChangeKind::changed: break;
  }
  return paint.bold("~");
}

// "1.2 MiB, now 1.3 MiB", or of one side alone.
std::string sizes(uint64_t before, uint64_t after, ChangeKind kind) {
  if (kind == ChangeKind::added) return size_text(after);
  if (kind == ChangeKind::removed || before == after) return size_text(before);
  return size_text(before) + ", now " + size_text(after);
}

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : "; ") + word;
  return text;
}

// The reasons where somebody recorded them: of the later side, if it is there at all.
const std::vector<InventoryReason>& reasons_of(const FileChange& change) {
  if (change.after != nullptr && (!change.after->reasons.empty() || change.before == nullptr)) return change.after->reasons;
  return change.before->reasons;
}

void write_file_line(std::string& out, const Paint& paint, const FileChange& change) {
  const InventoryFile& shown = change.after != nullptr ? *change.after : *change.before;
  out += mark(paint, change.kind) + " " + printable(shown.path);
  if (shown.type == NodeType::symlink) out += " -> " + printable(shown.target);
  std::string notes = join(change.what);
  auto note = [&notes](const std::string& text) { notes += (notes.empty() ? "" : "; ") + text; };
  const bool sized = shown.type == NodeType::file || (change.before != nullptr && change.before->type == NodeType::file);
  if (sized) note(sizes(change.before != nullptr ? change.before->size : 0, change.after != nullptr ? change.after->size : 0, change.kind));
  if (!shown.package.empty()) note(shown.package);
  if (!notes.empty()) out += " (" + printable(notes) + ")";
  if (const auto& reasons = reasons_of(change); !reasons.empty()) {
    const std::string more = reasons.size() == 1 ? "" : ", and " + std::to_string(reasons.size() - 1) + " more";
    out += " " + paint.dim(printable(to_string(reasons.front())) + more);
  }
  out += "\n";
}

void write_package_line(std::string& out, const Paint& paint, const PackageChange& change) {
  out += mark(paint, change.kind) + " package " + printable(change.name());
  if (!change.architecture().empty()) out += ":" + printable(change.architecture());
  if (change.before != nullptr) out += " " + printable(change.before->version);
  if (change.kind == ChangeKind::changed) out += " -> " + printable(change.after->version);
  if (change.kind == ChangeKind::added) out += " " + printable(change.after->version);
  out += " (" + sizes(change.bytes_before, change.bytes_after, change.kind) + ")\n";
}

struct Sum {
  uint64_t files = 0, before = 0, after = 0;
};

Sum sum(const Diff& diff, ChangeKind kind) {
  Sum total;
  for (const FileChange& change : diff.files) {
    if (change.kind != kind) continue;
    ++total.files;
    if (change.before != nullptr) total.before += change.before->size;
    if (change.after != nullptr) total.after += change.after->size;
  }
  return total;
}

constexpr ChangeKind kKinds[] = {ChangeKind::added, ChangeKind::removed, ChangeKind::changed};

void write_side(JsonWriter& json, const char* name, const InventoryFile* file) {
  if (file == nullptr) return;
  json.key(name);
  report::write_inventory_file(json, *file);
}

void write_file(JsonWriter& json, const FileChange& change) {
  json.begin_object();
  json.path("path", change.path());
  json.member("change", to_string(change.kind));
  json.key("what");
  json.begin_array();
  for (const std::string& what : change.what) json.string(what);
  json.end_array();
  write_side(json, "before", change.before);
  write_side(json, "after", change.after);
  json.key("reasons");
  json.begin_array();
  for (const InventoryReason& reason : reasons_of(change)) report::write_inventory_reason(json, reason);
  json.end_array();
  json.end_object();
}

void write_side(JsonWriter& json, const char* name, const InventoryPackage* package, uint64_t bytes) {
  if (package == nullptr) return;
  json.key(name);
  json.begin_object();
  json.member("version", package->version);
  json.key("size");
  json.number(bytes);
  json.end_object();
}

void write_package(JsonWriter& json, const PackageChange& change) {
  json.begin_object();
  json.member("name", change.name());
  if (!change.architecture().empty()) json.member("architecture", change.architecture());
  json.member("change", to_string(change.kind));
  write_side(json, "before", change.before, change.bytes_before);
  write_side(json, "after", change.after, change.bytes_after);
  json.end_object();
}

}  // namespace

std::string to_text(const Diff& diff, const TreeStyle& style) {
  const Paint paint(style.color);
  std::string out;
  for (const FileChange& change : diff.files) write_file_line(out, paint, change);
  for (const PackageChange& change : diff.packages) write_package_line(out, paint, change);
  if (diff.same()) return out;
  for (const ChangeKind kind : kKinds) {
    const Sum total = sum(diff, kind);
    out += std::string(out.empty() || out.back() == '\n' ? "" : ", ") + std::to_string(total.files) + " " + std::string(to_string(kind)) + " (" +
           sizes(total.before, total.after, kind) + ")";
  }
  return out + "\n";
}

std::string to_json(const Diff& diff) {
  JsonWriter json;
  json.begin_object();
  json.key("schema"), json.number(1);
  json.path("before", diff.before);
  json.path("after", diff.after);
  json.key("same"), json.boolean(diff.same());
  json.key("files");
  json.begin_array();
  for (const FileChange& change : diff.files) write_file(json, change);
  json.end_array();
  json.key("packages");
  json.begin_array();
  for (const PackageChange& change : diff.packages) write_package(json, change);
  json.end_array();
  for (const ChangeKind kind : kKinds) {
    const Sum total = sum(diff, kind);
    json.key(to_string(kind));
    json.begin_object();
    json.key("files"), json.number(total.files);
    json.key("bytes_before"), json.number(total.before);
    json.key("bytes_after"), json.number(total.after);
    json.end_object();
  }
  json.end_object();
  return json.take();
}

}  // namespace rootlet
