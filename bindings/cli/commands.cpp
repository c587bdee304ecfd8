#include "commands.hpp"

#include <unistd.h>

#include <cerrno>
#include <iostream>

#include "rootlet/layer.hpp"
#include "rootlet/report.hpp"
#include "terminal.hpp"

namespace rootlet::cli {
namespace {

constexpr int kComplete = 0, kMissing = 1, kUnusable = 2;

int unusable(const Error& error) {
  std::cerr << "rootlet: " << printable(error.message) << "\n";
  return kUnusable;
}

int output(const std::string& text, int status) {
  if (print(text)) return status;
  return unusable(error_from_errno(errno, "cannot write to", "standard output"));
}

void list_missing(const Closure& closure) {
  for (const Missing& missing : closure.missing) {
    std::cerr << "rootlet: missing: " << printable(missing.name) << ", needed by " << printable(missing.by) << "\n";
    for (const Attempt& attempt : missing.tried) {
      std::cerr << "    " << printable(attempt.path) << " [" << to_string(attempt.how) << "] " << printable(attempt.why) << "\n";
    }
  }
}

void list_findings(const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    std::cerr << "rootlet: note: " << printable(finding.by) << ": " << printable(finding.detail) << " [" << finding.kind << "]\n";
  }
}

// to_paths() for people: a name that holds a line break does not look like two.
std::string shown_paths(const Closure& closure) {
  std::string out;
  for (const ClosureFile& file : closure.files) out += printable(file.path) + "\n";
  return out;
}

int resolve_command(const Options& options, Root& root) {
  auto closure = resolve(root, options.entries, options.resolve);
  if (!closure) return unusable(closure.error());
  const int status = closure->missing.empty() ? kComplete : kMissing;
  if (options.format == "json") return output(to_json(*closure), status);
  if (options.format == "dot") return output(to_dot(*closure), status);
  if (options.format == "paths") {
    list_missing(*closure);
    return output(::isatty(STDOUT_FILENO) == 1 ? shown_paths(*closure) : to_paths(*closure), status);
  }
  return output(to_tree(*closure, {wants_color(options.color)}), status);
}

int why_command(Options options, Root& root) {
  if (options.path.empty()) return unusable({ErrorCode::invalid_argument, "the path to explain is empty; write one such as /lib64", {}});
  options.resolve.loader.record_attempts = true;
  auto closure = resolve(root, options.entries, options.resolve);
  if (!closure) return unusable(closure.error());
  const Why answer = why(*closure, root, options.path, options.limit == 0 ? 1'000'000 : options.limit);
  const std::string text = options.format == "json" ? to_json(answer) : to_text(answer, {wants_color(options.color)});
  return output(text, answer.present ? kComplete : kMissing);
}

Result<void> write(const Options& options, const Plan& plan, Root& root) {
  ProgressLine line(!options.quiet);
  const ProgressCallback progress = [&line](const Progress& now) { return line.show(now), true; };
  if (!options.directory.empty()) return write_directory(plan, root, options.directory, progress);
  if (options.tar != "-") return write_tar(plan, root, options.tar, progress);
  if (::isatty(STDOUT_FILENO) == 1) {
    return fail(ErrorCode::invalid_argument, "--tar - would write an archive to the terminal; redirect it to a file or a pipe");
  }
  return write_tar(plan, root, STDOUT_FILENO, progress);
}

// The whole way through the house.
int build_command(const Options& options, Root& root) {
  auto closure = resolve(root, options.entries, options.resolve);
  if (!closure) return unusable(closure.error());
  if (!closure->missing.empty()) list_missing(*closure);
  if (!closure->missing.empty() && !options.allow_missing) {
    std::cerr << "rootlet: nothing was written; --allow-missing builds all the same\n";
    return kMissing;
  }
  auto plan = make_plan(*closure, root, options.plan);
  if (!plan) return unusable(plan.error());
  if (!options.quiet) {
    list_findings(closure->findings);
    list_findings(plan->findings);
  }
  if (auto done = write(options, *plan, root); !done) return unusable(done.error());
  return kComplete;
}

}  // namespace

int run(Options options) {
  if (options.command == Options::Command::version) return output("rootlet " + std::string(version()) + "\n", kComplete);
  auto root = Root::open(options.root);
  if (!root) return unusable(root.error());
  switch (options.command) {
    case Options::Command::resolve: return resolve_command(options, *root);
    case Options::Command::build: return build_command(options, *root);
    case Options::Command::why: return why_command(std::move(options), *root);
    case Options::Command::version: break;
  }
  return kComplete;
}

}  // namespace rootlet::cli
