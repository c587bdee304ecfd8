// An earlier answer, for comparison.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "rootlet/base.hpp"
#include "rootlet/closure.hpp"

namespace rootlet::report {

using Json = nlohmann::ordered_json;

// Of the JSON that to_json() gave earlier, what a comparison with `closure` shows: of each file what it is, and the
// reasons of those that are no longer there. `malformed` says what is not as schema 1 has it, and where.
Result<Json> read_before(std::string_view text, const Closure& closure);

}  // namespace rootlet::report
