// An earlier answer, for comparison.
#pragma once

#include <string>
#include <string_view>

#include "rootlet/base.hpp"
#include "rootlet/closure.hpp"

namespace rootlet::report {

// Of the JSON that to_json() gave earlier, what a comparison with `closure` shows, as JsonWriter::Style::script: of each file what it
// is, and the reasons of those that are no longer there. `malformed` says what is not as schema 1 has it, and where.
Result<std::string> read_before(std::string_view text, const Closure& closure);

}  // namespace rootlet::report
