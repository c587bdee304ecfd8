// A layer as it goes into an image: the archive of a plan, compressed, with its digests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "layer/meter.hpp"
#include "layer/sink.hpp"
#include "rootlet/layer.hpp"

namespace rootlet::layer {

struct WrittenLayer {
  std::string diff_id;  // SHA-256 of the archive, in hexadecimal, which does not depend on the compression
  std::string digest;   // SHA-256 of what was written
  uint64_t size = 0;    // of what was written
  uint64_t uncompressed_size = 0;
};

// Writes the archive of all entries, or of those with these indices (members.hpp), as make_compressor() packs it. The plan has
// passed check_plan(). Neither `out` nor the meter is finished.
Result<WrittenLayer> write_layer(const Plan& plan, Root& root, Sink& out, Compression compression, int level, unsigned threads, Meter& meter);
Result<WrittenLayer> write_layer(const Plan& plan, std::span<const size_t> entries, Root& root, Sink& out, Compression compression, int level,
                                 unsigned threads, Meter& meter);

}  // namespace rootlet::layer
