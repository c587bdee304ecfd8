// SHA-256, and SHA-1 and MD5 where a format still asks for them, by OpenSSL, which uses the CPU's instructions.
//
// By its functions for one algorithm each, which are deprecated and stay: those for all algorithms (EVP) read OPENSSL_CONF and
// the configuration of the host on first use, whatever context they are given, make 5,000 allocations that stay, and refuse
// MD5 where that configuration asks for FIPS. A library that leaves its process alone cannot use them.
#pragma once

#include <openssl/md5.h>
#include <openssl/sha.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "rootlet/base.hpp"

namespace rootlet {

enum class DigestKind : uint8_t { sha256, sha1, md5 };

class Digest {
 public:
  explicit Digest(DigestKind kind = DigestKind::sha256);

  void add(std::span<const std::byte> bytes);
  void add(std::string_view text) { add(std::as_bytes(std::span(text.data(), text.size()))); }

  // Of all that was added, in lower-case hexadecimal; the Digest is empty again.
  std::string hex();

 private:
  void begin();

  std::variant<SHA256_CTX, SHA_CTX, MD5_CTX> state_;  // in the order of DigestKind
};

// Of a text, in hexadecimal.
std::string sha256(std::string_view text);

// Of a whole source, read in pieces; a source that ends before its size is an error of code `io`.
Result<std::string> sha256(const Source& source);
Result<std::string> md5(const Source& source);

}  // namespace rootlet
