#include "options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
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
    "  rootlet build --docker-archive - --tag app /app/server | docker load\n"
    "  rootlet build --root build.tar --oci image --user nonroot --expose 8080 /app/server\n"
    "  rootlet why /usr/lib/x86_64-linux-gnu/libz.so.1 /usr/bin/curl\n"
    "  rootlet resolve --root image.tar --platform linux/arm64 /usr/bin/curl\n"
    "  rootlet resolve --root arm64-image --format json /usr/bin/curl\n"
    "  rootlet audit /usr/bin/curl                      would it start? every symbol bound, nothing run\n"
    "  rootlet report -o curl.html /usr/bin/curl        a page to look at\n"
    "  rootlet diff oci:image:1.0 oci:image:1.1         what changed between two images\n"
    "\n"
    "Exit status: 0 complete; 1 something required is missing (it is listed), differs, or would not start;\n"
    "2 the command line, an entry, the root or the output cannot be used (standard error says why).";

constexpr const char* kAuditExamples =
    "Examples:\n"
    "  rootlet audit /usr/bin/curl                             would curl start here?\n"
    "  rootlet audit --root layer --kernel 5.10 --cpu x86-64-v2 /app/server\n"
    "                                                          and there, on such machines?\n"
    "  rootlet audit --root oci:image --all                    every program of an image; what nothing needs\n"
    "  rootlet audit --root image.tar --all /app/server        the same; what this one does not need\n"
    "  rootlet audit --hardening /app/server                   RELRO, PIE, stack canaries, object by object\n"
    "  rootlet audit --root oci:image --all --write-baseline known.txt      accept what there is today, and\n"
    "  rootlet audit --root oci:image --all --baseline known.txt            fail for what is new\n"
    "  rootlet audit --format sarif /app/server > rootlet.sarif             for code scanning; junit for GitLab\n"
    "\n"
    "Exit status: 0 all is bound, or accepted; 1 something would not start, or fail later; 2 the command\n"
    "line, an entry, the root or a file cannot be used (standard error says why).";

// An option of the library, as it is written here.
struct Known {
  const char* name;
  const char* type;
  const char* note = "";  // to what the library says of it; in place of it, of a flag that is on by default
};
constexpr Known kPlatform = {"platform", "OS/ARCH"};
constexpr Known kLookup[] = {
    kPlatform, {"library-path", "DIRS"}, {"preload", "NAMES"}, {"cpu", "LEVEL"}, {"kernel", "VERSION"}, {"data", "none|auto|package"}, {"locale", "NAME"}, {"charset", "NAME"},
    {"timezone", "NAME"}, {"rules", "FILE"}, {"include", "PATH|GLOB"}, {"exclude", "GLOB"}, {"path", "DIRS"}};
constexpr Known kImage[] = {
    {"tag", "NAME"}, {"entrypoint", "WORD"}, {"cmd", "WORD"}, {"env", "NAME=VALUE"}, {"user", "USER"}, {"workdir", "DIR"}, {"label", "NAME=VALUE"}, {"annotation", "NAME=VALUE"},
    {"expose", "PORT"}, {"stop-signal", "SIGNAL"}, {"layers", "one|split"}, {"base", "IMAGE"}};
constexpr Known kCompression[] = {{"compression", "auto|none|gzip|zstd"}, {"level", "N"}, {"threads", "N"}};
constexpr Known kSbom = {"sbom", "none|spdx|cyclonedx", ". It is written to a file, too"};
constexpr Known kPlan[] = {{"times", "package|epoch|root", ". The epoch is SOURCE_DATE_EPOCH, else 0"}, {"keep-setid", nullptr},
                             {"package-metadata", nullptr, "Do not say in the layer which packages it has files of, for scanners"}, {"licenses", nullptr}};

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
  if (kind == "flag" && std::string_view(rootlet_options_get(standard, known.name, 0)) == "yes") {
    command.add_flag_callback("--no-" + std::string(known.name), [&values] { values = {"no"}; }, wrapped(known.note));
  } else if (kind == "flag") {
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
  command.add_option("--root", options.root, "What to look in: a directory, oci:DIR[:TAG] (an OCI image layout), or a FILE (an OCI or\ndocker archive, or a tar), which is read without unpacking it to disk")
      ->type_name("DIR|IMAGE")->capture_default_str();
  for (const Known& known : kLookup) add_library_option(command, known, given, options.library.get());
  command.add_option("--color", options.color, "auto, always or never")->type_name("WHEN")->check(CLI::IsMember({"auto", "always", "never"}));
}

// Checks of CLI11: what is wrong, or an empty string. An empty name is a variable of the shell that was not set, and - would be a
// file of that name to one and a stream to another.
std::string is_name(const std::string& name) { return name.empty() ? "the name is empty" : ""; }
std::string is_file_name(const std::string& name) {
  if (name.empty()) return "the name of the file is empty";
  return name == "-" ? "there is no standard input or output for this: name a file" : "";
}

