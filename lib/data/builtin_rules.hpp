// The files of lib/data/rules, as they were when the library was built.
#pragma once

#include <span>

#include "base/embedded.hpp"

namespace rootlet::data {

std::span<const EmbeddedFile> builtin_files();

}  // namespace rootlet::data
