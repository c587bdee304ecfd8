// A closure as the JSON that all reports for programs share.
#pragma once

#include "report/json_writer.hpp"
#include "rootlet/closure.hpp"

namespace rootlet::report {

// Schema 1, as to_json() gives it.
void write_closure(JsonWriter& json, const Closure& closure);

}  // namespace rootlet::report
