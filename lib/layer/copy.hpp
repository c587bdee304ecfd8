#pragma once

#include <span>
#include <string>

#include "layer/content.hpp"
#include "layer/meter.hpp"
#include "rootlet/base.hpp"

namespace rootlet::layer {

// Copies a file's content to an empty file, holes as holes, in the kernel where it will. `shown` is
// what the output is called in errors.
Result<void> copy_content(const Content& content, int out, const std::string& shown,
                          std::span<std::byte> buffer, Meter& meter);

}  // namespace rootlet::layer
