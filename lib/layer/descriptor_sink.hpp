#pragma once

#include <string>

#include "layer/sink.hpp"
#include "layer/stream.hpp"

namespace rootlet::layer {

// Writes to a descriptor, which stays the caller's. `shown` is what it is called in errors.
class DescriptorSink : public Sink {
 public:
  DescriptorSink(int descriptor, std::string shown) : stream_(descriptor), shown_(std::move(shown)) {}

  Result<void> write(std::span<const std::byte> bytes) override;

 private:
  Stream stream_;
  std::string shown_;
};

}  // namespace rootlet::layer
