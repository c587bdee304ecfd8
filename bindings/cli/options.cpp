#include "options.hpp"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <system_error>

#include "rootlet/report.hpp"

namespace rootlet::cli {
namespace {

constexpr const char* kAbout =
    "Which files must stand beside a Linux program for it to run? rootlet finds out without running\n"
    "anything, and writes them as a minimal layer to put on top of an empty image.\n";

constexpr const char* kExamples =
    "Examples:\n"
    "  rootlet resolve /usr/bin/curl                    what curl loads, as a tree\n"
    "  rootlet build --dir out /usr/bin/curl            the same, as a directory to chroot into\n"
    "  rootlet build --tar - /app/server | docker import - app\n"
    "  rootlet why /usr/lib/x86_64-linux-gnu/libz.so.1 /usr/bin/curl\n"
    "  rootlet resolve --root arm64-image --format json /usr/bin/curl\n"
    "\n"
    "Exit status: 0 complete; 1 something required is missing (it is listed); 2 the command line, an\n"
    "entry, the root or the output cannot be used (standard error says why).";

void add_lookup_options(CLI::App& command, Options& options) {
  command.add_option("--root", options.root, "The tree to look in: a system's or an unpacked image's directory")
      ->type_name("DIR")->capture_default_str();
  command.add_option("--library-path", options.resolve.loader.library_path,
                     "As LD_LIBRARY_PATH will be set at run time: directories inside the root, separated by colons")->type_name("DIRS");
  command.add_option("--preload", options.resolve.loader.preload, "As LD_PRELOAD will be set at run time")->type_name("NAMES");
  command.add_option("--cpu", options.resolve.loader.cpu,
                     "The highest CPU level wanted: base, x86-64-v2, x86-64-v3, power10, z15, ... or all. The baseline's\n"
                     "libraries are always taken, so the layer runs on every processor up to it")->type_name("LEVEL")->capture_default_str();
  command.add_option("--data", options.data, "Data files: none; auto: what the evidence calls for; package: also all that the entries'\n"
                     "packages have for run time")->type_name("none|auto|package")->check(CLI::IsMember({"none", "auto", "package"}))->capture_default_str();
  command.add_option("--locale", options.resolve.data.locales, "This locale and its message catalogs too: a name, all or none (repeatable)")
      ->type_name("NAME")->expected(1)->take_all()->allow_extra_args(false);
  command.add_option("--charset", options.resolve.data.charsets, "This character set for iconv too: a name, all or none (repeatable)")
      ->type_name("NAME")->expected(1)->take_all()->allow_extra_args(false);
  command.add_option("--timezone", options.resolve.data.timezones, "This time zone too: a name, all or none (repeatable)")
      ->type_name("NAME")->expected(1)->take_all()->allow_extra_args(false);
  command.add_option("--rules", options.rules, "More rules, a TOML file on this machine (repeatable)")
      ->type_name("FILE")->expected(1)->take_all()->allow_extra_args(false);
  command.add_option("--include", options.resolve.include, "Carry this along too: a path or a shell pattern (repeatable)")
      ->type_name("PATH|GLOB")->expected(1)->take_all()->allow_extra_args(false);
  command.add_option("--exclude", options.resolve.exclude, "Leave out what matches; * matches / as well (repeatable)")
      ->type_name("GLOB")->expected(1)->take_all()->allow_extra_args(false);
  command.add_option("--path", options.resolve.path, "Where programs that are started by name are looked for")->type_name("DIRS")->capture_default_str();
  command.add_option("--color", options.color, "auto, always or never")->type_name("WHEN")->check(CLI::IsMember({"auto", "always", "never"}));
}

void add_entries(CLI::App& command, Options& options) {
  command.add_option("ENTRY", options.entries,
                     "Absolute paths inside the root: programs, libraries, scripts, or any file or directory to carry along")->required();
}

void add_resolve(CLI::App& app, Options& options) {
  CLI::App* command = app.add_subcommand("resolve", "Show what the entries need, and why");
  add_lookup_options(*command, options);
  command->add_option("--format", options.format, "tree, paths, json or dot")
      ->type_name("FORMAT")->check(CLI::IsMember({"tree", "paths", "json", "dot"}))->default_str("tree");
  add_entries(*command, options);
  command->callback([&options] { options.command = Options::Command::resolve; });
}

void add_build(CLI::App& app, Options& options) {
  CLI::App* command = app.add_subcommand("build", "Write what the entries need as a layer");
  CLI::Option_group* output = command->add_option_group("Output", "Where to: exactly one of");
  output->add_option("--dir", options.directory, "A directory, new or empty")->type_name("DIR");
  output->add_option("--tar", options.tar, "A tar archive; - is standard output")->type_name("FILE");
  output->require_option(1);
  add_lookup_options(*command, options);
  command->add_option("--times", options.times, "Of the layer's files: package (a package's files keep theirs, all else gets the epoch), epoch\n"
                      "(SOURCE_DATE_EPOCH, else 0) or root (as they are there)")
      ->type_name("WHICH")->check(CLI::IsMember({"package", "epoch", "root"}))->capture_default_str();
  command->add_flag("--keep-setid", options.plan.keep_setid, "Keep set-user-ID and set-group-ID bits");
  command->add_flag("--allow-missing", options.allow_missing, "Build although something is missing");
  command->add_flag("-q,--quiet", options.quiet, "No progress and no notes");
  add_entries(*command, options);
  command->callback([&options] {
    options.command = Options::Command::build;
    options.plan.times = options.times == "root" ? Times::root : options.times == "epoch" ? Times::epoch : Times::package;
  });
}

// A check of CLI11: what is wrong, or an empty string. By itself it takes -1 for a very large number.
std::string is_count(const std::string& text) {
  size_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  return error == std::errc() && end == text.data() + text.size() ? "" : "\"" + text + "\" is no number of chains; write one such as 20, or 0 for all";
}

void add_why(CLI::App& app, Options& options) {
  CLI::App* command = app.add_subcommand("why", "Show every chain of reasons from an entry to a path, or why it is not there");
  add_lookup_options(*command, options);
  command->add_option("--format", options.format, "text or json")->type_name("FORMAT")->check(CLI::IsMember({"text", "json"}))->default_str("text");
  command->add_option("--limit", options.limit, "At most so many chains, the shortest first; 0: all that are found")->type_name("N")->check(is_count)->capture_default_str();
  command->add_option("PATH", options.path, "The path to explain")->required();
  add_entries(*command, options);
  command->callback([&options] { options.command = Options::Command::why; });
}

// SOURCE_DATE_EPOCH (reproducible-builds.org/specs/source-date-epoch).
std::optional<std::string> read_epoch(Options& options) {
  const char* variable = std::getenv("SOURCE_DATE_EPOCH");
  const std::string_view text = variable == nullptr ? "" : variable;
  if (text.empty()) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), options.plan.epoch);
  if (error == std::errc() && end == text.data() + text.size() && options.plan.epoch >= 0) return std::nullopt;
  return "SOURCE_DATE_EPOCH is \"" + printable(text) + "\", which is no number of seconds since 1970; unset it, or set one such as 1700000000";
}

