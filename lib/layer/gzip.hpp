#pragma once

#include <memory>

#include "layer/sink.hpp"

namespace rootlet::layer {

// One gzip member (RFC 1952), without name or time. `level` is 1 to 9.
Result<std::unique_ptr<Sink>> make_gzip(int level, unsigned threads, Sink& out);

}  // namespace rootlet::layer
