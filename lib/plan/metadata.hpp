// What tells scanners and package tools which packages a layer has. Each format has a file of its own; where the files stand and
// what is read of them is in tests/scanners, with the scanners' sources.
#pragma once

#include <string>
#include <vector>

#include "plan/additions.hpp"
#include "rootlet/package.hpp"

namespace rootlet::plan {

// A package, and what the layer has of it as it was packaged: files and links, sorted by path.
struct Shipped {
  const Package* package = nullptr;
  std::vector<const PlanEntry*> files;
};

// Adds what PlanOptions::package_metadata and licenses ask for.
void add_metadata(Root& root, const PlanOptions& options, Entries& entries, std::vector<Finding>& findings);

struct Context {
  Root& root;
  PackageDatabase& database;
  const std::vector<Shipped>& packages;  // by name
  Additions& additions;
};
void add_dpkg(const Context& context);
void add_apk(const Context& context);
void add_rpm(const Context& context);
void add_pacman(const Context& context);

inline constexpr const char* kPackageMetadata = "package-metadata";

// Whether a layer has, of this package, the file at that path as a database spells it.
bool ships(const Context& context, const Shipped& shipped, std::string_view path);

}  // namespace rootlet::plan