// The files of --rules, which lie on this machine and not in the root. Says which cannot be read.
std::optional<std::string> read_rules(Options& options) {
  for (const std::string& name : options.rules) {
    std::ifstream file(name, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file) return "cannot read the rules " + name + ": " + std::generic_category().message(errno);
    options.resolve.data.rules.push_back({name, std::move(text)});
  }
  return std::nullopt;
}

// What is wrong with the word in the command's place, or nothing. CLI11 says only that one is required.
std::optional<std::string> misnamed_command(const CLI::App& app, int argc, char** argv) {
  std::string known;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (argc > 1 && command->get_name() == argv[1]) return std::nullopt;
    known += (known.empty() ? "" : ", ") + command->get_name();
  }
  const std::string word = argc > 1 ? argv[1] : "";
  if (word.starts_with('-') && app.get_option_no_throw(word) != nullptr) return std::nullopt;
  std::string problem = "no command was given";
  if (argc > 1) problem = "\"" + printable(word) + (word.starts_with('-') ? "\" stands where a command should: options come after it" : "\" is no command");
  return problem + "; the commands are " + known;
}

// Whether help and version were written where they should be.
int shown(int status) {
  if (std::cout.flush()) return status;
  std::cerr << "rootlet: cannot write to standard output\n";
  return 2;
}

}  // namespace

Parsed parse(int argc, char** argv) {
  Options options;
  CLI::App app(kAbout, "rootlet");
  app.footer(kExamples);
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Help for all commands");
  add_resolve(app, options);
  add_build(app, options);
  add_why(app, options);
  CLI::App* version = app.add_subcommand("version", "Print the version");
  version->callback([&options] { options.command = Options::Command::version; });
  app.set_version_flag("--version", "rootlet " + std::string(rootlet::version()));
  if (auto problem = misnamed_command(app, argc, argv)) {
    std::cerr << "rootlet: " << *problem << "\nrootlet: see 'rootlet --help'\n";
    return {std::nullopt, 2};
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool help = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success);
    if (help) return {std::nullopt, shown(app.exit(error))};
    std::cerr << "rootlet: " << printable(error.what()) << "\nrootlet: see 'rootlet " << (argc > 1 && argv[1][0] != '-' ? std::string(argv[1]) + " " : "") << "--help'\n";
    return {std::nullopt, 2};
  }
  options.resolve.data.mode = options.data == "none" ? DataMode::none : options.data == "package" ? DataMode::package : DataMode::automatic;
  if (auto problem = read_rules(options)) {
    std::cerr << "rootlet: " << printable(*problem) << "\n";
    return {std::nullopt, 2};
  }
  if (auto problem = options.command == Options::Command::build ? read_epoch(options) : std::nullopt) {
    std::cerr << "rootlet: " << *problem << "\n";
    return {std::nullopt, 2};
  }
  return {std::move(options), 0};
}

}  // namespace rootlet::cli
