#include <algorithm>
#include <bit>

#include "elf/dynamic_tags.hpp"
#include "elf/symbol_reader.hpp"

namespace rootlet::elf {
namespace {

constexpr uint16_t kMachineAlpha = 0x9026;
constexpr uint64_t kChainBlock = 4096;  // words of the GNU chains that are read at a time behind the last bucket

}  // namespace

Result<void> SymbolReader::speaks_of(uint64_t symbols, const char* what) {
  if (symbols > kMaxSymbols) {
    return fail(ErrorCode::too_large, std::string(what) + " speaks of " + std::to_string(symbols) + " symbols, more than the " + std::to_string(kMaxSymbols) + " that are read");
  }
  count_ = std::max(count_, symbols);
  return {};
}

Result<void> SymbolReader::hashes() {
  if (const auto address = tag(kDtGnuHash)) return gnu_table(*address);
  if (const auto address = tag(kDtHash)) return sysv_table(*address);
  return {};
}

// _dl_setup_hash (elf/dl-setup_hash.c).
Result<void> SymbolReader::gnu_table(uint64_t address) {
  auto head = table(address, 16, "DT_GNU_HASH");
  if (!head) return Unexpected(std::move(head).error());
  const uint32_t buckets = u32(*head, 0), bias = u32(*head, 4), bloom_words = u32(*head, 8), shift = u32(*head, 12);
  made_.has_gnu_hash_ = true;
  made_.chain_bias_ = bias;
  made_.bloom_shift_ = shift & 31;
  if (auto done = speaks_of(bias, "DT_GNU_HASH"); !done) return done;
  if (buckets == 0) return {};
  if (!std::has_single_bit(bloom_words)) return malformed("DT_GNU_HASH has a filter of " + std::to_string(bloom_words) + " words, which is no power of two");
  if (buckets > kMaxSymbols || bloom_words > kMaxSymbols) return fail(ErrorCode::too_large, "DT_GNU_HASH has " + std::to_string(buckets) + " buckets and a filter of " + std::to_string(bloom_words) + " words; no more than " + std::to_string(kMaxSymbols) + " are read");
  const uint64_t width = header_.is_elf64() ? 8 : 4;
  auto bloom = table(address + 16, bloom_words * width, "the filter of DT_GNU_HASH");
  if (!bloom) return Unexpected(std::move(bloom).error());
  made_.bloom_.resize(bloom_words);
  for (uint64_t i = 0; i < bloom_words; ++i) made_.bloom_[i] = word(*bloom, i * width);
  auto read = words(address + 16 + bloom_words * width, buckets, 4, "the buckets of DT_GNU_HASH");
  if (!read) return Unexpected(std::move(read).error());
  made_.buckets_ = std::move(*read);
  return gnu_chains(address + 16 + bloom_words * width + uint64_t{buckets} * 4);
}

// The chains lie one behind the other, each ended by an odd word, so what follows the start of the last one ends it.
Result<void> SymbolReader::gnu_chains(uint64_t address) {
  uint32_t last = 0;
  for (const uint32_t bucket : made_.buckets_) {
    if (bucket != 0 && bucket < made_.chain_bias_) return malformed("a bucket of DT_GNU_HASH has symbol " + std::to_string(bucket) + ", before the first of the table, " + std::to_string(made_.chain_bias_));
    last = std::max(last, bucket);
  }
  if (last == 0) return {};
  if (auto done = speaks_of(uint64_t{last} + 1, "DT_GNU_HASH"); !done) return done;
  const uint64_t known = uint64_t{last} - made_.chain_bias_;
  auto read = words(address, known, 4, "the chains of DT_GNU_HASH");
  if (!read) return Unexpected(std::move(read).error());
  made_.chains_ = std::move(*read);
  for (uint64_t end = known;;) {
    auto block = up_to(address + end * 4, kChainBlock * 4, "the chains of DT_GNU_HASH");
    if (!block) return Unexpected(std::move(block).error());
    for (uint64_t at = 0; block->sub(at, 4); at += 4) {
      made_.chains_.push_back(u32(*block, at));
      if ((made_.chains_.back() & 1) != 0) return speaks_of(made_.chain_bias_ + uint64_t{made_.chains_.size()}, "DT_GNU_HASH");
    }
    if (block->size() < kChainBlock * 4) return malformed("the last chain of DT_GNU_HASH at " + hex(address) + " has no end");
    end += kChainBlock;
    if (auto done = speaks_of(made_.chain_bias_ + end, "DT_GNU_HASH"); !done) return done;
  }
}

// gABI chapter 5. Its words are of 64 bits on Alpha and on 64-bit S/390 (Elf_Symndx).
Result<void> SymbolReader::sysv_table(uint64_t address) {
  const bool wide = header_.is_elf64() && (header_.machine == kMachineAlpha || header_.machine == kMachineS390);
  const uint64_t width = wide ? 8 : 4;
  auto head = words(address, 2, width, "DT_HASH");
  if (!head) return Unexpected(std::move(head).error());
  const uint64_t buckets = (*head)[0], chains = (*head)[1];
  if (auto done = speaks_of(chains, "DT_HASH"); !done) return done;
  if (buckets == 0) return {};
  if (buckets > kMaxSymbols) return fail(ErrorCode::too_large, "DT_HASH has " + std::to_string(buckets) + " buckets, more than the " + std::to_string(kMaxSymbols) + " that are read");
  auto read = words(address + 2 * width, buckets, width, "the buckets of DT_HASH");
  if (!read) return Unexpected(std::move(read).error());
  auto chain = words(address + (2 + buckets) * width, chains, width, "the chains of DT_HASH");
  if (!chain) return Unexpected(std::move(chain).error());
  made_.buckets_ = std::move(*read);
  made_.chains_ = std::move(*chain);
  return check_sysv_chains();
}

Result<void> SymbolReader::check_sysv_chains() {
  std::vector<uint32_t> met_by(made_.chains_.size(), UINT32_MAX);
  for (uint32_t bucket = 0; bucket < made_.buckets_.size(); ++bucket) {
    for (uint32_t at = made_.buckets_[bucket]; at != 0; at = made_.chains_[at]) {
      if (at >= made_.chains_.size()) return malformed("DT_HASH has symbol " + std::to_string(at) + " of " + std::to_string(made_.chains_.size()));
      if (met_by[at] == bucket) return malformed("the chain of bucket " + std::to_string(bucket) + " of DT_HASH goes in a circle");
      if (met_by[at] != UINT32_MAX) break;  // an earlier chain ends the same way
      met_by[at] = bucket;
    }
  }
  return {};
}

}  // namespace rootlet::elf
