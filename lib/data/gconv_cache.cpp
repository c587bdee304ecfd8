#include "data/gconv_cache.hpp"

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace rootlet::data {
namespace {

constexpr uint32_t kMagic = 0x20010324;
constexpr size_t kHeaderSize = 16;  // a 32-bit number, five of 16 bits, padding
constexpr size_t kHashEntrySize = 4;
constexpr size_t kModuleEntrySize = 12;
constexpr size_t kMaxOffset = 0xffff;  // gidx_t

constexpr const char* kUcs4 = "ISO-10646/UCS4/";
constexpr const char* kUtf8 = "ISO-10646/UTF8/";
constexpr const char* kUcs2 = "ISO-10646/UCS2/";
constexpr const char* kAscii = "ANSI_X3.4-1968//";

struct Pair {
  const char* from;
  const char* to;
};

constexpr Pair kBuiltinAliases[] = {
    {"UCS4//", kUcs4},
    {"UCS-4//", kUcs4},
    {"UCS-4BE//", kUcs4},
    {"CSUCS4//", kUcs4},
    {"ISO-10646//", kUcs4},
    {"10646-1:1993//", kUcs4},
    {"10646-1:1993/UCS4/", kUcs4},
    {"OSF00010104//", kUcs4},
    {"OSF00010105//", kUcs4},
    {"OSF00010106//", kUcs4},
    {"WCHAR_T//", "INTERNAL"},
    {"UTF8//", kUtf8},
    {"UTF-8//", kUtf8},
    {"ISO-IR-193//", kUtf8},
    {"OSF05010001//", kUtf8},
    {"ISO-10646/UTF-8/", kUtf8},
    {"UCS2//", kUcs2},
    {"UCS-2//", kUcs2},
    {"OSF00010100//", kUcs2},
    {"OSF00010101//", kUcs2},
    {"OSF00010102//", kUcs2},
    {"ANSI_X3.4//", kAscii},
    {"ISO-IR-6//", kAscii},
    {"ANSI_X3.4-1986//", kAscii},
    {"ISO_646.IRV:1991//", kAscii},
    {"ASCII//", kAscii},
    {"ISO646-US//", kAscii},
    {"US-ASCII//", kAscii},
    {"US//", kAscii},
    {"IBM367//", kAscii},
    {"CP367//", kAscii},
    {"CSASCII//", kAscii},
    {"OSF00010020//", kAscii},
};
constexpr Pair kLittleEndianAliases[] = {
    {"UNICODELITTLE//", kUcs2}, {"UCS-2LE//", kUcs2}, {"UCS-2BE//", "UNICODEBIG//"}};
constexpr Pair kBigEndianAliases[] = {
    {"UNICODEBIG//", kUcs2}, {"UCS-2BE//", kUcs2}, {"UCS-2LE//", "UNICODELITTLE//"}};

// Charsets that are built in, with the word for each in its converters' names.
constexpr Pair kBuiltinCharsets[] = {
    {kUcs4, "ucs4"}, {"UCS-4LE//", "ucs4le"}, {kUtf8, "utf8"}, {kUcs2, "ucs2"}, {kAscii, "ascii"}};

// __hash_string of intl/hash-string.c; only the lower 32 bits of its result count.
uint32_t hash_string(std::string_view text) {
  uint32_t hash = 0;
  for (const char c : text) {
    hash = (hash << 4) + static_cast<unsigned char>(c);
    if (const uint32_t high = hash & 0xf0000000; high != 0) hash ^= (high >> 24) ^ high;
  }
  return hash;
}

bool is_prime(size_t odd) {
  for (size_t divisor = 3; divisor * divisor <= odd; divisor += 2) {
    if (odd % divisor == 0) return false;
  }
  return true;
}

size_t next_prime(size_t seed) {
  for (seed |= 1; !is_prime(seed);) seed += 2;
  return seed;
}

class Numbers {
 public:
  explicit Numbers(ByteOrder order) : order_(order) {}
  void add(uint64_t value, size_t size = 2) {
    for (size_t i = 0; i < size; ++i)
      bytes_ += static_cast<char>(value >> (8 * (order_ == ByteOrder::little ? i : size - 1 - i)));
  }
  const std::string& bytes() const { return bytes_; }

 private:
  ByteOrder order_;
  std::string bytes_;
};

class Strings {
 public:
  // Where `text` stands; the empty string is at 0, which elsewhere means "none".
  size_t offset(const std::string& text) {
    if (text.empty()) return 0;
    const auto [place, added] = offsets_.try_emplace(text, bytes_.size());
    if (added) bytes_.append(text).append(1, '\0');
    return place->second;
  }
  std::string take() {
    if (bytes_.size() % 2 != 0) bytes_ += '\0';
    return std::move(bytes_);
  }

 private:
  std::unordered_map<std::string, size_t> offsets_;
  std::string bytes_ = std::string(1, '\0');
};

using Indices = std::unordered_map<std::string, size_t>;  // of charsets in the module table

// Pairs of a name and a charset, at the places where find_module_idx() looks for them.
std::string hash_table(const GconvNames& names, const Indices& indices, size_t size, Strings& strings,
                       ByteOrder order) {
  struct Entry {
    size_t name = 0, charset = 0;
  };
  std::vector<Entry> table(size);
  for (const auto& [name, charset] : names) {
    const uint32_t hash = hash_string(name);
    const size_t step = 1 + hash % (size - 2);
    size_t at = hash % size;
    while (table[at].name != 0) at = at + step < size ? at + step : at + step - size;
    table[at] = {strings.offset(name), indices.at(charset)};
  }
  Numbers out(order);
  for (const Entry& entry : table) {
    out.add(entry.name);
    out.add(entry.charset);
  }
  return out.bytes();
}

// What is known of one charset.
struct Charset {
  std::string name;
  const GconvModule* from_internal = nullptr;
  const GconvModule* to_internal = nullptr;
  std::vector<std::pair<size_t, const GconvModule*>> others;  // by the index of the charset each leads to
};

std::vector<Charset> charsets_of(const GconvModules& modules, Indices& indices) {
  std::vector<Charset> charsets;
  const auto charset = [&](const std::string& name) {
    const auto [place, added] = indices.try_emplace(name, charsets.size());
    if (added) charsets.push_back({name, nullptr, nullptr, {}});
    return place->second;
  };
  charset(std::string(kGconvInternal));  // has index 0
  for (const auto& [sets, module] : modules) {
    const size_t from = charset(sets.first), to = charset(sets.second);
    if (from == 0) {
      charsets[to].from_internal = &module;
    } else if (to == 0) {
      charsets[from].to_internal = &module;
    } else {
      charsets[from].others.emplace_back(to, &module);
    }
  }
  return charsets;
}

}  // namespace

void add_builtin_gconv(GconvModules& modules, GconvAliases& aliases, ByteOrder order) {
  const bool little = order == ByteOrder::little;
  const auto charset = [&](const std::string& name, const std::string& word) {
    const std::string internal(kGconvInternal);
    modules.try_emplace({internal, name}, GconvModule{{}, "=INTERNAL->" + word});
    modules.try_emplace({name, internal}, GconvModule{{}, "=" + word + "->INTERNAL"});
  };
  for (const Pair& builtin : kBuiltinCharsets) charset(builtin.from, builtin.to);
  charset(little ? "UNICODEBIG//" : "UNICODELITTLE//", "ucs2reverse");
  for (const Pair& alias : kBuiltinAliases) aliases.try_emplace(alias.from, alias.to);
  for (const Pair& alias : little ? kLittleEndianAliases : kBigEndianAliases)
    aliases.try_emplace(alias.from, alias.to);
}

GconvNames gconv_names(const GconvModules& modules, const GconvAliases& aliases) {
  GconvNames names;
  names.try_emplace(std::string(kGconvInternal), kGconvInternal);
  for (const auto& [sets, module] : modules) {
    names.try_emplace(sets.first, sets.first);
    names.try_emplace(sets.second, sets.second);
  }
  for (const auto& [alias, name] : aliases) {
    if (const auto found = names.find(name); found != names.end()) names.try_emplace(alias, found->second);
  }
  return names;
}

std::string write_gconv_cache(const GconvModules& modules, const GconvAliases& aliases, ByteOrder order) {
  const GconvNames names = gconv_names(modules, aliases);
  const size_t hash_size = next_prime(names.size() + names.size() / 2);
  if (hash_size > kMaxOffset / kHashEntrySize) return {};
  Indices indices;
  const std::vector<Charset> charsets = charsets_of(modules, indices);
  Strings strings;
  const std::string hashes = hash_table(names, indices, hash_size, strings, order);

  Numbers table(order), others(order);
  const auto implementation = [&strings](const GconvModule* module, Numbers& out) {
    out.add(module == nullptr ? 0 : strings.offset(module->directory));
    out.add(module == nullptr ? 0 : strings.offset(module->file));
  };
  for (const Charset& charset : charsets) {
    table.add(strings.offset(charset.name));
    implementation(charset.from_internal, table);
    implementation(charset.to_internal, table);
    table.add(charset.others.empty() ? 0 : 1 + others.bytes().size());
    for (const auto& [to, module] : charset.others) {
      others.add(1);  // step
      others.add(to);
      implementation(module, others);
    }
    if (!charset.others.empty()) others.add(0);
  }

  const std::string texts = strings.take();
  const size_t hashes_at = kHeaderSize + texts.size();
  const size_t table_at = hashes_at + hash_size * kHashEntrySize;
  const size_t others_at = table_at + charsets.size() * kModuleEntrySize;
  // Every other offset and index is smaller than one of these.
  if (others_at > kMaxOffset || others.bytes().size() > kMaxOffset) return {};
  Numbers header(order);
  header.add(kMagic, 4);
  for (const size_t value : {kHeaderSize, hashes_at, hash_size, table_at, others_at, size_t{0}})
    header.add(value);
  return header.bytes() + texts + hashes + table.bytes() + others.bytes();
}

}  // namespace rootlet::data
