#include "image/certificates.hpp"

#include <algorithm>

namespace rootlet::image {
namespace {

constexpr std::string_view kRule = "openssl-default-bundle";  // of lib/data/rules/tls.toml
constexpr uint64_t kMostBytes = 64 << 20;

std::string bundle_of(const Closure& closure) {
  for (const ClosureFile& file : closure.files) {
    const auto by_rule = [](const Reason& reason) { return reason.detail == kRule; };
    if (file.type() == NodeType::file && std::any_of(file.reasons.begin(), file.reasons.end(), by_rule)) return std::string(file.path);
  }
  return {};
}

// crypto/cversion.c, OpenSSL_version(OPENSSL_DIR); empty where the library says nothing.
Result<std::string> openssl_directory(const Node& library, Root& root) {
  constexpr std::string_view kBefore = "OPENSSLDIR: \"";
  auto file = root.open_file(library);
  if (!file) return Unexpected(std::move(file).error());
  auto content = read_all(**file, kMostBytes);
  if (!content) return content;
  const size_t before = content->find(kBefore);
  if (before == std::string::npos) return std::string();
  const size_t begin = before + kBefore.size();
  const size_t end = content->find('"', begin);
  if (end == std::string::npos || end - begin >= kMaxPath || content->at(begin) != '/') return std::string();
  return content->substr(begin, end - begin);
}

bool has_certificates(const Closure& closure, Root& root, const std::string& directory) {
  const Node* bundle = root.walk(directory + "/cert.pem").node;
  if (bundle != nullptr && closure.find(bundle->path()) != nullptr) return true;
  const Node* hashed = root.walk(directory + "/certs").node;
  if (hashed == nullptr) return false;
  // X509_LOOKUP_hash_dir: names are eight digits of a hash and a number.
  const std::string prefix = hashed->path() + "/";
  return std::any_of(closure.files.begin(), closure.files.end(), [&](const ClosureFile& file) {
    return file.path.starts_with(prefix) && file.path.size() > prefix.size() + 9 && file.path[prefix.size() + 8] == '.' &&
           file.path.substr(prefix.size(), 8).find_first_not_of("0123456789abcdef") == std::string_view::npos;
  });
}

}  // namespace

Result<std::string> certificate_file(const Closure& closure, Root& root) {
  const std::string bundle = bundle_of(closure);
  if (bundle.empty()) return bundle;
  for (const ClosureFile& file : closure.files) {
    const std::string_view name = file.path.substr(file.path.rfind('/') + 1);
    if (!name.starts_with("libcrypto.so") || file.node == nullptr || !file.node->is_file()) continue;
    auto directory = openssl_directory(*file.node, root);
    if (!directory) return directory;
    if (!directory->empty() && !has_certificates(closure, root, *directory)) return bundle;
  }
  return std::string();
}

}  // namespace rootlet::image
