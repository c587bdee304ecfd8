// Small layers in memory, with a package database, and their closures and plans.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "rootlet/inventory.hpp"
#include "rootlet/report.hpp"

namespace rootlet::test {

// `printf 'hello\n' | sha256sum`, and the same of sha1sum.
inline const std::string kHelloSha256 = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
inline const std::string kHelloSha1 = "f572d396fae9206628714fb2ce00f72e94f2258f";

inline MemoryTree greeter() {
  MemoryTree tree;
  tree.file("/usr/bin/greet", "hello\n", 0755).file("/usr/share/greet/words", "hi\n").file("/opt/own", "own\n", 0640);
  tree.symlink("/usr/bin/hail", "greet").symlink("/share", "usr/share").directory("/srv", 0711);
  tree.file("/etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_ID='12'\n");
  tree.file("/var/lib/dpkg/status",
            "Package: greet\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:2.0+b1-3~x\nSource: greetings (2.0)\nDepends: words\n\n"
            "Package: words\nStatus: install ok installed\nArchitecture: all\nVersion: 7\n");
  tree.file("/var/lib/dpkg/info/greet.list", "/.\n/usr\n/usr/bin\n/usr/bin/greet\n/usr/bin/hail\n/share\n");
  tree.file("/var/lib/dpkg/info/words.list", "/.\n/share\n/usr/share/greet/words\n");
  return tree;
}

// What entries of it need, as a layer; without what a plan adds for scanners, unless that is asked for.
struct Layer {
  Layer(MemoryTree tree, const std::vector<std::string>& entries, bool metadata = false) : root(Root::in_memory(std::move(tree))) {
    auto resolved = resolve(root, entries);
    EXPECT_TRUE(resolved) << resolved.error().message;
    if (!resolved) return;
    closure = std::make_unique<Closure>(std::move(*resolved));
    PlanOptions options;
    options.package_metadata = metadata;
    auto planned = make_plan(*closure, root, options);
    EXPECT_TRUE(planned) << planned.error().message;
    if (planned) plan = std::move(*planned);
  }

  Inventory inventory(bool sha1 = false) {
    auto taken = take_inventory(*closure, plan, root, {sha1, {}});
    EXPECT_TRUE(taken) << taken.error().message;
    return taken ? std::move(*taken) : Inventory();
  }

  Root root;
  std::unique_ptr<Closure> closure;
  Plan plan;
};

inline Inventory inventory_of(MemoryTree tree) {
  Root root = Root::in_memory(std::move(tree));
  auto taken = take_inventory(root);
  EXPECT_TRUE(taken) << taken.error().message;
  return taken ? std::move(*taken) : Inventory();
}

// A line a change: "+ /a", "- /b", "~ /c: content, mode 0644, now 0600".
inline std::vector<std::string> lines(const Diff& diff) {
  static constexpr const char* kMarks[] = {"+ ", "- ", "~ "};
  std::vector<std::string> all;
  for (const FileChange& change : diff.files) {
    std::string line = kMarks[static_cast<size_t>(change.kind)] + change.path();
    for (const std::string& what : change.what) line += (&what == &change.what.front() ? ": " : "; ") + what;
    all.push_back(line);
  }
  for (const PackageChange& change : diff.packages) {
    all.push_back(kMarks[static_cast<size_t>(change.kind)] + ("package " + change.name()) + ":" + change.architecture() + " " +
                  (change.before != nullptr ? change.before->version : "") + ">" + (change.after != nullptr ? change.after->version : "") + " " +
                  std::to_string(change.bytes_before) + ">" + std::to_string(change.bytes_after));
  }
  return all;
}

using Lines = std::vector<std::string>;

}  // namespace rootlet::test
