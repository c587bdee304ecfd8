// An earlier answer, for comparison.
#pragma once

#include <string_view>

#include "report/json.hpp"
#include "rootlet/base.hpp"

namespace rootlet::report {

// Of the JSON that to_json() gave earlier, what a comparison with `closure` shows: of each file what it is, and the
// reasons of those that are no longer there. `malformed` says what is not as schema 1 has it, and where.
Result<Json> read_before(std::string_view text, const Closure& closure);

}  // namespace rootlet::report
