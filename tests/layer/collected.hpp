// An output that keeps what is written to it.
#pragma once

#include <string>

#include "layer/sink.hpp"

namespace rootlet::test {

class Collected : public layer::Sink {
 public:
  Result<void> write(std::span<const std::byte> more) override {
    bytes += Bytes(more).text();
    return {};
  }
  std::string bytes;
};

}  // namespace rootlet::test
