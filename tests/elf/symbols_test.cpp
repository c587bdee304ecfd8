// The tables by which symbols are bound, beside what readelf shows of the same files, cut short everywhere and with their hash tables bent.
#include "elf/symbols.hpp"

#include <cstring>
#include <set>
#include <sstream>

#include "audit/library.hpp"
#include "support/guard_page.hpp"

namespace rootlet::elf {
namespace {

using test::compile_library;

constexpr const char* kCode =
    "__asm__(\".symver old,foo@V_1\"); __asm__(\".symver new,foo@@V_2\"); int old(void); int new(void);\n"
    "int old(void) { return 1; } int new(void) { return 2; }\n"
    "extern int far; int *near = &far; int call(void); int use(void); int use(void) { return call(); }\n"
    "extern __thread int thread __attribute__((weak)); int *get(void); int *get(void) { return &thread; }\n";
constexpr const char* kScript = "V_1 { global: foo; local: hidden*; }; V_2 { use; get; } V_1;";

std::string compiled(const char* hash) { return compile_library(kCode, kScript, {std::string("-Wl,--hash-style=") + hash}); }

// "foo@@V_2", as readelf writes it, of every symbol with a name.
std::multiset<std::string> names_of(const Symbols& symbols) {
  std::multiset<std::string> names;
  for (uint32_t i = 1; i < symbols.count(); ++i) {
    const Symbol symbol = symbols.symbol(i);
    const Version found = symbols.has_versions() ? symbols.versions()[symbol.version] : Version();
    // The symbol that stands for a version has none itself.
    const std::string version(found.name == symbol.name ? std::string_view() : found.name);
    const char* mark = !found.file.empty() || symbol.version_hidden ? "@" : "@@";
    if (!symbol.name.empty()) names.insert(std::string(symbol.name) + (version.empty() ? "" : mark + version));
  }
  return names;
}

std::multiset<std::string> readelf_names(const std::string& path) {
  std::multiset<std::string> names;
  std::istringstream lines(test::run_command({"readelf", "--dyn-syms", "-W", path}).out);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string number, value, size, type, binding, visibility, section, name;
    words >> number >> value >> size >> type >> binding >> visibility;
    // What a machine says of a symbol of its own stands in brackets before the section.
    while (words >> section && section.find_first_of("[]:") != section.npos) {}
    if (number.ends_with(":") && number != "Num:" && words >> name) names.insert(name);
  }
  return names;
}

TEST(SymbolTables, HoldWhatReadelfShows) {
  for (const char* path : {"/bin/ls", "/lib/x86_64-linux-gnu/libc.so.6", "/usr/lib/x86_64-linux-gnu/libstdc++.so.6"}) {
    const std::string bytes = test::read_file(path);
    EXPECT_EQ(names_of(test::symbols_of(bytes)), readelf_names(path)) << path;
  }
}

TEST(SymbolTables, TellHowEachReferenceIsMade) {
  const Symbols symbols = test::symbols_of(compiled("gnu"));
  std::set<std::string> seen;
  for (const Reference& reference : symbols.references()) {
    const Symbol symbol = symbols.symbol(reference.symbol);
    seen.insert(std::string(symbol.name) + (reference.lazy ? " lazy" : "") + (reference.copy ? " copy" : "") + (symbol.binding == Binding::weak ? " weak" : ""));
  }
  EXPECT_TRUE(seen.contains("far"));
  EXPECT_TRUE(seen.contains("call lazy"));
  EXPECT_TRUE(seen.contains("thread weak"));
}

TEST(SymbolTables, AreFoundByEitherHash) {
  for (const char* hash : {"gnu", "sysv", "both"}) {
    const Symbols symbols = test::symbols_of(compiled(hash));
    for (const char* name : {"foo", "use", "get"}) {
      int found = 0;
      symbols.each_candidate(HashedName(name), [&](uint32_t index) {
        found += symbols.name(index) == name ? 1 : 0;
        return false;
      });
      EXPECT_EQ(found, name == std::string("foo") ? 2 : 1) << name << " by " << hash;
    }
    symbols.each_candidate(HashedName("nobody"), [&](uint32_t index) {
      EXPECT_NE(symbols.name(index), "nobody");
      return false;
    });
  }
}

TEST(SymbolTables, OfEveryPrefixAreReadOrRefusedAndNeverReadBehind) {
  for (const char* hash : {"gnu", "sysv"}) {
    const std::string whole = compiled(hash);
    test::GuardedBytes wall(whole.size());
    size_t refused = 0;
    for (size_t size = 0; size < whole.size(); ++size) {
      auto symbols = Symbols::read(MemorySource(wall.place(std::string_view(whole).substr(0, size))));
      if (symbols) continue;
      ++refused;
      EXPECT_FALSE(symbols.error().message.empty());
    }
    EXPECT_GT(refused, whole.size() / 4) << hash;
  }
}

// The value of a dynamic tag, of a library whose addresses below its first writable segment are offsets into the file.
uint64_t dynamic_value(const std::string& path, const std::string& tag) {
  std::istringstream lines(test::run_command({"readelf", "-d", "-W", path}).out);
  for (std::string line; std::getline(lines, line);) {
    const size_t at = line.find("(" + tag + ")");
    if (at != line.npos) return std::stoull(line.substr(at + tag.size() + 2), nullptr, 0);
  }
  ADD_FAILURE() << "no " << tag;
  return 0;
}

TEST(SymbolTables, WithANameThatDoesNotEndWhereItIsReadToAreRefused) {
  // One name, of 70,000 letters at offset 1; DT_STRSZ says as much as is read of a name whatever it says.
  std::string bytes = compile_library("int " + std::string(70000, 'a') + ";\n", {}, {"-nostdlib"});
  const auto entry = [](uint64_t size) {
    const uint64_t words[] = {10, size};  // DT_STRSZ
    return std::string(reinterpret_cast<const char*>(words), sizeof words);
  };
  const size_t at = bytes.find(entry(70002));
  ASSERT_NE(at, bytes.npos);
  EXPECT_TRUE(test::symbols_of(bytes).is_called(1, std::string(70000, 'a')));
  bytes.replace(at, 16, entry(65537));
  const auto symbols = Symbols::read(MemorySource(Bytes(bytes)));
  ASSERT_FALSE(symbols);
  EXPECT_NE(symbols.error().message.find("has no NUL in the 65537 bytes that were read"), std::string::npos) << symbols.error().message;
}

TEST(SymbolTables, CompareNoMoreThanTheNameThatIsAskedFor) {
  const Symbols symbols = test::symbols_of(compile_library("int abc;\n", {}, {"-Wl,--hash-style=sysv", "-nostdlib"}));
  EXPECT_TRUE(symbols.is_called(1, "abc"));
  for (const char* other : {"", "a", "ab", "abd", "abcd"}) EXPECT_FALSE(symbols.is_called(1, other)) << other;
  // Long names that begin alike are work.
  const auto work = [&](size_t length) { return symbols.each_candidate(HashedName(std::string(length, 'a')), [](uint32_t) { return false; }); };
  EXPECT_LE(work(1), 2 * Symbols::kChainStep + 1);
  EXPECT_GE(work(1 << 20), (1 << 20) / Symbols::kComparedAtOnce);
}

class BentHash : public testing::Test {
 protected:
  uint32_t word(uint64_t offset) const {
    uint32_t value = 0;
    std::memcpy(&value, bytes_.data() + offset, 4);
    return value;
  }
  void set(uint64_t offset, uint32_t value) { std::memcpy(bytes_.data() + offset, &value, 4); }
  void library(const char* hash, const char* tag) {
    bytes_ = compiled(hash);
    test::write_file(directory_ / "library", bytes_);
    table_ = dynamic_value(directory_ / "library", tag);
  }
  std::string refusal() const {
    auto symbols = Symbols::read(MemorySource(Bytes(bytes_)));
    return symbols ? "none" : symbols.error().message;
  }
  std::string bytes_;
  uint64_t table_ = 0;
  test::TemporaryDirectory directory_;
};

TEST_F(BentHash, AChainThatGoesInACircleIsRefused) {
  library("sysv", "HASH");
  const uint32_t buckets = word(table_);
  for (uint32_t i = 0; i < buckets; ++i) {
    const uint32_t first = word(table_ + 8 + 4 * i);
    if (first != 0) set(table_ + 8 + 4 * (buckets + first), first);
  }
  EXPECT_NE(refusal().find("goes in a circle"), std::string::npos) << refusal();
}

TEST_F(BentHash, ASymbolBehindTheTableIsRefused) {
  library("sysv", "HASH");
  set(table_ + 8, word(table_ + 4));
  EXPECT_NE(refusal().find("DT_HASH has symbol"), std::string::npos) << refusal();
}

TEST_F(BentHash, MoreSymbolsThanAreReadAreRefused) {
  library("sysv", "HASH");
  set(table_ + 4, kMaxSymbols + 1);
  EXPECT_NE(refusal().find("more than the"), std::string::npos) << refusal();
}

TEST_F(BentHash, AFilterThatIsNoPowerOfTwoIsRefused) {
  library("gnu", "GNU_HASH");
  set(table_ + 8, 3);
  EXPECT_NE(refusal().find("no power of two"), std::string::npos) << refusal();
}

TEST_F(BentHash, ABucketBeforeTheFirstSymbolIsRefused) {
  library("gnu", "GNU_HASH");
  set(table_ + 4, 4000);
  EXPECT_NE(refusal(), "none");
}

TEST_F(BentHash, ATableWithoutBucketsFindsNothing) {
  library("gnu", "GNU_HASH");
  set(table_, 0);
  const Symbols symbols = test::symbols_of(bytes_);
  symbols.each_candidate(HashedName("foo"), [](uint32_t) {
    ADD_FAILURE();
    return true;
  });
}

}  // namespace
}  // namespace rootlet::elf
