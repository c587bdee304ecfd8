// pacman's database: a directory a package, with alpm-db-desc(5) and alpm-db-files(5).
#include "plan/metadata.hpp"

namespace rootlet::plan {

void add_pacman(const Context& context) {
  const std::string local = "/var/lib/pacman/local/";
  for (const Shipped& shipped : context.packages) {
    const Package& package = *shipped.package;
    if (package.version.empty() || package.version.find('/') != std::string::npos) {
      context.additions.finding(local, "the package " + package.name + " is left out: its version cannot be a part of a file's name");
      continue;
    }
    const std::string directory = local + package.name + "-" + package.version;
    std::string files = "%FILES%\n";
    for (const PlanEntry* entry : shipped.files) files += entry->path.substr(1) + "\n";
    context.additions.add(directory + "/desc", context.database.record(package), kPackageMetadata);
    context.additions.add(directory + "/files", files + "\n", kPackageMetadata);
  }
  context.additions.add(local + "ALPM_DB_VERSION", "9\n", kPackageMetadata);  // without it pacman takes the database for an old one
}

}  // namespace rootlet::plan
