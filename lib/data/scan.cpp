// The inner loop of the evidence scan: where strings start, many bytes at a time.
#include <bit>
#include <cstring>

#include "data/evidence.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace rootlet::data {
namespace {

// Bit i is set where byte i is NUL.
uint64_t zeros_of_64(const char* bytes) {
#if defined(__SSE2__)
  const __m128i zero = _mm_setzero_si128();
  uint64_t mask = 0;
  for (int i = 0; i < 4; ++i) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes) + i);
    mask |= static_cast<uint64_t>(static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(block, zero)))) << (16 * i);
  }
  return mask;
#else
  uint64_t mask = 0;
  for (int i = 0; i < 8; ++i) {
    uint64_t word;
    std::memcpy(&word, bytes + 8 * i, 8);
    if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
    // Exact for every byte: no carry crosses from one into the next.
    uint64_t nonzero = ((word & 0x7f7f7f7f7f7f7f7f) + 0x7f7f7f7f7f7f7f7f) | word;
    uint64_t zero = ~nonzero & 0x8080808080808080;
    mask |= ((zero >> 7) * 0x0102040810204080 >> 56) << (8 * i);
  }
  return mask;
#endif
}

}  // namespace

size_t scan_strings(std::string_view block, bool at_start, bool last, const std::bitset<65536>& wanted, const TextCallback& each) {
  const char* const data = block.data();
  const size_t size = block.size();
  auto start = [&](size_t at) {
    if (at + 1 >= size) return;
    if (!wanted[static_cast<size_t>(static_cast<unsigned char>(data[at])) << 8 | static_cast<unsigned char>(data[at + 1])]) return;
    const void* end = std::memchr(data + at, 0, size - at);
    if (end == nullptr && !last) return;
    const size_t length = end == nullptr ? size - at : static_cast<size_t>(static_cast<const char*>(end) - (data + at));
    if (length <= kMaxEvidenceText) each({data + at, length});
  };
  uint64_t carry = at_start ? 1 : 0;  // the byte before was NUL
  size_t at = 0, consumed = 0;
  for (; at + 64 <= size; at += 64) {
    const uint64_t zeros = zeros_of_64(data + at);
    uint64_t starts = (zeros << 1 | carry) & ~zeros;
    carry = zeros >> 63;
    if (zeros != 0) consumed = at + 64 - static_cast<size_t>(std::countl_zero(zeros));
    for (; starts != 0; starts &= starts - 1) start(at + static_cast<size_t>(std::countr_zero(starts)));
  }
  for (; at < size; ++at) {
    const bool zero = data[at] == '\0';
    if (!zero && carry != 0) start(at);
    carry = zero ? 1 : 0;
    if (zero) consumed = at + 1;
  }
  return last ? size : consumed;
}

}  // namespace rootlet::data
