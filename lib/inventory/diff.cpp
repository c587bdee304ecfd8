#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <tuple>

#include "rootlet/inventory.hpp"

namespace rootlet {
namespace {

std::string mode_text(uint32_t mode) {
  std::array<char, 16> text;
  std::snprintf(text.data(), text.size(), "%04o", mode & 07777);
  return text.data();
}

const char* type_text(NodeType type) {
  static constexpr const char* kTypes[] = {"a file", "a directory", "a link", "a device, socket or pipe"};
  return kTypes[static_cast<size_t>(type)];
}

std::vector<std::string> differences(const InventoryFile& before, const InventoryFile& after, bool owners) {
  std::vector<std::string> what;
  auto from_to = [&what](const char* name, const std::string& from, const std::string& to) {
    if (from != to) what.push_back(std::string(name) + (from.empty() ? "none" : from) + ", now " + (to.empty() ? "none" : to));
  };
  if (before.type != after.type) from_to("", type_text(before.type), type_text(after.type));
  if (before.type == after.type && before.type == NodeType::file && before.sha256 != after.sha256) what.emplace_back("content");
  if (before.type == after.type) from_to("target ", before.target, after.target);
  if (before.type != NodeType::symlink && after.type != NodeType::symlink) from_to("mode ", mode_text(before.mode), mode_text(after.mode));
  if (!owners) return what;
  auto owner = [](const InventoryFile& file) { return std::to_string(file.uid) + ":" + std::to_string(file.gid); };
  from_to("owner ", owner(before), owner(after));
  if (before.capability != after.capability) what.emplace_back("capabilities");
  return what;
}

std::vector<FileChange> compare_files(const Inventory& before, const Inventory& after) {
  std::vector<FileChange> changes;
  const bool owners = before.owners && after.owners;
  auto a = before.files.begin(), b = after.files.begin();
  while (a != before.files.end() || b != after.files.end()) {
    const int order = a == before.files.end() ? 1 : b == after.files.end() ? -1 : a->path.compare(b->path);
    if (order < 0) {
      changes.push_back({ChangeKind::removed, &*a++, nullptr, {}});
    } else if (order > 0) {
      changes.push_back({ChangeKind::added, nullptr, &*b++, {}});
    } else {
      if (auto what = differences(*a, *b, owners); !what.empty()) changes.push_back({ChangeKind::changed, &*a, &*b, std::move(what)});
      ++a, ++b;
    }
  }
  return changes;
}

// The packages of one inventory by what they are compared by, with the bytes of their files.
struct Counted {
  const InventoryPackage* package = nullptr;
  uint64_t bytes = 0;
};
using Key = std::tuple<std::string_view, std::string_view>;

std::map<Key, std::vector<Counted>> count(const Inventory& inventory) {
  std::map<Key, std::vector<Counted>> packages;
  std::map<std::tuple<std::string, std::string_view>, uint64_t> bytes;
  for (const InventoryFile& file : inventory.files) {
    if (!file.package.empty()) bytes[{file.package, file.architecture}] += file.size;
  }
  for (const InventoryPackage& package : inventory.packages) {
    const auto sum = bytes.find({package.title(), package.architecture});
    packages[{package.name, package.architecture}].push_back({&package, sum == bytes.end() ? 0 : sum->second});
  }
  return packages;
}

// Of one name there may be several, as rpm has kernels: of these each version is a package of its own.
void compare_package(const std::vector<Counted>& before, const std::vector<Counted>& after, std::vector<PackageChange>& changes) {
  if (before.size() == 1 && after.size() == 1) {
    const Counted &a = before[0], &b = after[0];
    if (a.package->version == b.package->version) return;
    changes.push_back({ChangeKind::changed, a.package, b.package, a.bytes, b.bytes});
    return;
  }
  const auto has = [](const std::vector<Counted>& all, const Counted& wanted) {
    return std::any_of(all.begin(), all.end(), [&](const Counted& one) { return one.package->version == wanted.package->version; });
  };
  for (const Counted& one : before) {
    if (!has(after, one)) changes.push_back({ChangeKind::removed, one.package, nullptr, one.bytes, 0});
  }
  for (const Counted& one : after) {
    if (!has(before, one)) changes.push_back({ChangeKind::added, nullptr, one.package, 0, one.bytes});
  }
}

// A layer without a package database says nothing of packages, and so nothing of what became of them.
std::vector<PackageChange> compare_packages(const Inventory& before, const Inventory& after) {
  std::vector<PackageChange> changes;
  if (before.format == PackageFormat::none || after.format == PackageFormat::none) return changes;
  auto from = count(before), to = count(after);
  for (const auto& [key, packages] : to) from[key];
  for (const auto& [key, packages] : from) compare_package(packages, to[key], changes);
  return changes;
}

}  // namespace

std::string_view to_string(ChangeKind kind) {
  static constexpr std::string_view kNames[] = {"added", "removed", "changed"};
  return kNames[static_cast<size_t>(kind)];
}

Diff diff(const Inventory& before, const Inventory& after) {
  return {before.name, after.name, compare_files(before, after), compare_packages(before, after)};
}

Diff verify(const Inventory& manifest, const Inventory& found) { return {manifest.name, found.name, compare_files(manifest, found), {}}; }

}  // namespace rootlet
