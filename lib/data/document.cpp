// Files that users name beside programs, and what they name.
#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <new>

#include "data/finder.hpp"
#include "data/scripts/needs.hpp"

namespace rootlet::data {
namespace {

constexpr uint64_t kMaxJarBytes = 256 << 20, kMaxManifestBytes = 1 << 20;
constexpr int kMaxJarMembers = 100;  // the manifest is among the first

struct FreeArchive {
  void operator()(archive* reader) const { archive_read_free(reader); }
};

// META-INF/MANIFEST.MF of a Java archive, with continued lines joined (JAR File Specification).
std::string manifest_of(const std::string& jar) {
  const std::unique_ptr<archive, FreeArchive> reader(archive_read_new());
  if (!reader) throw std::bad_alloc();
  const auto good = [&reader](la_ssize_t status) {
    if (status < ARCHIVE_OK && archive_errno(reader.get()) == ENOMEM) throw std::bad_alloc();
    return status >= ARCHIVE_OK;
  };
  if (!good(archive_read_support_format_zip(reader.get()))) return {};
  if (!good(archive_read_open_memory(reader.get(), jar.data(), jar.size()))) return {};
  archive_entry* entry = nullptr;
  for (int i = 0; i < kMaxJarMembers; ++i) {
    const int status = archive_read_next_header(reader.get(), &entry);
    if (!good(status) || status == ARCHIVE_EOF) break;
    const char* name = archive_entry_pathname(entry);
    if (name == nullptr || std::string_view(name) != "META-INF/MANIFEST.MF") continue;
    std::string text(kMaxManifestBytes, '\0');
    const auto length = archive_read_data(reader.get(), text.data(), text.size());
    text.resize(good(length) ? static_cast<size_t>(length) : 0);
    std::erase(text, '\r');
    for (size_t at = text.find("\n "); at != std::string::npos; at = text.find("\n ", at)) text.erase(at, 2);
    return text;
  }
  return {};
}

// The lines of recipes, as a shell would get them.
std::string recipes_of(std::string_view makefile) {
  std::string script;
  scripts::each_part(makefile, "\n", [&](std::string_view line) {
    const bool recipe = line.front() == '\t';
    const size_t start = recipe ? line.find_first_not_of("\t @-+") : std::string_view::npos;
    if (start == std::string_view::npos) return;
    script += std::string(line.substr(start)) + "\n";
  });
  // "$$x" is the shell's "$x"; what make itself puts in is not known here.
  for (size_t at = script.find("$$"); at != std::string::npos; at = script.find("$$", at + 1)) script.erase(at, 1);
  return script;
}

}  // namespace

Needs Finder::document(const Node& node, const std::string& started) {
  Needs needs;
  Taking taking{needs, Origin::configuration, started, Safety::Asker::evidence};
  const std::string_view name = node.name();
  const bool jar = name.ends_with(".jar") || name.ends_with(".war");
  const bool makefile = name == "Makefile" || name == "makefile" || name == "GNUmakefile" || name.ends_with(".mk");
  if (jar || makefile) {
    auto file = root_.open_file(node);
    auto text = file ? read_all(**file, jar ? kMaxJarBytes : kMaxScriptBytes) : Result<std::string>(Unexpected(file.error()));
    if (!text) return needs;
    if (jar) {
      scripts::each_part(manifest_of(*text), "\n", [&](std::string_view line) {
        if (!line.starts_with("Class-Path:")) return;
        scripts::each_part(line.substr(11), " ", [&](std::string_view path) {
          taker_.file(taking, scripts::join(scripts::parent_path(started), path.starts_with("file:") ? path.substr(5) : path));
        });
      });
      return needs;
    }
    const ModuleSearch search = module_search(root_, ScriptLanguage::shell, "/bin/sh", started);
    for (const ScriptNeed& need : script_needs(root_, ScriptLanguage::shell, search, started, recipes_of(*text))) {
      if (need.kind == ScriptNeed::command) needs.push_back({Need::program, need.name, {}, Origin::script, need.name, {}});
    }
    return needs;
  }
  if (is_configuration(node)) config_.follow(taking, started, {});
  return needs;
}

}  // namespace rootlet::data
