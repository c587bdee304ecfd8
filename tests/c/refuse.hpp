// Allocations of this process, counted, and refused at a chosen one.
//
// The functions of malloc(3) are replaced for the program and all its libraries; in a build with
// AddressSanitizer, which replaces them itself, operator new alone.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rootlet::test {

enum class Refuse : uint8_t { once, from_there_on };

// Counts from 1; at 0 none is refused.
void begin_refusing(uint64_t at, Refuse how);
// Returns how many allocations were asked for since the beginning.
uint64_t end_refusing();
// How many were refused.
uint64_t refused_count();

// Allocations that are not freed.
int64_t live_allocations();

}  // namespace rootlet::test
