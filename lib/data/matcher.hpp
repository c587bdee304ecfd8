// Which rules hold for a file.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "data/c_library.hpp"
#include "data/evidence.hpp"
#include "data/rules.hpp"
#include "rootlet/root.hpp"

namespace rootlet::data {

// A file that rules are asked about.
struct Subject {
  const Node* node = nullptr;
  std::string started;        // the path it was reached by
  uint8_t roles = 0;          // Role
  std::string soname;         // of an object that has one
  std::string language;       // of a script
  std::string package;        // that owns it, or empty
  const Evidence* evidence = nullptr;  // of an object
  CLibrary libc = CLibrary::unknown;   // that it runs with
};

struct Match {
  const Rule* rule = nullptr;
  std::string star;  // what the first `*` of the pattern that fitted stood for
};

class Matcher {
 public:
  Matcher(Root& root, std::vector<const Rule*> rules);

  // The strings that rules ask for.
  const KnownStrings& strings() const { return strings_; }
  std::vector<Match> match(const Subject& subject);

 private:
  bool exists(const std::string& pattern);
  bool holds(const Rule& rule, const Subject& subject, std::string& star);

  Root& root_;
  std::vector<const Rule*> rules_;
  KnownStrings strings_;
  std::unordered_map<std::string, bool> exists_;
};

// Whether a shell pattern matches, `*` any characters; what its first `*` stood for goes to `star`.
bool pattern_matches(std::string_view pattern, std::string_view text, std::string* star = nullptr);

}  // namespace rootlet::data
