// A closure with the root it points into, spelled out for comparisons.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "rootlet/closure.hpp"
#include "support/libraries_only.hpp"
#include "support/world.hpp"

namespace rootlet::test {

class Resolved {
 public:
  Resolved(Root root, const std::vector<std::string>& entries, const ResolveOptions& options = libraries_only())
      : root_(std::move(root)), result_(resolve(root_, entries, options)) {}
  Resolved(const World& world, const std::vector<std::string>& entries, ResolveOptions options = libraries_only())
      : Resolved(world.root(), entries, with(std::move(options), world.config)) {}
  Resolved(const Resolved&) = delete;
  Resolved& operator=(const Resolved&) = delete;

  Root& root() { return root_; }
  bool ok() const { return result_.has_value(); }
  const Error& error() const { return result_.error(); }
  const Closure& closure() const { return *result_; }

  // Each is one line that says what went wrong, if there is no closure.
  Lines paths() const {
    if (!ok()) return {error().message};
    Lines lines;
    for (const ClosureFile& file : closure().files) lines.emplace_back(file.path);
    return lines;
  }
  // "KIND by BY: DETAIL [HOW]", without what is empty.
  Lines reasons(std::string_view path) const {
    if (!ok()) return {error().message};
    const ClosureFile* file = closure().find(path);
    if (file == nullptr) return {"not in the closure"};
    Lines lines;
    for (const Reason& reason : file->reasons) {
      std::string line(to_string(reason.kind));
      if (!reason.by.empty()) line += " by " + std::string(reason.by);
      line += ": " + std::string(reason.detail);
      if (reason.how) line += " [" + std::string(to_string(*reason.how)) + "]";
      lines.push_back(std::move(line));
    }
    return lines;
  }
  // "KIND NAME by BY".
  Lines missing() const {
    if (!ok()) return {error().message};
    Lines lines;
    for (const Missing& item : closure().missing) {
      lines.push_back(std::string(to_string(item.kind)) + " " + std::string(item.name) + " by " +
                      std::string(item.by));
    }
    return lines;
  }
  // "KIND BY".
  Lines findings() const {
    if (!ok()) return {error().message};
    Lines lines;
    for (const Finding& finding : closure().findings) lines.push_back(finding.kind + " " + finding.by);
    return lines;
  }

 private:
  static ResolveOptions with(ResolveOptions options, const LoaderConfig& config) {
    if (options.loader.library_path.empty()) options.loader.library_path = config.library_path;
    if (options.loader.preload.empty()) options.loader.preload = config.preload;
    return options;
  }
  Root root_;
  Result<Closure> result_;
};

// A world where /lib64 and /lib are links into /usr, as on merged systems; `loader` is what programs name.
inline World merged_world() {
  World world({62, true, false, 0, "/usr/lib64/ld-linux-x86-64.so.2", std::nullopt});
  world.symlink("/lib64", "usr/lib64").symlink("/lib", "usr/lib").symlink("/bin", "usr/bin");
  return world;
}
inline const char* const kMergedLoader = "/lib64/ld-linux-x86-64.so.2";

}  // namespace rootlet::test
