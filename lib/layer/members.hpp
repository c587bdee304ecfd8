// Entries of a plan as the members of a pax archive.
#pragma once

#include <cstddef>
#include <span>

#include "layer/meter.hpp"
#include "layer/sink.hpp"
#include "rootlet/plan.hpp"
#include "rootlet/root.hpp"

namespace rootlet::layer {

// Writes a whole archive, its end included, of the entries with these indices, which ascend; what a hard link leads to is
// among them. The plan has passed check_plan(). Neither the sink nor the meter is finished.
Result<void> write_members(const Plan& plan, std::span<const size_t> entries, Root& root, Sink& sink, Meter& meter);
// Of all entries.
Result<void> write_members(const Plan& plan, Root& root, Sink& sink, Meter& meter);

}  // namespace rootlet::layer
