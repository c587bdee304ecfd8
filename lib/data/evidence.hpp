// What the bytes of an object say about what it will want at run time.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "rootlet/base.hpp"
#include "rootlet/elf.hpp"
#include "rootlet/root.hpp"

namespace rootlet::data {

// A library that a note declares to be loaded by dlopen (systemd.io/ELF_DLOPEN_METADATA).
struct DeclaredLibrary {
  enum Priority : uint8_t { suggested, recommended, required } priority = recommended;
  std::vector<std::string> names;  // alternatives, the best first
  std::string feature;
};

struct Evidence {
  std::vector<std::string> paths;      // whole strings that are absolute paths, sorted, each once
  std::vector<std::string> libraries;  // whole strings that are names of shared libraries, sorted, each once
  std::vector<std::string> relative;   // "../share/app/x", "%s/plugins": paths built at run time, sorted, each once
  std::vector<std::string> known;      // strings that were asked for, sorted, each once
  std::unordered_set<std::string> imports;
  std::vector<DeclaredLibrary> declared;
  std::string package;                 // "NAME VERSION" that a note says it was built for, or empty
  bool run_together = false;           // strings are not NUL-terminated (Go, Rust)

  bool imports_any(std::initializer_list<std::string_view> names) const;
};

// Of the objects that were looked at.
using EvidenceOfObjects = std::unordered_map<const Node*, Evidence>;

// Strings that the scan is to report in Evidence::known, exactly.
class KnownStrings {
 public:
  void add(std::string_view text);
  bool may_start(unsigned char first, unsigned char second) const { return starts_[first << 8 | second]; }
  bool has(std::string_view text) const { return texts_.find(text) != texts_.end(); }
  // Those that are paths, for strings that run into each other.
  const std::vector<std::string>& paths() const { return paths_; }

 private:
  std::bitset<65536> starts_;
  std::unordered_set<std::string_view> texts_;  // point into owned_
  std::vector<std::unique_ptr<std::string>> owned_;
  std::vector<std::string> paths_;
};

// One pass over an object's data, in pieces. `exists` says whether a path is there: where strings run into each other, only
// what is there can tell where one ends. Damaged files give the evidence that can be read.
Evidence read_evidence(const Source& source, const KnownStrings& known, const std::function<bool(std::string_view)>& exists);

// Calls each(text) for every NUL-terminated string of `block` that starts behind a NUL (or at the front, if
// `at_start`), whose first two bytes are `wanted`; returns how many bytes were consumed: up to the last NUL, or all if
// `last`. This is the inner loop.
using TextCallback = std::function<void(std::string_view)>;
size_t scan_strings(std::string_view block, bool at_start, bool last, const std::bitset<65536>& wanted, const TextCallback& each);

inline constexpr uint64_t kMaxScanBytes = 4ULL << 30;  // of one object; what lies behind is not looked at
inline constexpr size_t kMaxEvidence = 20'000;    // of each kind, in one object
inline constexpr size_t kMaxEvidenceText = 4096;  // bytes of one string

// The JSON of one note; what is not understood is left out.
std::string parse_package_note(std::string_view json);
std::vector<DeclaredLibrary> parse_dlopen_note(std::string_view json);

}  // namespace rootlet::data
