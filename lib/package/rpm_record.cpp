// What a header says of its package, in the words that all formats share.
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "package/lines.hpp"
#include "package/rpm_header.hpp"

namespace rootlet::package {
namespace {

// RPMFILE_IS_INSTALLED of include/rpm/rpmfiles.h: normal, or on a shared file system. Not: replaced, not wanted, of the
// wrong color.
bool is_installed(std::optional<uint32_t> state) { return !state || *state == 0 || *state == 3; }

OwnedPath::Kind kind(std::optional<uint32_t> mode) {
  if (!mode) return OwnedPath::unknown;
  return S_ISDIR(*mode) ? OwnedPath::directory : OwnedPath::file;
}

// The name in "bash-5.2.26-3.fc40.src.rpm", or nothing.
std::string_view source_name(std::string_view source_rpm) {
  const size_t release = source_rpm.rfind('-');
  if (release == std::string_view::npos || release == 0) return {};
  const size_t version = source_rpm.rfind('-', release - 1);
  return version == std::string_view::npos ? std::string_view() : source_rpm.substr(0, version);
}

}  // namespace

std::optional<Record> rpm_record(const RpmHeader& header, size_t& room) {
  const std::string_view name = header.string(RpmTag::name).value_or("");
  if (!is_plain_name(name)) return std::nullopt;
  Record record;
  record.package.name = name;
  if (auto epoch = header.numbers(RpmTag::epoch).at(0)) record.package.version = std::to_string(*epoch) + ":";
  record.package.version += header.string(RpmTag::version).value_or("");
  record.package.version += "-";
  record.package.version += header.string(RpmTag::release).value_or("");
  record.package.architecture = header.string(RpmTag::architecture).value_or("");
  record.package.source = source_name(header.string(RpmTag::source_rpm).value_or(""));
  if (record.package.source.empty()) record.package.source = name;
  for (std::string_view wanted : header.strings(RpmTag::require_name)) add_rpm_requirement(wanted, record.package.depends, room);
  for (std::string_view provided : header.strings(RpmTag::provide_name)) add_name(record.provides, provided, room);
  return record;
}

std::string rpm_manifest_line(const RpmHeader& header) {
  // As rpm prints what is not there. A tab or a newline in a field would be the end of it for whoever reads the line.
  auto text = [&](RpmTag tag) {
    std::string value(header.string(tag).value_or("(none)"));
    for (char& c : value) c = static_cast<unsigned char>(c) < ' ' || c == '\x7f' ? ' ' : c;
    return value;
  };
  auto number = [&](RpmTag tag, const char* none) {
    const auto value = header.numbers(tag).at(0);
    return value ? std::to_string(*value) : std::string(none);
  };
  const std::string name = text(RpmTag::name), version = text(RpmTag::version), release = text(RpmTag::release);
  if (header.string(RpmTag::version).value_or("").empty() || version.find('-') != std::string::npos) return {};
  if (header.string(RpmTag::release).value_or("").empty() || release.find('-') != std::string::npos) return {};
  std::string source = text(RpmTag::source_rpm);
  if (source_name(source).empty()) source = name + "-" + version + "-" + release + ".src.rpm";
  const std::string built = number(RpmTag::build_time, "0");
  return name + "\t" + version + "-" + release + "\t" + built + "\t" + built + "\t" + text(RpmTag::vendor) + "\t" + number(RpmTag::epoch, "(none)") + "\t" +
         number(RpmTag::size, "(none)") + "\t" + text(RpmTag::architecture) + "\t" + number(RpmTag::epoch, "0") + "\t" + source;
}

void each_rpm_path(const RpmHeader& header, const PathVisitor& visit) {
  const std::vector<std::string_view> names = header.strings(RpmTag::base_names), directories = header.strings(RpmTag::directory_names);
  const RpmNumbers indexes = header.numbers(RpmTag::directory_indexes), states = header.numbers(RpmTag::file_states),
                   modes = header.numbers(RpmTag::file_modes);
  std::string path;
  for (uint32_t i = 0; i < names.size(); ++i) {
    const auto index = indexes.at(i);
    if (!index || *index >= directories.size()) continue;
    const std::string_view directory = directories[*index];
    if (!directory.starts_with('/') || directory.size() + names[i].size() >= kMaxPath) continue;
    path = directory;
    path += names[i];
    if (path.size() > 1 && path.back() == '/') path.pop_back();
    visit(OwnedPath{path, is_installed(states.at(i)) ? std::string_view(path) : std::string_view(), kind(modes.at(i))});
  }
}

void add_rpm_requirement(std::string_view requirement, std::vector<std::string>& names, size_t& room) {
  if (!requirement.starts_with('(')) return add_name(names, requirement, room);
  int64_t depth = 0, condition = 0;  // how many brackets are open; how many were where a condition began, or 0
  bool version = false;              // a comparison was read
  while (true) {
    std::string_view word = take_item(requirement, " ");
    if (word.empty()) return;
    if (condition > 0 && (depth < condition || (depth == condition && word == "else"))) condition = 0;
    // A name may have brackets of its own: "python3dist(requests)".
    depth += std::count(word.begin(), word.end(), '(') - std::count(word.begin(), word.end(), ')');
    if (condition > 0 || word == "else" || word == "and" || word == "or" || word == "with") {
      version = false;
    } else if (word == "if" || word == "unless" || word == "without") {
      condition = depth;
    } else if (word.find_first_not_of("<>=") == std::string_view::npos) {
      version = true;
    } else if (!std::exchange(version, false)) {
      word.remove_prefix(std::min(word.find_first_not_of('('), word.size()));
      auto closed = std::count(word.begin(), word.end(), ')') - std::count(word.begin(), word.end(), '(');
      for (; closed > 0 && word.ends_with(')'); --closed) word.remove_suffix(1);
      add_name(names, word, room);
    }
  }
}

}  // namespace rootlet::package
