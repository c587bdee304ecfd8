#include "layer/descriptor_sink.hpp"

#include "layer/output.hpp"

namespace rootlet::layer {

Result<void> DescriptorSink::write(std::span<const std::byte> bytes) {
  if (const int error = stream_.write(bytes); error != 0) return output_error(error, "cannot write to", shown_);
  return {};
}

}  // namespace rootlet::layer
