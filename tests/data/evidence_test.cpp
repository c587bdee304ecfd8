// What the bytes of an object tell.
#include "data/evidence.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bitset>
#include <random>
#include <set>

#include "support/elf_builder.hpp"
#include "support/guard_page.hpp"
#include "support/notes.hpp"

namespace rootlet::test {
namespace {

using data::Evidence;
using data::KnownStrings;
using Texts = std::vector<std::string>;

Evidence evidence_of(const std::string& file, const std::set<std::string>& there = {}, const Texts& known = {}) {
  KnownStrings strings;
  for (const std::string& text : known) strings.add(text);
  const MemorySource source{Bytes(std::string_view(file))};
  return data::read_evidence(source, strings, [&](std::string_view path) { return there.contains(std::string(path)); });
}

Evidence evidence_of_strings(Texts strings, const Texts& known = {}) {
  ElfSpec spec;
  spec.strings = std::move(strings);
  return evidence_of(build_elf(spec), {}, known);
}

TEST(Evidence, FindsAbsolutePathsThatAreWholeStrings) {
  const Evidence found = evidence_of_strings({"/etc/app.conf", "see /etc/other.conf", "/usr/share/app", "/", "//x", "/with blank"});
  EXPECT_EQ(found.paths, (Texts{"/etc/app.conf", "/usr/share/app"}));
}

TEST(Evidence, TakesListsOfPathsApart) {
  EXPECT_EQ(evidence_of_strings({"/etc/magic:/usr/share/misc/magic::relative"}).paths, (Texts{"/etc/magic", "/usr/share/misc/magic"}));
}

TEST(Evidence, FindsNamesOfLibraries) {
  const Evidence found = evidence_of_strings({"libfoo.so.1", "libbar-2.so", "lib%s.so", "libbaz.so.x", "nolib.so", "dir/libqux.so", "lib.sofa"});
  EXPECT_EQ(found.libraries, (Texts{"libbar-2.so", "libfoo.so.1"}));
}

TEST(Evidence, FindsPathsThatAreMadeFromADirectory) {
  EXPECT_EQ(evidence_of_strings({"%s/share/app/x", "../lib/app", "%s/%d", "%d/x", ".."}).relative, (Texts{"lib/app", "share/app/x"}));
}

TEST(Evidence, FindsTheStringsThatAreAskedForAndNoOthers) {
  EXPECT_EQ(evidence_of_strings({"SSL_CERT_FILE", "SSL_CERT_FILES", "XSSL_CERT_FILE"}, {"SSL_CERT_FILE", "TERM"}).known, Texts{"SSL_CERT_FILE"});
}

TEST(Evidence, FindsImportedFunctionsInBothClassesAndByteOrders) {
  for (bool is64 : {true, false}) {
    for (bool big : {true, false}) {
      ElfSpec spec;
      spec.is64 = is64;
      spec.big_endian = big;
      spec.machine = is64 ? (big ? 22 : 62) : (big ? 8 : 3);
      spec.imports = {"dlopen", "getpwnam"};
      spec.strings = {"/etc/x"};
      const Evidence found = evidence_of(build_elf(spec));
      EXPECT_EQ(found.imports, (std::unordered_set<std::string>{"dlopen", "getpwnam"})) << is64 << big;
      EXPECT_EQ(found.paths, Texts{"/etc/x"});
    }
  }
}

TEST(Evidence, ReadsWhatANoteDeclaresToBeOpened) {
  const std::string json = R"([{"soname":["liblz4.so.1","liblz4.so"],"feature":"lz4","priority":"required"},{"soname":"libx.so","priority":"suggested"},{"soname":["liby.so.2"]}])";
  const Evidence found = evidence_of(elf_with_note({}, "FDO", elf::kNoteDlopen, json));
  ASSERT_EQ(found.declared.size(), 3U);
  EXPECT_EQ(found.declared[0].names, (Texts{"liblz4.so.1", "liblz4.so"}));
  EXPECT_EQ(found.declared[0].feature, "lz4");
  EXPECT_EQ(found.declared[0].priority, data::DeclaredLibrary::required);
  EXPECT_EQ(found.declared[1].priority, data::DeclaredLibrary::suggested);
  EXPECT_EQ(found.declared[2].priority, data::DeclaredLibrary::recommended);
}

TEST(Evidence, IsNotMisledByNotesThatAreNoSuchJson) {
  for (std::string_view json : {"", "[", "{}", "[1,null,[]]", "[{\"soname\":1}]", "[{\"soname\":[]}]", "[{\"soname\":[1]}]"}) {
    EXPECT_TRUE(data::parse_dlopen_note(json).empty()) << json;
  }
  EXPECT_TRUE(evidence_of(elf_with_note({}, "XYZ", elf::kNoteDlopen, "[{\"soname\":\"a\"}]")).declared.empty());
  EXPECT_TRUE(evidence_of(elf_with_note({}, "FDO", 1, "[{\"soname\":\"a\"}]")).declared.empty());
}

TEST(Evidence, ReadsForWhichPackageANoteSaysItWasBuilt) {
  const auto package = [](std::string_view json) { return evidence_of(elf_with_note({}, "FDO", elf::kNotePackage, json)).package; };
  EXPECT_EQ(package(R"({"type":"deb","os":"debian","name":"app","version":"4.8-1","architecture":"amd64"})"), "app 4.8-1");
  EXPECT_EQ(package(R"({"name":"app"})"), "app");
  for (std::string_view json : {"[]", "{}", "{\"name\":1}", "x"}) EXPECT_EQ(package(json), "") << json;
}

// Go keeps strings without an end, sorted by length, one behind the other.
TEST(Evidence, TellsStringsOfGoApartByWhatTheRootHas) {
  const std::set<std::string> there = {"/etc", "/etc/nsswitch.conf", "/etc/pki", "/usr", "/usr/share", "/usr/share/zoneinfo", "/etc/mime.types"};
  ElfSpec plain;
  plain.strings = {"locked to thread/etc/nsswitch.conf/etc/pki/tls/certs2980232/usr/share/zoneinfo/pacer: assist/etc/mime.typesabc"};
  plain.abi_tag = {0, 0, 0, 0};
  std::string file = build_elf(plain);
  const size_t owner = file.find(std::string("GNU\0", 4));
  file.replace(owner, 4, std::string("Go\0\0", 4));
  const Evidence found = evidence_of(file, there, {"/usr/share/zoneinfo/"});
  EXPECT_TRUE(found.run_together);
  EXPECT_EQ(found.paths, (Texts{"/etc/mime.types", "/etc/nsswitch.conf", "/etc/pki", "/usr/share/zoneinfo"}));
  EXPECT_EQ(found.known, Texts{"/usr/share/zoneinfo/"});
}

// The loop that looks at many bytes at a time agrees with one that looks at each, whatever the place and the length.
TEST(EvidenceScan, FindsWhatAPlainLoopFinds) {
  std::mt19937 random(7);
  std::bitset<65536> wanted;
  for (size_t i = 0; i < 65536; ++i) wanted[i] = (i >> 8) == '/' || i % 7 == 0;
  for (int round = 0; round < 2000; ++round) {
    std::string block(random() % 400, '\0');
    for (char& c : block) c = "\0\0/ab\n"[random() % 6];
    const bool at_start = random() % 2 == 0, last = random() % 2 == 0;
    Texts expected, found;
    size_t consumed = 0;
    for (size_t i = 0; i < block.size(); ++i) {
      if (block[i] == '\0') consumed = i + 1;
      const bool starts = block[i] != '\0' && (i == 0 ? at_start : block[i - 1] == '\0');
      const size_t end = block.find('\0', i);
      if (!starts || i + 1 >= block.size() || (end == std::string::npos && !last)) continue;
      if (wanted[static_cast<size_t>(static_cast<unsigned char>(block[i])) << 8 | static_cast<unsigned char>(block[i + 1])]) {
        expected.push_back(block.substr(i, std::min(end, block.size()) - i));
      }
    }
    const size_t got = data::scan_strings(block, at_start, last, wanted, [&](std::string_view text) { found.emplace_back(text); });
    ASSERT_EQ(found, expected) << round;
    ASSERT_EQ(got, last ? block.size() : consumed) << round;
  }
}

// Strings that lie across the pieces in which a file is read, and one that is longer than any.
TEST(EvidenceScan, LosesNothingBetweenPieces) {
  Texts strings, expected;
  for (int i = 0; i < 60'000; ++i) strings.push_back("/path/number/" + std::to_string(i));
  strings.insert(strings.begin() + 30'000, "/" + std::string(600'000, 'x'));
  for (int i = 0; i < 20'000; ++i) expected.push_back("/path/number/" + std::to_string(i));
  const Evidence found = evidence_of_strings(strings);
  ASSERT_EQ(found.paths.size(), data::kMaxEvidence);
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(found.paths, expected);
}

TEST(EvidenceScan, ReadsEveryPrefixOfAFileWithoutReachingBehindIt) {
  ElfSpec spec;
  spec.strings = {"/etc/app.conf", "libfoo.so.1"};
  spec.imports = {"dlopen"};
  spec.abi_tag = {0, 3, 2, 0};
  spec.needs("libc.so.6");
  const std::string file = build_elf(spec);
  GuardedBytes wall(file.size());
  for (size_t length = 0; length <= file.size(); ++length) {
    const MemorySource source{wall.place(std::string_view(file).substr(0, length))};
    (void)data::read_evidence(source, KnownStrings(), [](std::string_view) { return false; });
  }
}

}  // namespace
}  // namespace rootlet::test
