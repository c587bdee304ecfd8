// Reads a gconv-modules.cache as glibc's iconv/gconv_cache.c does, and checks what that one takes on trust.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "rootlet/base.hpp"

namespace rootlet::test {

class GconvCacheFile {
 public:
  // `content` must outlive it.
  GconvCacheFile(std::string_view content, ByteOrder order) : bytes_(content), order_(order) {
    if (bytes_.number<uint32_t>(0, order) != 0x20010324u || content.size() < 16) return;
    strings_ = at(4), hashes_ = at(6), hash_size_ = at(8), modules_ = at(10), others_ = at(12);
    valid_ = strings_ < content.size() && hashes_ < content.size() && hash_size_ > 2 &&
             modules_ < content.size() && others_ <= content.size() &&
             hashes_ + hash_size_ * 4u <= modules_ && (others_ - modules_) % 12 == 0;
  }

  bool valid() const { return valid_; }

  // Every name, with what it stands for in words. Nothing if an offset leads astray, or a name is not found
  // by its hash.
  std::optional<std::map<std::string, std::string>> names() const {
    std::map<std::string, std::string> names;
    for (uint64_t i = 0; i < hash_size_; ++i) {
      const uint64_t offset = at(hashes_ + 4 * i), index = at(hashes_ + 4 * i + 2);
      if (offset == 0) continue;
      const auto name = string(offset);
      const auto words = describe(index);
      if (!name || !words || find(*name) != index) return std::nullopt;
      names[*name] = *words;
    }
    return names;
  }

  // find_module_idx(); nothing also where that one would never end.
  std::optional<uint64_t> find(std::string_view name) const {
    uint32_t hash = 0;
    for (const char c : name) {
      hash = (hash << 4) + static_cast<unsigned char>(c);
      const uint32_t high = hash & 0xf0000000;
      hash ^= high >> 24;
      hash ^= high;
    }
    uint64_t place = hash % hash_size_;
    for (uint64_t tries = 0; tries < hash_size_; ++tries) {
      const uint64_t offset = at(hashes_ + 4 * place);
      if (offset == 0) return std::nullopt;
      if (string(offset) == name) return at(hashes_ + 4 * place + 2);
      if ((place += 1 + hash % (hash_size_ - 2)) >= hash_size_) place -= hash_size_;
    }
    return std::nullopt;
  }

 private:
  uint64_t at(uint64_t offset) const { return bytes_.number<uint16_t>(offset, order_).value_or(0xffff); }

  std::optional<std::string> string(uint64_t offset) const {
    const auto table = bytes_.sub(strings_, hashes_ - strings_);
    const auto text = table ? table->c_string(offset) : std::nullopt;
    return text ? std::optional(std::string(*text)) : std::nullopt;
  }

  std::optional<std::string> describe(uint64_t index) const {
    const uint64_t entry = modules_ + 12 * index;
    if (entry + 12 > others_) return std::nullopt;
    const auto name = string(at(entry)), from_dir = string(at(entry + 2)), from = string(at(entry + 4)),
               to_dir = string(at(entry + 6)), to = string(at(entry + 8));
    if (!name || !from_dir || !from || !to_dir || !to) return std::nullopt;
    std::string words =
        *name + " from INTERNAL by " + *from_dir + *from + ", to INTERNAL by " + *to_dir + *to;
    std::set<std::string> ways;
    if (at(entry + 10) == 0) return words;
    uint64_t other = others_ + at(entry + 10) - 1;
    while (at(other) == 1) {
      const auto target = string(at(modules_ + 12 * at(other + 2))), dir = string(at(other + 4)),
                 file = string(at(other + 6));
      if (!target || !dir || !file) return std::nullopt;
      ways.insert(", to " + *target + " by " + *dir + *file);
      other += 8;
    }
    if (at(other) != 0 || ways.empty()) return std::nullopt;
    for (const std::string& way : ways) words += way;
    return words;
  }

  Bytes bytes_;
  ByteOrder order_;
  uint64_t strings_ = 0, hashes_ = 0, hash_size_ = 0, modules_ = 0, others_ = 0;
  bool valid_ = false;
};

}  // namespace rootlet::test
