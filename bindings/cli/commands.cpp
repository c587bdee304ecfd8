#include "commands.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>

#include "terminal.hpp"

namespace rootlet::cli {
namespace {

constexpr int kComplete = 0, kMissing = 1, kUnusable = 2;

int unusable(std::string_view message) {
  std::cerr << "rootlet: " << printable(message) << "\n";
  return kUnusable;
}

int unusable(const Handle<rootlet_error>& error) { return unusable(rootlet_error_message(error.get())); }

int output(std::string_view text, int status) {
  if (print(text)) return status;
  return unusable("cannot write to standard output: " + std::string(std::strerror(errno)));
}

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

int show_progress(void* line, uint64_t done, uint64_t total, uint64_t bytes_done, uint64_t bytes_total, const char*) {
  static_cast<ProgressLine*>(line)->show(done, total, bytes_done, bytes_total);
  return 0;
}

// Shows progress as long as it lives.
class Shown {
 public:
  explicit Shown(const Options& options) : options_(options.library.get()), line_(!options.quiet) {
    rootlet_options_set_progress(options_, show_progress, &line_);
  }
  ~Shown() { rootlet_options_set_progress(options_, nullptr, nullptr); }
  Shown(const Shown&) = delete;
  Shown& operator=(const Shown&) = delete;

 private:
  rootlet_options* options_;
  ProgressLine line_;
};

int resolve_entries(const Options& options, Handle<rootlet_closure>& closure, Handle<rootlet_error>& error) {
  Handle<rootlet_root> root;
  if (const int code = rootlet_root_open(options.root.c_str(), Out(root), Out(error)); code != ROOTLET_OK) return code;
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
    std::ifstream file(options.compare, std::ios::binary);
    before.assign(std::istreambuf_iterator<char>(file), {});
    if (!file) return unusable("cannot read " + options.compare + ": " + std::strerror(errno));
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

int write(const Options& options, const rootlet_plan* plan, Handle<rootlet_error>& error) {
  const Shown shown(options);
  if (!options.directory.empty()) return rootlet_plan_write(plan, options.library.get(), "dir", options.directory.c_str(), Out(error));
  if (options.tar != "-") return rootlet_plan_write(plan, options.library.get(), "tar", options.tar.c_str(), Out(error));
  return rootlet_plan_write_to(plan, options.library.get(), "tar", STDOUT_FILENO, Out(error));
}

int write_depfile(const Options& options, const rootlet_closure* closure, Handle<rootlet_error>& error) {
  const std::string& output = options.directory.empty() ? options.tar : options.directory;
  const std::string& target = options.depfile_target.empty() ? output : options.depfile_target;
  Handle<rootlet_text> rule;
  if (const int code = rootlet_closure_depfile(closure, target.c_str(), Out(rule), Out(error)); code != ROOTLET_OK) return code;
  return rootlet_text_save(rule.get(), options.depfile.c_str(), Out(error));
}

int build_command(const Options& options, const rootlet_closure* closure) {
  if (rootlet_missing_count(closure) != 0) {
    list_missing(closure);
    if (!options.allow_missing) {
      std::cerr << "rootlet: nothing was written; --allow-missing builds all the same\n";
      return kMissing;
    }
  }
  if (options.tar == "-" && ::isatty(STDOUT_FILENO) == 1) {
    return unusable("--tar - would write an archive to the terminal; redirect it to a file or a pipe");
  }
  Handle<rootlet_plan> plan;
  Handle<rootlet_error> error;
  if (rootlet_plan_make(closure, options.library.get(), Out(plan), Out(error)) != ROOTLET_OK) return unusable(error);
  if (!options.quiet) list_findings(closure, plan.get());
  if (write(options, plan.get(), error) != ROOTLET_OK) return unusable(error);
  if (!options.depfile.empty() && write_depfile(options, closure, error) != ROOTLET_OK) return unusable(error);
  return kComplete;
}

}  // namespace

int run(const Options& options) {
  if (options.command == Options::Command::version) return output("rootlet " + std::string(rootlet_version()) + "\n", kComplete);
  if (options.command == Options::Command::why && options.path.empty()) return unusable("the path to explain is empty; write one such as /lib64");
  Handle<rootlet_closure> closure;
  Handle<rootlet_error> error;
  if (resolve_entries(options, closure, error) != ROOTLET_OK) return unusable(error);
  switch (options.command) {
    case Options::Command::resolve: return resolve_command(options, closure.get());
    case Options::Command::build: return build_command(options, closure.get());
    case Options::Command::why: return why_command(options, closure.get());
    case Options::Command::report: return report_command(options, closure.get());
    case Options::Command::version: break;
  }
  return kComplete;
}

}  // namespace rootlet::cli
