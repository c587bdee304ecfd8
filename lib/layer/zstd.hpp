#pragma once

#include <memory>

#include "layer/sink.hpp"

namespace rootlet::layer {

// One Zstandard frame (RFC 8878) with a checksum. `level` is 1 to 19.
Result<std::unique_ptr<Sink>> make_zstd(int level, unsigned threads, Sink& out);

}  // namespace rootlet::layer
