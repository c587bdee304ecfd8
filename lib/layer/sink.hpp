// Where bytes go, from front to back: a file, a digest, a compressor in front of another sink.
#pragma once

#include <cstddef>
#include <span>

#include "rootlet/base.hpp"

namespace rootlet::layer {

class Sink {
 public:
  virtual ~Sink() = default;
  // Takes all of it, or fails; after a failure nothing more is written. The bytes may change once it has returned.
  virtual Result<void> write(std::span<const std::byte> bytes) = 0;
  // Once, after the last byte: hands on what was kept back. It does not finish the sink that it writes to.
  virtual Result<void> finish() { return {}; }
};

}  // namespace rootlet::layer
