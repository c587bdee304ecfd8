// Choices that a seed decides, the same on every machine (the distributions of <random> are not).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <numeric>
#include <random>
#include <vector>

namespace rootlet::test {

class Dice {
 public:
  explicit Dice(uint64_t seed) : engine_(seed) {}

  // 0 to limit - 1; a limit of 0 counts as 1.
  size_t below(size_t limit) { return static_cast<size_t>(engine_() % (limit == 0 ? 1 : limit)); }
  size_t between(size_t low, size_t high) { return low + below(high - low + 1); }
  bool percent(size_t chance) { return below(100) < chance; }

  template <typename T>
  const T& pick(const std::vector<T>& items) {
    return items[below(items.size())];
  }

  // An index, as likely as its weight.
  size_t weighted(std::initializer_list<unsigned> weights) {
    size_t at = below(std::accumulate(weights.begin(), weights.end(), size_t{0}));
    size_t index = 0;
    for (unsigned weight : weights) {
      if (at < weight) break;
      at -= weight;
      ++index;
    }
    return index;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace rootlet::test
