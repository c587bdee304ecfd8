// The C library that an object runs with, as far as it decides which data are read.
#pragma once

#include <cstdint>

namespace rootlet::data {

enum class CLibrary : uint8_t { unknown, glibc, musl };

}  // namespace rootlet::data
