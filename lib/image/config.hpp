#pragma once

#include <string>
#include <string_view>

#include "oci/documents.hpp"
#include "rootlet/image.hpp"

namespace rootlet::image {

// "NAME=VALUE"s by name, sorted, of several the last. `option` is what they are called in an error.
Result<oci::Pairs> parse_pairs(const std::vector<std::string>& values, std::string_view option);

// The member "config" of an image's configuration: what the options say over what `base` says, an object or null. `certificates`, unless
// empty, becomes SSL_CERT_FILE, where nobody else sets that.
Result<JsonValue> make_run_config(const Closure& closure, const Root& root, const ImageOptions& options, const JsonValue& base, const std::string& certificates);

// Whether it is a name of an image in a layout (annotations.md, org.opencontainers.image.ref.name), or why not.
Result<void> check_tag(const std::string& tag);

// The name of the image in a docker archive: "curl:latest".
Result<std::string> docker_name(const std::string& tag, const std::string& entry);

}  // namespace rootlet::image
