// LIEF's model of what our reader checked, against our reader, readelf, and LIEF's reading of the file itself.
#include "audit/model.hpp"

#include <set>
#include <sstream>
#include <thread>

#include "elf/canonical.hpp"
#include "audit/library.hpp"

namespace rootlet {
namespace {

using auditing::Model;
using auditing::own_model;
using auditing::read_model;
using test::compile_library;
using test::run_command;
using test::symbols_of;

std::vector<std::string_view> all_names(const elf::Symbols& symbols) {
  std::vector<std::string_view> names;
  for (uint32_t i = 1; i < symbols.count(); ++i) names.push_back(symbols.name(i));
  return names;
}

std::vector<uint8_t> whole_image(const elf::Symbols& symbols) {
  std::vector<uint32_t> all;
  for (uint32_t i = 1; i < symbols.count(); ++i) all.push_back(i);
  auto image = elf::canonical_image(symbols, all);
  EXPECT_TRUE(image) << image.error().message;
  return image ? *image : std::vector<uint8_t>();
}

// What readelf says of symbols and versions, as a set: places differ, names do not.
std::multiset<std::string> readelf_symbols(const std::string& path) {
  std::istringstream lines(run_command({"readelf", "--dyn-syms", "-D", "-W", path}).out);
  std::multiset<std::string> all;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string number, value, size, type, binding, visibility, section, name;
    if (!(fields >> number >> value >> size >> type >> binding >> visibility >> section >> name) || !number.ends_with(':')) continue;
    all.insert(size + " " + type + " " + binding + " " + visibility + " " + (section == "UND" ? "undefined " : "defined ") + name.substr(0, name.find(" (")));
  }
  return all;
}

class Models : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(OfTheMachine, Models,
                         testing::Values("/lib/x86_64-linux-gnu/libc.so.6", "/lib/x86_64-linux-gnu/libm.so.6", "/lib/x86_64-linux-gnu/libz.so.1",
                                         "/usr/lib/x86_64-linux-gnu/libstdc++.so.6", "/usr/lib/x86_64-linux-gnu/libcrypto.so.3",
                                         "/usr/bin/ls", "/lib32/libc.so.6"),
                         [](const auto& parameter) {
                           std::string name;
                           for (char c : std::string(parameter.param)) {
                             if (std::isalnum(static_cast<unsigned char>(c))) name += c;
                           }
                           return name;
                         });

TEST_P(Models, OfLiefAreWhatOurReaderSays) {
  if (run_command({"test", "-e", GetParam()}).status != 0) GTEST_SKIP() << GetParam() << " is not installed";
  const elf::Symbols symbols = symbols_of(test::read_file(GetParam()));
  const auto names = all_names(symbols);
  auto lief = read_model(symbols, names);
  ASSERT_TRUE(lief) << lief.error().message;
  Model ours = *own_model(symbols, names);
  EXPECT_EQ(lief->symbols.size(), symbols.count() - 1);
  ASSERT_EQ(lief->symbols.size(), ours.symbols.size());
  for (size_t i = 0; i < ours.symbols.size(); ++i) {
    const auto &a = lief->symbols[i], &b = ours.symbols[i];
    ASSERT_TRUE(a == b) << a.name << " " << a.version << " " << a.hidden_version << a.local_version << a.defined << " and " << b.name << " " << b.version << " "
                        << b.hidden_version << b.local_version << b.defined;
  }
  EXPECT_EQ(lief->definitions, ours.definitions);
  std::sort(lief->requirements.begin(), lief->requirements.end());
  std::sort(ours.requirements.begin(), ours.requirements.end());
  EXPECT_EQ(lief->requirements, ours.requirements);
}

// The image that LIEF is given, read by readelf, has the symbols and versions that the file itself has.
TEST_P(Models, ImagesAreReadByReadelfAsTheFileIs) {
  if (run_command({"test", "-e", GetParam()}).status != 0) GTEST_SKIP() << GetParam() << " is not installed";
  const elf::Symbols symbols = symbols_of(test::read_file(GetParam()));
  const auto image = whole_image(symbols);
  const test::TemporaryDirectory directory;
  test::write_file(directory / "image", std::string(image.begin(), image.end()));
  auto made = readelf_symbols(directory / "image"), file = readelf_symbols(GetParam());
  EXPECT_EQ(made.size(), file.size());
  EXPECT_EQ(made, file);
}

TEST(ModelOfASymbol, CostsWhatIsAskedFor) {
  const elf::Symbols symbols = symbols_of(test::read_file("/lib/x86_64-linux-gnu/libc.so.6"));
  auto model = read_model(symbols, {"memcpy", "nobody_has_it"});
  ASSERT_TRUE(model) << model.error().message;
  ASSERT_EQ(model->symbols.size(), 2u);  // memcpy@GLIBC_2.2.5, memcpy@@GLIBC_2.14
  EXPECT_NE(model->symbols[0].hidden_version, model->symbols[1].hidden_version);
  EXPECT_GT(model->definitions.size(), 20u);
}

TEST(ModelOfASymbol, OfAnObjectWithoutAnyIsEmpty) {
  const elf::Symbols none;
  auto model = read_model(none, {"foo"});
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(*model, Model());
}

TEST(ModelOfASymbol, IsBounded) {
  std::string many;
  for (size_t i = 0; i <= elf::kMaxModelSymbols; ++i) many += "int f" + std::to_string(i) + ";";
  const elf::Symbols symbols = symbols_of(compile_library(many));
  auto model = read_model(symbols, all_names(symbols));
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::too_large);
  const std::string name(elf::kMaxModelName + 1, 'x');
  const elf::Symbols longer = symbols_of(compile_library("int " + name + ";"));
  auto refused = read_model(longer, {name});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::too_large);
  auto own = own_model(longer, {name});
  ASSERT_FALSE(own);
  EXPECT_EQ(own.error().code, ErrorCode::too_large);
}

TEST(ModelOfASymbol, IsTheSameFromSeveralThreads) {
  const elf::Symbols symbols = symbols_of(test::read_file("/lib/x86_64-linux-gnu/libc.so.6"));
  const Model expected = *own_model(symbols, {"memcpy"});
  std::vector<std::thread> threads;
  std::vector<int> good(4);
  for (size_t i = 0; i < good.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 20; ++round) {
        auto model = read_model(symbols, {"memcpy"});
        good[i] += model && model->symbols == expected.symbols ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int count : good) EXPECT_EQ(count, 20);
}

}  // namespace
}  // namespace rootlet
