#include "options.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdlib>
#include <iostream>
#include <map>
#include <new>
#include <system_error>

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
    "  rootlet report -o curl.html /usr/bin/curl        a page to look at\n"
    "\n"
    "Exit status: 0 complete; 1 something required is missing (it is listed); 2 the command line, an\n"
    "entry, the root or the output cannot be used (standard error says why).";

// An option of the library, as it is written here.
struct Known {
  const char* name;
  const char* type;
  const char* note = "";  // to what the library says of it
};
constexpr Known kLookup[] = {
    {"library-path", "DIRS"}, {"preload", "NAMES"}, {"cpu", "LEVEL"}, {"data", "none|auto|package"}, {"locale", "NAME"}, {"charset", "NAME"},
    {"timezone", "NAME"}, {"rules", "FILE"}, {"include", "PATH|GLOB"}, {"exclude", "GLOB"}, {"path", "DIRS"}};
constexpr Known kPlan[] = {{"times", "package|epoch|root", ". The epoch is SOURCE_DATE_EPOCH, else 0"}, {"keep-setid", nullptr}};

// What was given for the options of the library, until it is handed over.
struct Given {
  std::map<std::string, std::vector<std::string>> values;
};

// In lines that a terminal takes beside the options' names.
std::string wrapped(std::string text) {
  constexpr size_t kWidth = 90;
  for (size_t start = 0; text.size() - start > kWidth;) {
    const size_t blank = text.rfind(' ', start + kWidth);
    if (blank == std::string::npos || blank <= start) break;
    text[blank] = '\n';
    start = blank + 1;
  }
  return text;
}

void add_library_option(CLI::App& command, const Known& known, Given& given, const rootlet_options* standard) {
  size_t index = 0;
  while (std::string_view(rootlet_option_name(index)) != known.name) ++index;
  const std::string_view kind = rootlet_option_kind(index);
  const std::string flag = "--" + std::string(known.name), help = wrapped(rootlet_option_summary(index) + std::string(known.note) + (kind == "list" ? " (repeatable)" : ""));
  std::vector<std::string>& values = given.values[known.name];
  if (kind == "flag") {
    command.add_flag_callback(flag, [&values] { values = {"yes"}; }, help);
  } else if (kind == "list") {
    command.add_option(flag, values, help)->type_name(known.type)->expected(1)->take_all()->allow_extra_args(false);
  } else {
    command.add_option_function<std::string>(flag, [&values](const std::string& value) { values = {value}; }, help)
        ->type_name(known.type)->default_str(rootlet_options_get(standard, known.name, 0));
  }
}

// What all commands that look for files have in common.
void add_lookup_options(CLI::App& command, Options& options, Given& given) {
  command.add_option("--root", options.root, "The tree to look in: a system's or an unpacked image's directory")
      ->type_name("DIR")->capture_default_str();
  for (const Known& known : kLookup) add_library_option(command, known, given, options.library.get());
  command.add_option("--color", options.color, "auto, always or never")->type_name("WHEN")->check(CLI::IsMember({"auto", "always", "never"}));
}

void add_entries(CLI::App& command, Options& options) {
  command.add_option("ENTRY", options.entries,
                     "Absolute paths inside the root: programs, libraries, scripts, or any file or directory to carry along")->required();
}

void add_resolve(CLI::App& app, Options& options, Given& given) {
  CLI::App* command = app.add_subcommand("resolve", "Show what the entries need, and why");
  add_lookup_options(*command, options, given);
  command->add_option("--format", options.format, "tree, paths, json or dot")
      ->type_name("FORMAT")->check(CLI::IsMember({"tree", "paths", "json", "dot"}))->default_str("tree");
  add_entries(*command, options);
  command->callback([&options] { options.command = Options::Command::resolve; });
}