CLI::Option* add_entries(CLI::App& command, Options& options) {
  return command.add_option("ENTRY", options.entries,
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
  const auto add_output = [&](const char* format, const char* type, const char* help) {
    output->add_option_function<std::string>("--" + std::string(format), [&options, format](const std::string& place) { options.output_format = format, options.output = place; }, help)->type_name(type);
  };
  add_output("dir", "DIR", "A directory, new or empty");
  add_output("tar", "FILE", "A tar archive; - is standard output");
  add_output("oci", "DIR", "An OCI image layout; one that exists gains an image");
  add_output("oci-archive", "FILE", "The same as one tar; - is standard output");
  add_output("docker-archive", "FILE", "What `docker load` takes; - is standard output");
  output->require_option(1);
  add_lookup_options(*command, options, given);
  for (const Known& known : kPlan) add_library_option(*command, known, given, options.library.get());
  for (const Known& known : kCompression) add_library_option(*command, known, given, options.library.get());
  for (const Known& known : kImage) add_library_option(*command, known, given, options.library.get());
  command->add_option("--digest-file", options.digest_file, "Write the image's digest there; of a docker archive its ID")->type_name("FILE")->check(is_file_name);
  add_library_option(*command, kSbom, given, options.library.get());
  command->add_option("--sbom-file", options.sbom_file, "That file, if not the output's name with .spdx.json or .cdx.json behind it")->type_name("FILE")->check(is_file_name);
  command->add_option("--manifest", options.manifest, "Write what is in the layer, with reasons and digests, for verify and diff")->type_name("FILE")->check(is_file_name);
  command->add_flag("--allow-missing", options.allow_missing, "Build although something is missing");
  command->add_flag("-q,--quiet", options.quiet, "No progress and no notes");
  command->add_option("--depfile", options.depfile, "Write a rule for make or ninja too: the output depends on these files of this machine")->type_name("FILE")->check(is_file_name);
  command->add_option("--depfile-target", options.depfile_target, "What that rule calls the output, if not as it is called here")->type_name("NAME")->check(is_name);
  add_entries(*command, options);
  command->callback([&options] { options.command = Options::Command::build; });
}

// A check of CLI11: what is wrong, or an empty string. By itself it takes -1 for a very large number.
std::string is_count(const std::string& text) {
  size_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  return error == std::errc() && end == text.data() + text.size() ? "" : "\"" + text + "\" is no number of chains; write one such as 20, or 0 for all";
}

void add_index(CLI::App& app, Options& options) {
  CLI::App* command = app.add_subcommand("index", "Join images of one layout, each for another platform, under one tag");
  command->add_option("--tag", options.tag, "What the index is called")->type_name("NAME")->required();
  command->add_option("--digest-file", options.digest_file, "Write its digest there")->type_name("FILE")->check(is_file_name);
  command->add_option("DIR", options.output, "The OCI image layout")->required();
  command->add_option("IMAGE", options.entries, "The images' tags in it")->required();
  command->callback([&options] { options.command = Options::Command::index; });
}

void add_difference_options(CLI::App& command, Options& options, Given& given) {
  add_library_option(command, kPlatform, given, options.library.get());
  command.add_option("--format", options.format, "text or json")->type_name("FORMAT")->check(CLI::IsMember({"text", "json"}))->default_str("text");
  command.add_option("--color", options.color, "auto, always or never")->type_name("WHEN")->check(CLI::IsMember({"auto", "always", "never"}));
  command.add_flag("-q,--quiet", options.quiet, "No progress");
}

void add_verify(CLI::App& app, Options& options, Given& given) {
  CLI::App* command = app.add_subcommand("verify", "Say what differs in a layer from its manifest");
  command->add_option("--manifest", options.manifest, "What `build --manifest` wrote")->type_name("FILE")->required()->check(is_file_name);
  add_difference_options(*command, options, given);
  command->add_option("LAYER", options.root, "A directory, an archive or an image, as --root takes it")->required();
  command->callback([&options] { options.command = Options::Command::verify; });
}

void add_diff(CLI::App& app, Options& options, Given& given) {
  CLI::App* command = app.add_subcommand("diff", "Say what differs between two layers, images or manifests");
  add_difference_options(*command, options, given);
  command->add_option("BEFORE", options.compare, "A directory, an archive, an image, or a manifest")->required();
  command->add_option("AFTER", options.root, "The other one")->required();
  command->callback([&options] { options.command = Options::Command::diff; });
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

void add_audit(CLI::App& app, Options& options, Given& given) {
  CLI::App* command = app.add_subcommand("audit", "Would it start? Bind every symbol as the loader would, without running anything");
  add_lookup_options(*command, options, given);
  command->add_option("--format", options.format, "text, json, sarif (2.1.0, for code scanning) or junit")
      ->type_name("FORMAT")->check(CLI::IsMember({"text", "json", "sarif", "junit"}))->default_str("text");
  command->add_flag("--all", options.all, "Every program in the root; and say which files no ENTRY reaches or, without any, no\nprogram");
  command->add_flag("--hardening", options.hardening, "Show how each object is protected (RELRO, PIE, stack canary, ...), as a table");
  command->add_option("--baseline", options.baseline, "Accept the findings that this file names")->type_name("FILE")->check(is_file_name);
  command->add_option("--write-baseline", options.write_baseline, "Write such a file of all that is found, in place of what is there; may be the same one")->type_name("FILE")->check(is_file_name);
  command->add_flag("-q,--quiet", options.quiet, "No progress, and no notes on what a baseline names in vain");
  add_entries(*command, options)->required(false);
  command->footer(kAuditExamples);
  command->callback([&options] { options.command = Options::Command::audit; });
}

void add_report(CLI::App& app, Options& options, Given& given) {
  CLI::App* command = app.add_subcommand("report", "Write a page of HTML to look at: sizes, reasons, what is missing, what changed");
  command->add_option("-o,--output", options.page, "The page; - is standard output")->type_name("FILE")->required();
  command->add_option("--compare", options.compare, "Show what differs from an earlier `resolve --format json`")->type_name("JSON")->check(is_file_name);
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

// What was given that the output has no place for, or nothing. `user` is also for the layer's passwd.
std::optional<std::string> misplaced_option(const Given& given, const Options& options) {
  if (options.command == Options::Command::audit) {
    if (options.entries.empty() && !options.all) return "ENTRY is required: a program to audit; or --all, which audits every program in the root";
    if (options.hardening && !options.format.empty() && options.format != "text") return "--hardening is a table for people; --format json has it of every object anyway";
  }
  if (options.command != Options::Command::build) return std::nullopt;
  const auto is_given = [&given](std::string_view name) {
    const auto found = given.values.find(std::string(name));
    return found != given.values.end() && !found->second.empty();
  };
  const bool directory = options.output_format == "dir", layer = directory || options.output_format == "tar";
  for (const Known& known : kImage) {
    if (layer && std::string_view(known.name) != "user" && is_given(known.name)) return "--" + std::string(known.name) + " is of images, and a " + (directory ? "directory" : "tar") + " is none; write one with --oci, --oci-archive or --docker-archive";
  }
  if (layer && !options.digest_file.empty()) return "--digest-file is for images; write one with --oci, --oci-archive or --docker-archive";
  for (const Known& known : kCompression) {
    if (directory && is_given(known.name)) return "--" + std::string(known.name) + " is of tars and images, and a directory has none";
  }
  if (is_given("base") && given.values.at("base").back().empty()) return "--base: the name of the image is empty";
  return std::nullopt;
}

// The words behind the program's name, last first, as CLI11 takes them; but `--name=` as `--name` and an empty word: to CLI11 it has no
// value, and the next word would become that.
std::vector<std::string> words_of(const CLI::App& app, int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  if (!words.empty() && !words.front().starts_with('-')) {
    const CLI::App* command = app.get_subcommand(words.front());
    bool is_value = false;
    for (size_t i = 1; i < words.size() && (is_value || words[i] != "--"); ++i) {
      const size_t equals = words[i].starts_with("--") ? words[i].find('=') : std::string::npos;
      const CLI::Option* option = is_value || !words[i].starts_with('-') ? nullptr : command->get_option_no_throw(words[i].substr(0, equals));
      is_value = option != nullptr && option->get_items_expected_max() > 0 && (equals == std::string::npos || equals + 1 == words[i].size());
      if (!is_value || equals == std::string::npos) continue;
      words[i].pop_back();
      words.insert(words.begin() + static_cast<std::ptrdiff_t>(i) + 1, "");
    }
  }
  std::reverse(words.begin(), words.end());
  return words;
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
  add_index(app, options);
  add_verify(app, options, given);
  add_diff(app, options, given);
  add_why(app, options, given);
  add_audit(app, options, given);
  add_report(app, options, given);
  CLI::App* version = app.add_subcommand("version", "Print the version");
  version->callback([&options] { options.command = Options::Command::version; });
  app.set_version_flag("--version", "rootlet " + std::string(rootlet_version()));
  if (auto problem = misnamed_command(app, argc, argv)) {
    std::cerr << "rootlet: " << *problem << "\nrootlet: see 'rootlet --help'\n";
    return {std::nullopt, 2};
  }
  try {
    app.parse(words_of(app, argc, argv));
  } catch (const CLI::ParseError& error) {
    const bool help = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success);
    if (help) return {std::nullopt, shown(app.exit(error))};
    std::cerr << "rootlet: " << printable(error.what()) << "\nrootlet: see 'rootlet " << (argc > 1 && argv[1][0] != '-' ? std::string(argv[1]) + " " : "") << "--help'\n";
    return {std::nullopt, 2};
  }
  auto problem = misplaced_option(given, options);
  if (!problem) problem = hand_over(given, options);
  if (problem) {
    std::cerr << "rootlet: " << printable(*problem) << "\n";
    return {std::nullopt, 2};
  }
  return {std::move(options), 0};
}

}  // namespace rootlet::cli
