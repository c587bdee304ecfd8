#include "package/dpkg.hpp"

#include <algorithm>
#include <array>

#include "package/lines.hpp"

namespace rootlet::package {
namespace {

struct Field {
  std::string_view name;
  std::string_view DpkgStanza::*member;
};

constexpr std::array<Field, 10> kFields = {{{"Package", &DpkgStanza::package},
                                           {"Status", &DpkgStanza::status},
                                           {"Architecture", &DpkgStanza::architecture},
                                           {"Multi-Arch", &DpkgStanza::multi_arch},
                                           {"Essential", &DpkgStanza::essential},
                                           {"Version", &DpkgStanza::version},
                                           {"Source", &DpkgStanza::source},
                                           {"Depends", &DpkgStanza::depends},
                                           {"Pre-Depends", &DpkgStanza::pre_depends},
                                           {"Provides", &DpkgStanza::provides}}};

bool same_ignoring_case(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

// Lines that begin with a blank go on with the field before.
std::string_view with_continuation(std::string_view value, std::string_view& rest) {
  const char* end = value.data() + value.size();
  while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t')) {
    std::string_view line = take_line(rest);
    end = line.data() + line.size();
  }
  return trim(std::string_view(value.data(), static_cast<size_t>(end - value.data())));
}

}  // namespace

void each_stanza(std::string_view text, const std::function<void(const DpkgStanza&)>& visit) {
  DpkgStanza stanza;
  const char* start = nullptr;  // of the stanza's first line
  auto finish = [&](const char* end) {
    if (start != nullptr) stanza.text = std::string_view(start, static_cast<size_t>(end - start));
    if (!stanza.package.empty()) visit(stanza);
    stanza = {};
    start = nullptr;
  };
  const char* const end_of_text = text.data() + text.size();
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (trim(line).empty()) {
      finish(line.data());
      continue;
    }
    if (start == nullptr) start = line.data();
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || line.front() == ' ' || line.front() == '\t') continue;
    const std::string_view name = line.substr(0, colon);
    for (const Field& field : kFields) {
      if (field.name.size() == name.size() && same_ignoring_case(field.name, name)) {
        stanza.*field.member = with_continuation(line.substr(colon + 1), text);
        break;
      }
    }
  }
  finish(end_of_text);
}

bool has_files(std::string_view status) {
  if (status.empty()) return true;
  take_item(status, kSpace);  // what is wanted: install, hold, deinstall, purge
  take_item(status, kSpace);  // ok or reinstreq
  const std::string_view state = take_item(status, kSpace);
  return state != "not-installed" && state != "config-files" && !state.empty();
}

void add_relations(std::string_view field, std::vector<std::string>& names, size_t& room) {
  while (true) {
    const std::string_view relation = take_item(field, ",|");
    if (relation.empty()) return;
    add_name(names, before(trim(relation), " \t\r\n([<"), room);
  }
}

Diversions::Diversions(std::string_view text) {
  while (!text.empty() && by_path_.size() < kMostPackages) {
    const std::string_view path = take_line(text), to = take_line(text), by = take_line(text);
    if (by.empty() || !path.starts_with('/') || path.size() >= kMaxPath || !to.starts_with('/')) return;
    by_path_.emplace(path, Diversion{std::string(to), std::string(by)});
    lengths_.set(path.size());
  }
}

std::string_view Diversions::place(std::string_view path, std::string_view package) const {
  if (path.size() >= kMaxPath || !lengths_.test(path.size())) return path;
  auto diverted = by_path_.find(std::string(path));
  return diverted == by_path_.end() || diverted->second.by == package ? path : diverted->second.to;
}

void each_listed_path(std::string_view text, const std::function<void(std::string_view path)>& visit) {
  while (!text.empty()) {
    const std::string_view path = take_line(text);
    if (path == "/.") {
      visit("/");
    } else if (path.size() > 1 && path.front() == '/' && path.size() < kMaxPath) {
      visit(path);
    }
  }
}

void each_summed_path(std::string_view text, const SummedPathVisitor& visit) {
  constexpr size_t kSum = 32;  // hexadecimal digits; two blanks follow, or a blank and "*"
  std::string path;
  while (!text.empty()) {
    std::string_view line = take_line(text);
    const std::string_view sum = line.substr(0, kSum);
    if (line.size() < kSum + 3 || line[kSum] != ' ' || sum.find_first_not_of("0123456789abcdef") != std::string_view::npos) continue;
    line.remove_prefix(kSum + 2);
    if (line.starts_with("./")) line.remove_prefix(2);
    if (line.empty() || line.front() == '/' || line.size() + 1 >= kMaxPath) continue;
    path = "/";
    path += line;
    visit(path, sum);
  }
}

}  // namespace rootlet::package
