#include "data/safety.hpp"

#include <algorithm>
#include <array>

#include "base/shell_pattern.hpp"

namespace rootlet::data {
namespace {

template <size_t N>
bool below_any(std::string_view path, const std::string_view (&directories)[N]) {
  return std::any_of(std::begin(directories), std::end(directories), [path](std::string_view directory) { return path == directory || is_below(path, directory); });
}

constexpr std::string_view kVirtual[] = {"/proc", "/sys", "/dev"};
constexpr std::string_view kState[] = {"/run", "/tmp", "/var"};
constexpr std::string_view kVolatile[] = {"/run", "/tmp", "/var/tmp", "/var/run", "/var/log", "/var/mail", "/var/spool", "/var/backups", "/var/lock"};
constexpr std::string_view kHomes[] = {"/root", "/home", "/etc/skel", "/var/root"};
constexpr std::string_view kSecretPlaces[] = {"/etc/ssl/private", "/etc/pki/tls/private", "/etc/pki/private", "/etc/letsencrypt", "/etc/sudoers.d", "/etc/wireguard"};
constexpr const char* kSecretFiles[] = {"/etc/shadow*", "/etc/gshadow*", "/etc/ssh/*_key", "/etc/krb5.keytab", "/etc/machine-id", "/etc/ppp/*-secrets",
                                        "*/.netrc", "*/.pgpass", "*/.my.cnf", "*/.git-credentials", "*/.*_history", "*/.ssh/*", "*/.aws/*", "*/.gnupg/*",
                                        "*/.docker/config.json", "*/.kube/config", "*/id_rsa", "*/id_ed25519", "*/id_ecdsa"};
// Names that say it, where no package has put the file there.
constexpr const char* kTellingNames[] = {"*.key", "*_key", "*-key", "*token", "*token.*", "*token-*", "*token_*", "*tokens*", "*secret*", "*password*", "*passphrase*", "*credential*", "*.keytab", "*.p12", "*.pfx", "*.jks", "*.kdbx"};

}  // namespace

bool Safety::is_virtual(std::string_view path) { return below_any(path, kVirtual); }
bool Safety::is_state(std::string_view path) { return below_any(path, kState); }

bool Safety::holds_private_key(const Node& node) {
  auto file = root_.open_file(node);
  if (!file) return false;
  std::array<std::byte, 8192> buffer;
  auto length = (*file)->read_at(0, buffer);
  if (!length) return false;
  const std::string_view text = Bytes(std::span<const std::byte>(buffer.data(), *length)).text();
  for (size_t at = text.find("-----BEGIN "); at != std::string_view::npos; at = text.find("-----BEGIN ", at + 1)) {
    const std::string_view line = text.substr(at, std::min(text.find('\n', at), text.size()) - at);
    if (line.find("PRIVATE KEY") != std::string_view::npos) return true;
  }
  return false;
}

std::string Safety::refusal(const Node& node, Asker asker) {
  const std::string& path = node.path();
  if (is_virtual(path)) return "it belongs to the running kernel";
  if (below_any(path, kHomes)) return "it lies in a home directory";
  if (below_any(path, kSecretPlaces)) return "it lies where secrets are kept";
  for (const char* pattern : kSecretFiles) {
    if (shell_match(pattern, path.c_str())) return "it is a secret, or tells one machine from another";
  }
  if (below_any(path, kVolatile)) return "it is state of a running system";
  if (asker == Asker::evidence && is_below(path, "/var")) return "it is state in /var";
  for (const Node* parent = node.parent(); parent != nullptr; parent = parent->parent()) {
    if ((parent->status().mode & 0001) == 0) return "not everybody may enter " + parent->path();
  }
  if (!node.is_file()) return {};
  if ((node.status().mode & 0004) == 0) return "not everybody may read it";
  if (is_below(path, "/usr") && !is_below(path, "/usr/local")) return {};
  // PAM's files have such names for what they are about.
  if (packages_.owner(path) == nullptr && !is_below(path, "/etc/pam.d")) {
    std::string name(node.name());
    std::transform(name.begin(), name.end(), name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    for (const char* pattern : kTellingNames) {
      if (shell_match(pattern, name.c_str())) return "its name says that it is a secret, and no package has put it there";
    }
  }
  if (node.status().size < (1 << 20) && (node.status().mode & 0111) == 0 && holds_private_key(node)) return "it holds a private key";
  return {};
}

}  // namespace rootlet::data
