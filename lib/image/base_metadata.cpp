#include "image/base_metadata.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

namespace rootlet::image {
namespace {

std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

std::string with_newline(std::string text) {
  if (!text.empty() && text.back() != '\n') text += '\n';
  return text;
}

// What a list says twice is what `key` finds to be the same in two of its lines.
template <typename Key>
std::string merged_lines(const std::string& base, const std::string& layer, Key key) {
  std::set<std::string, std::less<>> known;
  for (std::string_view rest = base; !rest.empty();) known.emplace(key(take_line(rest)));
  std::string merged = with_newline(base);
  for (std::string_view rest = layer; !rest.empty();) {
    const std::string_view line = take_line(rest);
    if (known.emplace(key(line)).second) merged += std::string(line) + "\n";
  }
  return merged;
}

// "SUM  path"
std::string_view summed_path(std::string_view line) { return line.substr(std::min(line.find("  "), line.size())); }

// Of a line of rpm's manifest: name, version and release, architecture.
std::string rpm_package(std::string_view line) {
  std::string key;
  for (int field = 0; field < 8; ++field) {
    const size_t length = std::min(line.find('\t'), line.size());
    if (field < 2 || field == 7) key += std::string(line.substr(0, length)) + "\t";
    line.remove_prefix(std::min(length + 1, line.size()));
  }
  return key;
}

// alpm-db-files(5): the list ends with the section.
std::string merged_alpm_files(const std::string& base, const std::string& layer) {
  constexpr std::string_view kHeading = "%FILES%\n";
  const size_t start = base.find(kHeading), own = layer.find(kHeading);
  if (start == std::string::npos || own == std::string::npos) return base;
  const size_t end = std::min(base.find("\n\n", start + kHeading.size() - 1), base.size() - 1) + 1;
  const size_t own_end = std::min(layer.find("\n\n", own + kHeading.size() - 1), layer.size() - 1) + 1;
  const auto whole = [](std::string_view line) { return line; };
  const std::string files = merged_lines(base.substr(start, end - start), layer.substr(own, own_end - own), whole);
  return base.substr(0, start) + files + base.substr(end);
}

// A record of apk's list of installed packages: what is said of the package, then of its files by directory.
struct ApkRecord {
  struct Directory {
    std::string_view name;  // "F:usr/bin"
    std::vector<std::string_view> about;
    std::vector<std::pair<std::string_view, std::string_view>> files;  // "R:NAME", and all lines of it
  };
  std::string_view text;  // with the empty line at its end
  std::string key;        // P, V and A
  std::vector<std::string_view> about;
  std::vector<Directory> directories;
};

void take_field(ApkRecord& record, std::string_view line) {
  if (line.starts_with("F:")) {
    record.directories.push_back({line, {}, {}});
  } else if (line.starts_with("R:") && !record.directories.empty()) {
    record.directories.back().files.emplace_back(line, line);
  } else if ((line.starts_with("a:") || line.starts_with("Z:")) && !record.directories.empty() && !record.directories.back().files.empty()) {
    std::string_view& lines = record.directories.back().files.back().second;
    lines = std::string_view(lines.data(), static_cast<size_t>(line.data() + line.size() - lines.data()));
  } else if (line.starts_with("M:") && !record.directories.empty()) {
    record.directories.back().about.push_back(line);
  } else {
    record.about.push_back(line);
    if (line.starts_with("P:") || line.starts_with("V:") || line.starts_with("A:")) record.key += std::string(line) + "\n";
  }
}

std::vector<ApkRecord> apk_records(std::string_view text) {
  std::vector<ApkRecord> records;
  while (!text.empty()) {
    ApkRecord record;
    const std::string_view start = text;
    for (std::string_view line = take_line(text); !line.empty(); line = take_line(text)) {
      take_field(record, line);
      if (text.empty()) break;
    }
    record.text = start.substr(0, start.size() - text.size());
    if (!record.key.empty()) records.push_back(std::move(record));
  }
  return records;
}

// Whether the record gained a file.
bool add_files(ApkRecord& record, const ApkRecord& other) {
  std::unordered_map<std::string_view, size_t> places;  // of directories
  std::set<std::pair<std::string_view, std::string_view>> known;
  for (const ApkRecord::Directory& directory : record.directories) {
    places.emplace(directory.name, static_cast<size_t>(&directory - record.directories.data()));
    for (const auto& [name, lines] : directory.files) known.emplace(directory.name, name);
  }
  bool added = false;
  for (const ApkRecord::Directory& directory : other.directories) {
    const auto [place, is_new] = places.emplace(directory.name, record.directories.size());
    if (is_new) record.directories.push_back({directory.name, directory.about, {}});
    for (const auto& file : directory.files) {
      if (!known.emplace(directory.name, file.first).second) continue;
      record.directories[place->second].files.push_back(file);
      added = true;
    }
  }
  return added;
}

std::string to_text(const ApkRecord& record) {
  std::string text;
  const auto add = [&text](std::string_view line) { text += std::string(line) + "\n"; };
  std::for_each(record.about.begin(), record.about.end(), add);
  for (const ApkRecord::Directory& directory : record.directories) {
    add(directory.name);
    std::for_each(directory.about.begin(), directory.about.end(), add);
    for (const auto& [name, lines] : directory.files) add(lines);
  }
  return text + "\n";
}

std::string merged_apk(const std::string& base, const std::string& layer) {
  std::vector<ApkRecord> records = apk_records(base);
  std::vector<std::string> texts;
  bool changed = false;
  std::unordered_map<std::string_view, size_t> places;
  for (const ApkRecord& record : records) {
    places.emplace(record.key, texts.size());
    texts.emplace_back(record.text);
  }
  if (!texts.empty() && !texts.back().ends_with("\n\n")) texts.back() = with_newline(texts.back()) + "\n";
  for (const ApkRecord& own : apk_records(layer)) {
    const auto same = places.find(own.key);
    if (same == places.end()) {
      texts.emplace_back(own.text);
      changed = true;
    } else if (ApkRecord& record = records[same->second]; add_files(record, own)) {
      texts[same->second] = to_text(record);
      changed = true;
    }
  }
  if (!changed) return base;
  std::string merged;
  for (const std::string& text : texts) merged += text;
  return merged;
}

}  // namespace

std::optional<std::string> merged_metadata(std::string_view path, const std::string& base, const std::string& layer) {
  if (path.ends_with("/apk/db/installed")) return merged_apk(base, layer);
  if (path.ends_with("/rpmmanifest/container-manifest-2")) return merged_lines(base, layer, rpm_package);
  if (path.starts_with(kDpkgStanzas) && path.ends_with(kDpkgSums)) return merged_lines(base, layer, summed_path);
  if (path.starts_with("/var/lib/pacman/local/") && path.ends_with("/files")) return merged_alpm_files(base, layer);
  return std::nullopt;
}

std::string_view version_of(std::string_view stanza) {
  constexpr std::string_view kField = "\nVersion: ";
  const size_t at = stanza.find(kField);
  return at == std::string_view::npos ? std::string_view() : stanza.substr(at, stanza.find('\n', at + 1) - at);
}

}  // namespace rootlet::image
