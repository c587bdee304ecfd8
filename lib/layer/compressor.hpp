// Compresses what is written to it, and writes that to another sink.
#pragma once

#include <memory>

#include "layer/sink.hpp"
#include "rootlet/base.hpp"
#include "rootlet/layer.hpp"

namespace rootlet::layer {

// Level 0 is the format's default: 6 of 1 to 9 for gzip, 3 of 1 to 19 for zstd; another that the format does not have is
// invalid_argument. `threads` is how many compress at a time, 0 as many as the process has processors. The bytes depend on the
// compression, the level and the compressor's version, never on `threads` or on how the writes are cut.
// finish() ends the compressed stream, of nothing if nothing was written.
Result<std::unique_ptr<Sink>> make_compressor(Compression compression, int level, unsigned threads, Sink& out);

}  // namespace rootlet::layer
