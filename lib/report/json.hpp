// A closure as the JSON that all reports for programs share.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "rootlet/closure.hpp"

namespace rootlet::report {

using Json = nlohmann::ordered_json;

// Schema 1, as to_json() writes it.
Json closure_json(const Closure& closure);

}  // namespace rootlet::report