void add_build(CLI::App& app, Options& options, Given& given) {
  CLI::App* command = app.add_subcommand("build", "Write what the entries need as a layer");
  CLI::Option_group* output = command->add_option_group("Output", "Where to: exactly one of");
  output->add_option("--dir", options.directory, "A directory, new or empty")->type_name("DIR");
  output->add_option("--tar", options.tar, "A tar archive; - is standard output")->type_name("FILE");
  output->require_option(1);
  add_lookup_options(*command, options, given);
  for (const Known& known : kPlan) add_library_option(*command, known, given, options.library.get());
  command->add_flag("--allow-missing", options.allow_missing, "Build although something is missing");
  command->add_flag("-q,--quiet", options.quiet, "No progress and no notes");
  command->add_option("--depfile", options.depfile, "Write a rule for make or ninja too: the output depends on these files of this machine")->type_name("FILE");
  command->add_option("--depfile-target", options.depfile_target, "What that rule calls the output, if not as it is called here")->type_name("NAME");
  add_entries(*command, options);
  command->callback([&options] { options.command = Options::Command::build; });
}

// A check of CLI11: what is wrong, or an empty string. By itself it takes -1 for a very large number.
std::string is_count(const std::string& text) {
  size_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  return error == std::errc() && end == text.data() + text.size() ? "" : "\"" + text + "\" is no number of chains; write one such as 20, or 0 for all";
}

void add_why(CLI::App& app, Options& options, Given& given) {
  CLI::App* command = app.add_subcommand("why", "Show every chain of reasons from an entry to a path, or why it is not there");
  add_lookup_options(*command, options, given);
  command->add_option("--format", options.format, "text or json")->type_name("FORMAT")->check(CLI::IsMember({"text", "json"}))->default_str("text");
  command->add_option("--limit", options.limit, "At most so many chains, the shortest first; 0: all that are found")->type_name("N")->check(is_count)->capture_default_str();
  command->add_option("PATH", options.path, "The path to explain")->required();
  add_entries(*command, options);
  command->callback([&options] { options.command = Options::Command::why; });
}

void add_report(CLI::App& app, Options& options, Given& given) {
  CLI::App* command = app.add_subcommand("report", "Write a page of HTML to look at: sizes, reasons, what is missing, what changed");
  command->add_option("-o,--output", options.page, "The page; - is standard output")->type_name("FILE")->required();
  command->add_option("--compare", options.compare, "Show what differs from an earlier `resolve --format json`")->type_name("JSON");
  add_lookup_options(*command, options, given);
  add_entries(*command, options);
  command->callback([&options] { options.command = Options::Command::report; });
}

bool is_list(const std::string& name) {
  size_t index = 0;
  while (name != rootlet_option_name(index)) ++index;
  return std::string_view(rootlet_option_kind(index)) == "list";
}

// Hands over what was given. Says what the library does not take.
std::optional<std::string> hand_over(const Given& given, Options& options) {
  for (const auto& [name, values] : given.values) {
    const auto call = is_list(name) ? rootlet_options_add : rootlet_options_set;
    for (const std::string& value : values) {
      Handle<rootlet_error> error;
      if (call(options.library.get(), name.c_str(), value.c_str(), Out(error)) != ROOTLET_OK) return "--" + name + ": " + rootlet_error_message(error.get());
    }
  }
  if (options.command == Options::Command::why) rootlet_options_set(options.library.get(), "record-attempts", "yes", nullptr);
  if (options.command != Options::Command::build) return std::nullopt;
  // reproducible-builds.org/specs/source-date-epoch
  const char* epoch = std::getenv("SOURCE_DATE_EPOCH");
  if (epoch == nullptr || *epoch == '\0' || rootlet_options_set(options.library.get(), "epoch", epoch, nullptr) == ROOTLET_OK) return std::nullopt;
  return "SOURCE_DATE_EPOCH is \"" + std::string(epoch) + "\", which is no number of seconds since 1970; unset it, or set one such as 1700000000";
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
  options.library.reset(rootlet_options_new());
  if (options.library == nullptr) throw std::bad_alloc();
  Given given;
  CLI::App app(kAbout, "rootlet");
  app.footer(kExamples);
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Help for all commands");
  add_resolve(app, options, given);
  add_build(app, options, given);
  add_why(app, options, given);
  add_report(app, options, given);
  CLI::App* version = app.add_subcommand("version", "Print the version");
  version->callback([&options] { options.command = Options::Command::version; });
  app.set_version_flag("--version", "rootlet " + std::string(rootlet_version()));
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
  if (auto problem = hand_over(given, options)) {
    std::cerr << "rootlet: " << printable(*problem) << "\n";
    return {std::nullopt, 2};
  }
  return {std::move(options), 0};
}

}  // namespace rootlet::cli
