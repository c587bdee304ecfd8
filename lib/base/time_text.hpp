#pragma once

#include <cstdint>
#include <string>

namespace rootlet {

// Seconds since the epoch as RFC 3339 has them: "1970-01-01T00:00:00Z". Of other years than it has, the nearest.
std::string time_text(int64_t seconds);

}  // namespace rootlet
