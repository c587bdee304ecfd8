// The page of a report, without its data.
#pragma once

#include <span>

#include "base/embedded.hpp"

namespace rootlet::report {

std::span<const EmbeddedFile> page_files();  // one

}  // namespace rootlet::report
