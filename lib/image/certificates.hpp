#pragma once

#include <string>

#include "rootlet/closure.hpp"
#include "rootlet/root.hpp"

namespace rootlet::image {

// A bundle of certificates in the closure that OpenSSL is looking for and does not find without SSL_CERT_FILE (X509_get_default_cert_file_env),
// since its OPENSSLDIR, compiled into libcrypto, has none; empty where it finds them, or there are none.
Result<std::string> certificate_file(const Closure& closure, Root& root);

}  // namespace rootlet::image
