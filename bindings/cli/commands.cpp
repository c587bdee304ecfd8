#include "commands.hpp"

#include <unistd.h>

#include <iostream>

#include "audit.hpp"
#include "compare.hpp"
#include "outputs.hpp"
#include "status.hpp"

namespace rootlet::cli {
namespace {

void list_missing(const rootlet_closure* closure) {
  for (size_t i = 0; i < rootlet_missing_count(closure); ++i) {
    std::cerr << "rootlet: missing: " << printable(rootlet_missing_name(closure, i)) << ", needed by " << printable(rootlet_missing_by(closure, i)) << "\n";
    for (size_t j = 0; j < rootlet_attempt_count(closure, i); ++j) {
      std::cerr << "    " << printable(rootlet_attempt_path(closure, i, j)) << " [" << rootlet_attempt_how(closure, i, j) << "] "
                << printable(rootlet_attempt_why(closure, i, j)) << "\n";
    }
  }
}

void note(const char* kind, const char* by, const char* detail) {
  std::cerr << "rootlet: note: " << printable(by) << ": " << printable(detail) << " [" << kind << "]\n";
}

void list_findings(const rootlet_closure* closure, const rootlet_plan* plan) {
  for (size_t i = 0; i < rootlet_finding_count(closure); ++i) {
    note(rootlet_finding_kind(closure, i), rootlet_finding_by(closure, i), rootlet_finding_detail(closure, i));
  }
  for (size_t i = 0; i < rootlet_plan_finding_count(plan); ++i) {
    note(rootlet_plan_finding_kind(plan, i), rootlet_plan_finding_by(plan, i), rootlet_plan_finding_detail(plan, i));
  }
}

// The paths for people: a name that holds a line break does not look like two.
std::string shown_paths(const rootlet_closure* closure) {
  std::string out;
  for (size_t i = 0; i < rootlet_file_count(closure); ++i) out += printable(rootlet_file_path(closure, i)) + "\n";
  return out;
}

int resolve_entries(const Options& options, Handle<rootlet_closure>& closure, Handle<rootlet_error>& error) {
  Handle<rootlet_root> root;
  if (const int code = rootlet_root_open_with(options.root.c_str(), options.library.get(), Out(root), Out(error)); code != ROOTLET_OK) return code;
  std::vector<const char*> entries;
  for (const std::string& entry : options.entries) entries.push_back(entry.c_str());
  const Shown shown(options);
  return rootlet_resolve(root.get(), options.library.get(), entries.data(), entries.size(), Out(closure), Out(error));
}

int resolve_command(const Options& options, const rootlet_closure* closure) {
  const int status = rootlet_missing_count(closure) == 0 ? kComplete : kMissing;
  if (options.format == "paths") {
    list_missing(closure);
    if (::isatty(STDOUT_FILENO) == 1) return output(shown_paths(closure), status);
  }
  const std::string format = !options.format.empty() && options.format != "tree" ? options.format : wants_color(options.color) ? "color-tree" : "tree";
  Handle<rootlet_text> text;
  Handle<rootlet_error> error;
  if (rootlet_closure_text(closure, format.c_str(), Out(text), Out(error)) != ROOTLET_OK) return unusable(error);
  return output(view(text), status);
}

int why_command(const Options& options, const rootlet_closure* closure) {
  const char* format = options.format == "json" ? "json" : wants_color(options.color) ? "color-text" : "text";
  int present = 0;
  Handle<rootlet_text> text;
  Handle<rootlet_error> error;
  if (rootlet_closure_why(closure, options.path.c_str(), options.limit, format, &present, Out(text), Out(error)) != ROOTLET_OK) return unusable(error);
  return output(view(text), present == 1 ? kComplete : kMissing);
}

int report_command(const Options& options, const rootlet_closure* closure) {
  std::string before;
  if (!options.compare.empty()) {
    if (const int status = read_file(options.compare, before); status != kComplete) return status;
    if (before.empty()) return unusable(options.compare + " is empty; give what `rootlet resolve --format json` printed");
  }
  const char* compared = before.empty() ? nullptr : before.c_str();
  Handle<rootlet_text> page;
  Handle<rootlet_error> error;
  if (rootlet_closure_report(closure, compared, before.size(), Out(page), Out(error)) != ROOTLET_OK) return unusable(error);
  const int status = rootlet_missing_count(closure) == 0 ? kComplete : kMissing;
  if (options.page == "-") return output(view(page), status);
  if (rootlet_text_save(page.get(), options.page.c_str(), Out(error)) != ROOTLET_OK) return unusable(error);
  return status;
}

// The member of that name in the first lines of what rootlet_plan_write_image() says.
std::string member(std::string_view about, std::string_view name) {
  const std::string key = "\"" + std::string(name) + "\": \"";
  const size_t at = about.find(key);
  if (at == std::string_view::npos) return {};
  const size_t start = at + key.size();
  return std::string(about.substr(start, about.find('"', start) - start));
}

int save_line(const std::string& line, const std::string& path, Handle<rootlet_error>& error) {
  Handle<rootlet_text> text;
  if (const int code = rootlet_printable(line.data(), line.size(), Out(text), Out(error)); code != ROOTLET_OK) return code;
  return rootlet_text_save(text.get(), path.c_str(), Out(error));
}

int write_image(const Options& options, const rootlet_plan* plan, Handle<rootlet_error>& error) {
  Handle<rootlet_text> about;
  const char* path = is_standard_output(options) ? nullptr : options.output.c_str();
  if (const int code = rootlet_plan_write_image(plan, options.library.get(), options.output_format.c_str(), path, STDOUT_FILENO, Out(about), Out(error)); code != ROOTLET_OK) return code;
  if (options.digest_file.empty()) return ROOTLET_OK;
  // A docker archive has no manifest; docker's name for the image is its configuration's digest.
  return save_line(member(view(about), options.output_format == "docker-archive" ? "config" : "digest"), options.digest_file, error);
}

int write_output(const Options& options, const rootlet_plan* plan, Handle<rootlet_error>& error) {
  const Shown shown(options);
  const char* format = options.output_format.c_str();
  if (options.output_format != "dir" && options.output_format != "tar") return write_image(options, plan, error);
  if (is_standard_output(options)) return rootlet_plan_write_to(plan, options.library.get(), format, STDOUT_FILENO, Out(error));
  return rootlet_plan_write(plan, options.library.get(), format, options.output.c_str(), Out(error));
}

void keep_note(void* notes, int level, const char* line) {
  if (level == ROOTLET_NOTE) *static_cast<std::string*>(notes) += "rootlet: note: " + std::string(line) + "\n";
}

// What is found while it is written, as that a base differs, is said when nothing is written over it.
int write(const Options& options, const rootlet_plan* plan, Handle<rootlet_error>& error) {
  std::string notes;
  if (!options.quiet) rootlet_options_set_log(options.library.get(), keep_note, &notes);
  const int code = write_output(options, plan, error);
  rootlet_options_set_log(options.library.get(), nullptr, nullptr);
  std::cerr << notes;
  return code;
}

// The documents about a layer. They are made before it is written, so that what cannot be described is not written either.
struct Documents {
  Handle<rootlet_text> manifest, sbom, rule;
};

int describe(const Options& options, const rootlet_closure* closure, const rootlet_plan* plan, Documents& documents, Handle<rootlet_error>& error) {
  const Shown shown(options);
  if (!options.depfile.empty()) {
    const std::string& target = options.depfile_target.empty() ? options.output : options.depfile_target;
    if (const int code = rootlet_closure_depfile(closure, target.c_str(), Out(documents.rule), Out(error)); code != ROOTLET_OK) return code;
  }
  if (!options.manifest.empty()) {
    if (const int code = rootlet_plan_manifest(plan, options.library.get(), Out(documents.manifest), Out(error)); code != ROOTLET_OK) return code;
  }
  if (sbom_of(options) == "none") return ROOTLET_OK;
  return rootlet_plan_sbom(plan, options.library.get(), sbom_of(options).c_str(), Out(documents.sbom), Out(error));
}

int save(const Options& options, const Documents& documents, Handle<rootlet_error>& error) {
  if (documents.manifest != nullptr) {
    if (const int code = rootlet_text_save(documents.manifest.get(), options.manifest.c_str(), Out(error)); code != ROOTLET_OK) return code;
  }
  if (documents.sbom != nullptr) {
    if (const int code = rootlet_text_save(documents.sbom.get(), sbom_file(options).c_str(), Out(error)); code != ROOTLET_OK) return code;
  }
  if (documents.rule == nullptr) return ROOTLET_OK;
  return rootlet_text_save(documents.rule.get(), options.depfile.c_str(), Out(error));
}

int build_command(const Options& options, const rootlet_closure* closure) {
  if (rootlet_missing_count(closure) != 0) {
    list_missing(closure);
    if (!options.allow_missing) {
      std::cerr << "rootlet: nothing was written; --allow-missing builds all the same\n";
      return kMissing;
    }
  }
  if (is_standard_output(options) && ::isatty(STDOUT_FILENO) == 1) {
    return unusable("--" + options.output_format + " - would write an archive to the terminal; redirect it to a file or a pipe");
  }
  Handle<rootlet_plan> plan;
  Handle<rootlet_error> error;
  Documents documents;
  if (rootlet_plan_make(closure, options.library.get(), Out(plan), Out(error)) != ROOTLET_OK) return unusable(error);
  if (!options.quiet) list_findings(closure, plan.get());
  if (describe(options, closure, plan.get(), documents, error) != ROOTLET_OK) return unusable(error);
  if (write(options, plan.get(), error) != ROOTLET_OK) return unusable(error);
  if (save(options, documents, error) != ROOTLET_OK) return unusable(error);
  return kComplete;
}

int index_command(const Options& options) {
  std::vector<const char*> images;
  for (const std::string& image : options.entries) images.push_back(image.c_str());
  Handle<rootlet_text> digest;
  Handle<rootlet_error> error;
  if (rootlet_index(options.output.c_str(), images.data(), images.size(), options.tag.c_str(), Out(digest), Out(error)) != ROOTLET_OK) return unusable(error);
  if (!options.digest_file.empty() && save_line(std::string(view(digest)), options.digest_file, error) != ROOTLET_OK) return unusable(error);
  return kComplete;
}

}  // namespace

int run(const Options& options) {
  if (options.command == Options::Command::version) return output("rootlet " + std::string(rootlet_version()) + "\n", kComplete);
  if (const auto problem = misplaced_output(options)) return unusable(*problem);
  if (options.command == Options::Command::index) return index_command(options);
  if (options.command == Options::Command::verify) return verify_command(options);
  if (options.command == Options::Command::diff) return diff_command(options);
  if (options.command == Options::Command::audit) return audit_command(options);
  if (options.command == Options::Command::why && options.path.empty()) return unusable("the path to explain is empty; write one such as /lib64");
  Handle<rootlet_closure> closure;
  Handle<rootlet_error> error;
  if (resolve_entries(options, closure, error) != ROOTLET_OK) return unusable(error);
  switch (options.command) {
    case Options::Command::resolve: return resolve_command(options, closure.get());
    case Options::Command::build: return build_command(options, closure.get());
    case Options::Command::why: return why_command(options, closure.get());
    case Options::Command::report: return report_command(options, closure.get());
    case Options::Command::index:
    case Options::Command::verify:
    case Options::Command::diff:
    case Options::Command::audit:
    case Options::Command::version: break;
  }
  return kComplete;
}

}  // namespace rootlet::cli
