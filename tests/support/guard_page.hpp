// Bytes that end at a wall: the page behind them is not mapped, so that one byte read too far ends the
// test with a signal instead of going unnoticed.
#pragma once

#include <cstddef>
#include <string_view>

#include "rootlet/base.hpp"

namespace rootlet::test {

class GuardedBytes {
 public:
  // Room for `capacity` bytes before the wall.
  explicit GuardedBytes(size_t capacity);
  ~GuardedBytes();
  GuardedBytes(const GuardedBytes&) = delete;
  GuardedBytes& operator=(const GuardedBytes&) = delete;

  // Copies `content` so that its last byte stands against the wall; what was there before is void.
  Bytes place(std::string_view content);

 private:
  size_t capacity_;  // a multiple of the page size
  size_t mapped_;
  char* start_;
};

}  // namespace rootlet::test
