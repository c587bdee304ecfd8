// What a database says of a root, in words that a test can compare.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "rootlet/package.hpp"

namespace rootlet::test {

using Lines = std::vector<std::string>;

// "libc6 2.36-9 amd64 (glibc)", and what it depends on: " -> libgcc-s1, libcrypt1"; "nobody" for null.
inline std::string spell(const Package* package) {
  if (package == nullptr) return "nobody";
  std::string text = package->name + " " + package->version + " " + package->architecture + " (" + package->source + ")";
  for (size_t i = 0; i < package->depends.size(); ++i) text += (i == 0 ? " -> " : ", ") + package->depends[i];
  return text;
}

inline Lines packages(PackageDatabase& database) {
  Lines lines;
  for (const Package* package : database.packages()) lines.push_back(spell(package));
  return lines;
}

// The owner's name, with its architecture where another of that name comes first; "nobody" if there is none.
inline std::string owner(PackageDatabase& database, std::string_view path) {
  const Package* package = database.owner(path);
  if (package == nullptr) return "nobody";
  return database.find(package->name) == package ? package->name : package->name + ":" + package->architecture;
}

inline Lines files(PackageDatabase& database, std::string_view name) {
  const Package* package = database.find(name);
  return package == nullptr ? Lines{"no such package"} : database.files(*package);
}

// Everything that can be asked, and what must hold of any answer, whatever the bytes of the database were.
inline std::string ask_everything(Root& root) {
  PackageDatabase database(root);
  std::string all = std::to_string(static_cast<int>(database.format())) + "\n";
  for (const Package* package : database.packages()) {
    all += spell(package) + "\n";
    EXPECT_NE(database.find(package->name), nullptr) << package->name;
    for (const std::string& name : package->depends) EXPECT_NE(database.find(name), nullptr) << package->name << " depends on " << name;
    all += database.record(*package);
    for (const auto& [path, md5] : database.sums(*package)) all += md5 + " " + path + "\n";
    for (const std::string& file : database.files(*package)) {
      EXPECT_TRUE(file.starts_with('/')) << file;
      all += file + " of " + owner(database, file) + "\n";
    }
  }
  EXPECT_LE(database.problems().size(), 101u);
  for (const std::string& problem : database.problems()) all += problem + "\n";
  return all;
}

}  // namespace rootlet::test
