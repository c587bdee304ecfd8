// Runs a target without libFuzzer: on its seeds, on prefixes of them, and on mutations that a fixed number decides. Every
// input ends at an unmapped page.
#include <algorithm>
#include <iostream>

#include "fuzz/target.hpp"
#include "support/dice.hpp"
#include "support/guard_page.hpp"

namespace {

using rootlet::test::Dice;
using rootlet::test::GuardedBytes;

constexpr size_t kMutations = 3000;
constexpr size_t kPrefixes = 300;  // of each seed, evenly spread
constexpr size_t kMaxInput = 1 << 16;

void change_once(std::string& input, const std::vector<std::string>& seeds, Dice& dice) {
  const size_t at = dice.below(input.size() + 1);
  const bool inside = at < input.size();
  switch (dice.below(6)) {
    case 0:
      if (inside) input[at] = static_cast<char>(input[at] ^ (1 << dice.below(8)));
      break;
    case 1:  // values at the edges of their types
      if (inside) input.replace(at, std::min<size_t>(1 + dice.below(8), input.size() - at), 1 + dice.below(8), dice.percent(50) ? '\xff' : '\0');
      break;
    case 2:
      input.erase(at, dice.below(16));
      break;
    case 3:
      input.insert(at, 1, static_cast<char>(dice.below(256)));
      break;
    case 4: {  // a piece of another seed
      const std::string& other = dice.pick(seeds);
      input.insert(at, other.substr(dice.below(other.size() + 1), dice.below(64)));
      break;
    }
    default:
      if (inside) input[at] = static_cast<char>(dice.below(256));
  }
}

void run(GuardedBytes& room, const std::string& input) {
  const rootlet::Bytes placed = room.place(std::string_view(input).substr(0, kMaxInput));
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(placed.span().data()), placed.size());
}

}  // namespace

int main() {
  const std::vector<std::string> seeds = rootlet::fuzz::seeds();
  if (seeds.empty()) return std::cerr << "no seeds\n", 1;
  GuardedBytes room(kMaxInput);
  for (const std::string& seed : seeds) {
    const size_t step = std::max<size_t>(1, seed.size() / kPrefixes);
    for (size_t length = 0; length < seed.size(); length += step) run(room, seed.substr(0, length));
    run(room, seed);
  }
  Dice dice(20);
  for (size_t i = 0; i < kMutations; ++i) {
    std::string input = dice.pick(seeds);
    for (size_t changes = dice.between(1, 8); changes > 0; --changes) change_once(input, seeds, dice);
    run(room, input);
  }
  return 0;
}
