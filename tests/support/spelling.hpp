// One place has many spellings in a run path: this picks among them, the wrong ones included.
#pragma once

#include <string>
#include <vector>

#include "support/dice.hpp"
#include "support/loader_oracle.hpp"

namespace rootlet::test {

class Spelling {
 public:
  Spelling(Dice& dice, const LoaderFacts& facts, std::vector<std::string> platforms)
      : dice_(dice), facts_(facts), platforms_(std::move(platforms)) {}

  // Where spellings lead: directories that hold something, and files that are taken for directories.
  std::vector<std::string> directories;
  std::vector<std::string> files;

  // A directory as an object in the directory `origin` may spell it.
  std::string directory(const std::string& path, const std::string& origin);
  // A file, likewise; always with a slash.
  std::string file(const std::string& path, const std::string& origin);
  // One to four of the directories, with mistakes among them, joined by any of `separators`.
  std::string list(const std::string& origin, const std::string& separators);

 private:
  std::string element(const std::string& origin);
  std::string token(const char* name);
  bool replace(std::string& path, const std::string& text, const char* name);

  Dice& dice_;
  const LoaderFacts& facts_;
  std::vector<std::string> platforms_;
};

// The way from one absolute path to another, by their letters alone: "../b".
std::string relative_path(const std::string& from, const std::string& to);
// "/a" of "/a/b", and "/" of "/b".
std::string parent_of(const std::string& path);
std::string name_of(const std::string& path);
// A path below a directory that may be "/".
std::string join(const std::string& directory, const std::string& name);

}  // namespace rootlet::test
