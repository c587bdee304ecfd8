#include "audit.hpp"

#include <iostream>

#include "status.hpp"

namespace rootlet::cli {
namespace {

int make_audit(const Options& options, Handle<rootlet_audit>& audit, Handle<rootlet_error>& error) {
  Handle<rootlet_root> root;
  if (const int code = rootlet_root_open_with(options.root.c_str(), options.library.get(), Out(root), Out(error)); code != ROOTLET_OK) return code;
  std::vector<const char*> entries;
  for (const std::string& entry : options.entries) entries.push_back(entry.c_str());
  const Shown shown(options);
  if (options.all) return rootlet_root_audit(root.get(), options.library.get(), entries.data(), entries.size(), Out(audit), Out(error));
  Handle<rootlet_closure> closure;
  if (const int code = rootlet_resolve(root.get(), options.library.get(), entries.data(), entries.size(), Out(closure), Out(error)); code != ROOTLET_OK) return code;
  return rootlet_closure_audit(closure.get(), options.library.get(), Out(audit), Out(error));
}

void note_stale(const Options& options, std::string_view stale) {
  while (!options.quiet && !stale.empty()) {
    const size_t end = stale.find('\n');
    std::cerr << "rootlet: note: " << printable(options.baseline) << ": nothing is found any more of: " << printable(stale.substr(0, end)) << "\n";
    stale.remove_prefix(end + 1);
  }
}

// What the baseline names is accepted; another one is written of all that was found.
int compare(const Options& options, rootlet_audit* audit) {
  Handle<rootlet_error> error;
  if (!options.baseline.empty()) {
    std::string baseline;
    Handle<rootlet_text> stale;
    if (const int status = read_file(options.baseline, baseline); status != kComplete) return status;
    if (rootlet_audit_accept(audit, baseline.data(), baseline.size(), Out(stale), Out(error)) != ROOTLET_OK) {
      return unusable(options.baseline + ": " + rootlet_error_message(error.get()));
    }
    note_stale(options, view(stale));
  }
  if (!options.write_baseline.empty()) {
    Handle<rootlet_text> found;
    if (rootlet_audit_text(audit, "baseline", Out(found), Out(error)) != ROOTLET_OK) return unusable(error);
    if (rootlet_text_save(found.get(), options.write_baseline.c_str(), Out(error)) != ROOTLET_OK) return unusable(error);
  }
  return kComplete;
}

}  // namespace

int audit_command(const Options& options) {
  Handle<rootlet_audit> audit;
  Handle<rootlet_error> error;
  if (make_audit(options, audit, error) != ROOTLET_OK) return unusable(error);
  if (const int status = compare(options, audit.get()); status != kComplete) return status;
  const bool for_people = options.format.empty() || options.format == "text", color = for_people && wants_color(options.color);
  Handle<rootlet_text> table, text;
  if (options.hardening && rootlet_audit_text(audit.get(), color ? "color-hardening" : "hardening", Out(table), Out(error)) != ROOTLET_OK) return unusable(error);
  const char* format = !for_people ? options.format.c_str() : color ? "color-text" : "text";
  if (rootlet_audit_text(audit.get(), format, Out(text), Out(error)) != ROOTLET_OK) return unusable(error);
  const std::string blank = table == nullptr ? "" : "\n";
  return output(std::string(view(table)) + blank + std::string(view(text)), rootlet_audit_bound(audit.get()) == 1 ? kComplete : kMissing);
}

}  // namespace rootlet::cli
