#include "plan/user.hpp"

#include <algorithm>
#include <charconv>

#include "base/utf8.hpp"

namespace rootlet::plan {
namespace {

constexpr size_t kPasswdFields = 7, kGroupFields = 4;
constexpr std::string_view kNonroot = "nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n";
constexpr std::string_view kNonrootGroup = "nonroot:x:65532:\n";

bool is_number(std::string_view text) { return text.find_first_not_of("0123456789") == std::string_view::npos; }

// What starts with a sign is a number to those who start containers, and below 0 or spelled oddly.
bool is_name_or_number(std::string_view text) {
  if (text.empty() || text.front() == '-' || text.front() == '+') return false;
  if (!is_number(text)) return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f' || c == ':'; });
  uint32_t number = 0;
  return std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc() && number < UINT32_MAX;
}

std::vector<std::string_view> fields(std::string_view line) {
  std::vector<std::string_view> all;
  for (size_t at = 0; at <= line.size();) {
    const size_t end = std::min(line.find(':', at), line.size());
    all.push_back(line.substr(at, end - at));
    at = end + 1;
  }
  return all;
}

// The first line whose field is that, as getpwnam() and getgrgid() take it; empty if there is none.
std::vector<std::string_view> find(std::string_view text, size_t count, size_t field, std::string_view value) {
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::vector<std::string_view> line = fields(text.substr(at, end - at));
    if (line.size() == count && line[field] == value) return line;
    at = end + 1;
  }
  return {};
}

void append(std::string& text, std::string_view line) {
  if (!text.empty() && text.back() != '\n') text += '\n';
  text += line;
}

// Of a group the members stay behind: they are other users.
void append_group(std::string& text, const std::vector<std::string_view>& group) {
  append(text, std::string(group[0]) + ":x:" + std::string(group[2]) + ":\n");
}

class Adding {
 public:
  Adding(Accounts& layer, const Accounts& root) : layer_(layer), root_(root) {}

  AddedUser run(std::string_view user) {
    const size_t colon = std::min(user.find(':'), user.size());
    const std::string_view name = user.substr(0, colon);
    if (!name.empty() && !is_number(name)) add_name(name);
    if (colon < user.size()) add_group(user.substr(colon + 1));
    return std::move(added_);
  }

 private:
  void add_name(std::string_view name) {
    std::string id;
    for (const std::string* text : {static_cast<const std::string*>(&layer_.passwd), &root_.passwd}) {
      const auto known = find(*text, kPasswdFields, 0, "nonroot");
      if (name == "nonroot" && !known.empty() && known[2] != "65532") added_.taken = known[2];
    }
    if (!added_.taken.empty()) return;
    if (auto known = find(layer_.passwd, kPasswdFields, 0, name); !known.empty()) {
      id = known[3];
    } else if (auto roots = find(root_.passwd, kPasswdFields, 0, name); !roots.empty()) {
      id = roots[3];
      std::string line;
      for (size_t i = 0; i < roots.size(); ++i) line += (i == 0 ? "" : ":") + (i == 1 ? "x" : std::string(roots[i]));
      append(layer_.passwd, line + "\n");
    } else if (name == "nonroot") {
      append(layer_.passwd, kNonroot);
      if (find(layer_.group, kGroupFields, 2, "65532").empty()) append(layer_.group, kNonrootGroup);
      added_.made_up = true;
      return;
    } else {
      added_.unknown.emplace_back(name);
      return;
    }
    if (!find(layer_.group, kGroupFields, 2, id).empty()) return;
    if (auto group = find(root_.group, kGroupFields, 2, id); !group.empty()) append_group(layer_.group, group);
  }

  void add_group(std::string_view name) {
    if (name.empty() || is_number(name) || !find(layer_.group, kGroupFields, 0, name).empty()) return;
    if (auto group = find(root_.group, kGroupFields, 0, name); !group.empty()) return append_group(layer_.group, group);
    if (name == "nonroot") return append(layer_.group, kNonrootGroup);
    added_.unknown.emplace_back(name);
  }

  Accounts& layer_;
  const Accounts& root_;
  AddedUser added_;
};

}  // namespace

Result<void> check_user(const std::string& user) {
  const std::string_view text = user;
  const size_t colon = text.find(':');
  if (is_utf8(text) && is_name_or_number(text.substr(0, colon)) && (colon == std::string::npos || is_name_or_number(text.substr(colon + 1)))) return {};
  return fail(ErrorCode::invalid_argument, "\"" + user + "\" is no user; write USER or USER:GROUP, names or numbers up to 4294967294, such as 1000:1000, or nonroot");
}

AddedUser add_user(std::string_view user, Accounts& layer, const Accounts& root) { return Adding(layer, root).run(user); }

}  // namespace rootlet::plan
