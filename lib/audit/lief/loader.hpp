// The module with LIEF in it, loaded when it is first asked.
#pragma once

#include <cstdint>
#include <vector>

#include "audit/lief/module.h"
#include "rootlet/base.hpp"

namespace rootlet::auditing {

// rootlet_lief_read(), one caller at a time.
Result<void> lief_read(const std::vector<uint8_t>& image, const rootlet_lief_calls& calls);

}  // namespace rootlet::auditing
