#include "data/names.hpp"

#include <algorithm>
#include <charconv>

#include "data/scripts/needs.hpp"

namespace rootlet::data {
namespace {

constexpr uint32_t kFirstOrdinary = 1000, kNobody = 65534;  // UIDs of people start at 1000 (login.defs, UID_MIN)

struct Database {
  std::string_view name;
  std::vector<std::string_view> files;
  std::string_view services;  // where nsswitch.conf is silent (nss/nss_database.c, nss_database_default)
};

const std::vector<Database>& databases() {
  static const std::vector<Database> all = {
      {"passwd", {}, "files"},
      {"group", {}, "files"},
      {"initgroups", {}, ""},
      {"shadow", {}, "files"},
      {"hosts", {"/etc/host.conf", "/etc/gai.conf"}, "dns files"},
      {"services", {"/etc/services"}, "files"},
      {"protocols", {"/etc/protocols"}, "files"},
      {"networks", {"/etc/networks"}, "files dns"},
      {"ethers", {"/etc/ethers"}, "files"},
      {"rpc", {"/etc/rpc"}, "files"},
      {"netgroup", {"/etc/netgroup"}, "files"},
  };
  return all;
}

bool is_system(uint32_t id) { return id < kFirstOrdinary || id == kNobody; }

constexpr std::string_view kHosts = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n";

std::vector<std::string_view> fields(std::string_view line) {
  std::vector<std::string_view> all;
  while (true) {
    const size_t end = line.find(':');
    all.push_back(line.substr(0, end));
    if (end == std::string_view::npos) return all;
    line.remove_prefix(end + 1);
  }
}

std::optional<uint32_t> number(std::string_view text) {
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && !text.empty() ? std::optional(value) : std::nullopt;
}

}  // namespace

std::string NameServices::text_of(const std::string& path) {
  const Node* node = root_.walk(path).node;
  if (node == nullptr || !node->is_file()) return {};
  auto file = root_.open_file(*node);
  auto text = file ? read_all(**file, kMaxFileBytes) : Result<std::string>(Unexpected(file.error()));
  return text ? std::move(*text) : std::string();
}

std::vector<std::string> NameServices::services(const std::string& database) {
  std::vector<std::string> found;
  bool configured = false;
  scripts::each_part(text_of("/etc/nsswitch.conf"), "\n", [&](std::string_view line) {
    line = scripts::trimmed(line.substr(0, line.find('#')));
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || scripts::trimmed(line.substr(0, colon)) != database) return;
    configured = true;
    // "[NOTFOUND=return]" says what to do, not where to look.
    bool action = false;
    scripts::each_part(line.substr(colon + 1), " \t", [&](std::string_view word) {
      action = action || word.front() == '[';
      if (!action) found.emplace_back(word);
      if (word.back() == ']') action = false;
    });
  });
  if (configured) return found;
  for (const Database& known : databases()) {
    if (known.name == database) scripts::each_part(known.services, " ", [&](std::string_view word) { found.emplace_back(word); });
  }
  return found;
}

// System accounts as the root has them, with no hash of a password; people are nobody's business.
void NameServices::generate_users(Taking& taking, const std::string& path, std::string_view fallback, bool group) {
  std::string content;
  const size_t count = group ? 4 : 7;
  std::set<std::string> system_users;
  if (group) {
    scripts::each_part(text_of("/etc/passwd"), "\n", [&](std::string_view line) {
      const std::vector<std::string_view> all = fields(line);
      const auto id = all.size() == 7 ? number(all[2]) : std::nullopt;
      if (id && is_system(*id)) system_users.insert(std::string(all[0]));
    });
  }
  std::set<std::string> names;
  std::string text = text_of(path);
  if (text.empty() && root_.walk("/usr/lib" + path.substr(4)).node != nullptr) text = text_of("/usr/lib" + path.substr(4));
  scripts::each_part(text, "\n", [&](std::string_view line) {
    std::vector<std::string_view> all = fields(line);
    if (all.size() != count || all[0].empty() || all[0].front() == '+' || all[0].front() == '-') return;
    const auto id = number(all[2]);
    if (!id || !is_system(*id) || !names.insert(std::string(all[0])).second) return;
    all[1] = "x";
    std::string members;
    if (group) {
      scripts::each_part(all[3], ",", [&](std::string_view member) {
        if (system_users.contains(std::string(member))) members += (members.empty() ? "" : ",") + std::string(member);
      });
      all[3] = members;
    }
    for (size_t i = 0; i < all.size(); ++i) content += (i == 0 ? "" : ":") + std::string(all[i]);
    content += "\n";
  });
  scripts::each_part(fallback, "\n", [&](std::string_view line) {
    if (names.insert(std::string(line.substr(0, line.find(':')))).second) content += std::string(line) + "\n";
  });
  taking.needs.push_back({Need::generated, path, std::move(content), taking.origin, taking.detail, {}});
}

void NameServices::database(Taking& taking, const std::string& name, CLibrary libc) {
  auto known = std::find_if(databases().begin(), databases().end(), [&](const Database& database) { return database.name == name; });
  if (known == databases().end() || !done_.insert(name + std::to_string(static_cast<int>(libc)) + taking.detail).second) return;
  // Protocols and RPC programs are tables in musl's code; it has no networks, netgroups or Ethernet addresses.
  if (libc == CLibrary::musl && scripts::one_of(name, {"protocols", "networks", "ethers", "rpc", "netgroup"})) return;
  if (name == "shadow") taker_.file(taking, "/etc/shadow");  // which refuses it, and says so once
  if (name == "passwd" || name == "initgroups") generate_users(taking, "/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n", false);
  if (name == "group" || name == "initgroups") generate_users(taking, "/etc/group", "root:x:0:\nnogroup:x:65534:\n", true);
  if (name == "hosts") taking.needs.push_back({Need::generated, "/etc/hosts", std::string(kHosts), taking.origin, taking.detail, {}});
  for (std::string_view file : known->files) taker_.file(taking, std::string(file));
  if (libc != CLibrary::glibc) return;
  taker_.file(taking, "/etc/nsswitch.conf");
  for (const std::string& service : services(name)) {
    taking.needs.push_back({Need::library, "libnss_" + service + ".so.2", {}, taking.origin, taking.detail, {}});
  }
}

}  // namespace rootlet::data
