#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstdio>
#include <memory>

#include "data/rules.hpp"
#include "handles.hpp"
#include "oci/documents.hpp"
#include "rootlet/report.hpp"

namespace rootlet::c {
namespace {

enum Option : size_t {
  library_path, preload, cpu, kernel, data, locale, charset, timezone, rules, include, exclude, path, record_attempts, times, epoch, keep_setid,
  package_metadata, licenses,
  platform, tag, entrypoint, cmd, env, label, annotation, expose, user, workdir, stop_signal, layers, base, compression, level, threads, sbom,
  option_count
};

struct Description {
  const char* name;
  const char* kind;
  const char* standard;  // the default, of all but lists
  const char* words;     // what it may be, if that is known here: "a|b"
  const char* summary;
};

constexpr std::array<Description, option_count> kOptions = {{
    {"library-path", "text", "", nullptr, "As LD_LIBRARY_PATH will be set at run time: directories inside the root, separated by colons"},
    {"preload", "text", "", nullptr, "As LD_PRELOAD will be set at run time"},
    {"cpu", "text", "all", nullptr, "The highest CPU level wanted: base, x86-64-v2, x86-64-v3, power10, z15, ... or all; the baseline's libraries are always taken"},
    {"kernel", "text", "", nullptr, "The kernel that it must run on, such as 5.10; what is marked as needing a newer one is passed over as the loader does it, or found by audit"},
    {"data", "text", "auto", "none|auto|package", "Data files: none; auto: what the evidence calls for; package: also all that the entries' packages have for run time"},
    {"locale", "list", nullptr, nullptr, "This locale and its message catalogs too: a name, all or none"},
    {"charset", "list", nullptr, nullptr, "This character set for iconv too: a name, all or none"},
    {"timezone", "list", nullptr, nullptr, "This time zone too: a name, all or none"},
    {"rules", "list", nullptr, nullptr, "More rules, a TOML file on this machine"},
    {"include", "list", nullptr, nullptr, "Carry this along too: a path or a shell pattern"},
    {"exclude", "list", nullptr, nullptr, "Leave out what matches this shell pattern; * matches / as well"},
    {"path", "text", "", nullptr, "Where programs that are started by name are looked for; by default as the root's image sets PATH, or in the usual directories"},
    {"record-attempts", "flag", "no", "no|yes", "Remember every candidate that was passed over, so that more can be said of what is not there"},
    {"times", "text", "package", "package|epoch|root", "Of the layer's files: package (a package's files keep theirs, all else gets the epoch), epoch (all get it) or root (as they are there)"},
    {"epoch", "number", "0", nullptr, "Seconds since 1970 for files that do not keep a time of their own"},
    {"keep-setid", "flag", "no", "no|yes", "Keep set-user-ID and set-group-ID bits"},
    {"package-metadata", "flag", "yes", "no|yes", "Say in the layer which packages it has files of, and of which distribution, as scanners read it"},
    {"licenses", "flag", "no", "no|yes", "Carry the copyright files and licenses of those packages along"},
    {"platform", "text", "", nullptr, "OS/ARCHITECTURE[/VARIANT] of the image to look in, where there are several; and of the image that is written, if not as the entries say"},
    {"tag", "text", "", nullptr, "What the image is called in its layout (latest), or NAME[:TAG] of a docker archive (the entry's name)"},
    {"entrypoint", "list", nullptr, nullptr, "A word of the command that the image starts, instead of the first entry; one empty word: none"},
    {"cmd", "list", nullptr, nullptr, "An argument of that command, which `docker run IMAGE ARGUMENTS` replaces"},
    {"env", "list", nullptr, nullptr, "A variable of the image's environment, NAME=VALUE"},
    {"label", "list", nullptr, nullptr, "A label of the image, NAME=VALUE"},
    {"annotation", "list", nullptr, nullptr, "An annotation of the image's manifest, NAME=VALUE"},
    {"expose", "list", nullptr, nullptr, "A port that the image listens on, such as 8080 or 53/udp"},
    {"user", "text", "", nullptr, "Who the image runs as: a name or number, USER:GROUP; nonroot is 65532, with an entry in passwd and group"},
    {"workdir", "text", "", nullptr, "The directory inside the image that it starts in"},
    {"stop-signal", "text", "", nullptr, "The signal that stops it, such as SIGINT"},
    {"layers", "text", "one", "one|split", "Of an image: one, or split: loader and libc, other libraries, data, entries, each in a layer that images can share"},
    {"base", "text", "", nullptr, "Build on this image (an OCI layout, DIR[:TAG], or an archive), and carry only what it lacks"},
    {"compression", "text", "auto", "auto|none|gzip|zstd", "Of a tar or an image's layers: auto is gzip for OCI images, else none"},
    {"level", "number", "0", nullptr, "Of the compression: 1 to 9 (gzip, usually 6), 1 to 19 (zstd, usually 3); 0: the usual"},
    {"threads", "number", "0", nullptr, "How many threads compress; 0: one for each processor. The result does not depend on it"},
    {"sbom", "text", "none", "none|spdx|cyclonedx", "A bill of materials goes with an OCI image: none, spdx (2.3) or cyclonedx (1.6)"},
}};

std::string_view kind_of(size_t option) { return kOptions[option].kind; }
bool is_list(size_t option) { return kind_of(option) == "list"; }

// option_count for an unknown name.
size_t find(std::string_view name) {
  const auto at = std::find_if(kOptions.begin(), kOptions.end(), [name](const Description& option) { return name == option.name; });
  return static_cast<size_t>(at - kOptions.begin());
}

Result<size_t> option(const rootlet_options* options, const char* name, const char* value) {
  if (options == nullptr) return null("the options");
  if (name == nullptr) return null("the option's name");
  if (value == nullptr) return null("the option's value");
  const size_t found = find(name);
  if (found != option_count) return found;
  std::string known;
  for (const Description& description : kOptions) known += (known.empty() ? "" : ", ") + std::string(description.name);
  return fail(ErrorCode::invalid_argument, "there is no option \"" + printable(name) + "\"; the options are " + known);
}

bool is_word(std::string_view words, std::string_view value) {
  while (!words.empty()) {
    const size_t end = std::min(words.find('|'), words.size());
    if (words.substr(0, end) == value) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

std::optional<int64_t> number(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

// "5", "5.10", "5.10.0".
bool is_version(std::string_view text) {
  for (int parts = 0; parts < 3; ++parts) {
    const size_t end = std::min(text.find('.'), text.size());
    if (end == 0 || end > 4 || !number(text.substr(0, end))) return false;
    if (end == text.size()) return true;
    text.remove_prefix(end + 1);
  }
  return false;
}

Result<void> check(size_t option, std::string_view value) {
  const Description& description = kOptions[option];
  const std::string said = "\"" + printable(value) + "\" is no value of the option " + description.name;
  if (description.words != nullptr && !is_word(description.words, value)) {
    return fail(ErrorCode::invalid_argument, said + "; it is one of " + description.words);
  }
  if (kind_of(option) == "number" && !number(value)) {
    return fail(ErrorCode::invalid_argument, said + "; it is a number from 0 on" + (option == epoch ? ", of seconds since 1970, such as 1700000000" : ""));
  }
  if (option == kernel && !value.empty() && !is_version(value)) {
    return fail(ErrorCode::invalid_argument, said + "; it is up to three numbers with dots between them, such as 5.10");
  }
  if (option == platform && !value.empty() && !oci::parse_platform(std::string(value))) {
    return fail(ErrorCode::invalid_argument, said + "; it is OS/ARCHITECTURE[/VARIANT], such as linux/amd64 or linux/arm/v7");
  }
  return {};
}

struct CloseFile {
  void operator()(FILE* file) const { std::fclose(file); }
};

// One byte more than may be is enough for check_rules() to refuse it: what is named may have no end.
Result<RulesFile> read_rules(const char* name) {
  if (*name == '\0') return fail(ErrorCode::invalid_argument, "cannot read the rules: the name of the file is empty");
  const std::unique_ptr<FILE, CloseFile> file(std::fopen(name, "rbe"));
  RulesFile rules{name, {}};
  std::array<char, 4096> piece;
  for (size_t length = 1; file != nullptr && length > 0 && rules.text.size() <= rootlet::data::kMaxRulesBytes; rules.text.append(piece.data(), length)) {
    length = std::fread(piece.data(), 1, piece.size(), file.get());
  }
  if (file == nullptr || std::ferror(file.get()) != 0) return Unexpected(error_from_errno(errno, "cannot read the rules", name));
  if (auto checked = check_rules(rules); !checked) return Unexpected(std::move(checked).error());
  return rules;
}

// Both or none, also when memory runs out.
void add_rules(rootlet_options& options, RulesFile file) {
  std::string name = file.name;
  options.values[rules].reserve(options.values[rules].size() + 1);
  options.rules.push_back(std::move(file));
  options.values[rules].push_back(std::move(name));
}

Result<void> add(rootlet_options& options, size_t option, const char* value) {
  if (option != rules) {
    options.values[option].emplace_back(value);
    return {};
  }
  auto file = read_rules(value);
  if (!file) return Unexpected(std::move(file).error());
  add_rules(options, std::move(*file));
  return {};
}

Compression compression_of(std::string_view word, Compression automatic) {
  return word == "none" ? Compression::none : word == "gzip" ? Compression::gzip : word == "zstd" ? Compression::zstd : automatic;
}

int small_number(const std::string& text) { return static_cast<int>(std::min<int64_t>(number(text).value_or(0), INT_MAX)); }

}  // namespace

ResolveOptions resolve_options(const rootlet_options* given) {
  ResolveOptions resolve;
  if (given == nullptr) return resolve;
  const auto& values = given->values;
  const auto text = [&values](Option option) -> const std::string& { return values[option].front(); };
  resolve.loader.library_path = text(library_path);
  resolve.loader.preload = text(preload);
  resolve.loader.cpu = text(cpu);
  resolve.loader.kernel = text(kernel);
  resolve.loader.record_attempts = text(record_attempts) == "yes";
  resolve.data.mode = text(data) == "none" ? DataMode::none : text(data) == "package" ? DataMode::package : DataMode::automatic;
  resolve.data.locales = values[locale];
  resolve.data.charsets = values[charset];
  resolve.data.timezones = values[timezone];
  resolve.data.rules = given->rules;
  resolve.include = values[include];
  resolve.exclude = values[exclude];
  resolve.path = text(path);
  if (given->progress != nullptr) {
    resolve.progress = [given](const ResolveProgress& now) {
      const std::string at(now.path);
      return given->progress(given->progress_data, now.files, 0, 0, 0, at.c_str()) == 0;
    };
  }
  return resolve;
}

PlanOptions plan_options(const rootlet_options* given) {
  PlanOptions plan;
  if (given == nullptr) return plan;
  const std::string& which = given->values[times].front();
  plan.times = which == "root" ? Times::root : which == "epoch" ? Times::epoch : Times::package;
  plan.epoch = number(given->values[epoch].front()).value_or(0);
  plan.keep_setid = given->values[keep_setid].front() == "yes";
  plan.package_metadata = given->values[package_metadata].front() == "yes";
  plan.licenses = given->values[licenses].front() == "yes";
  plan.user = given->values[user].front();
  return plan;
}

TarOptions tar_options(const rootlet_options* given) {
  TarOptions tar;
  if (given == nullptr) return tar;
  const auto& values = given->values;
  tar.compression = compression_of(values[compression].front(), Compression::none);
  tar.level = small_number(values[level].front());
  tar.threads = static_cast<unsigned>(small_number(values[threads].front()));
  return tar;
}

RootOptions root_options(const rootlet_options* given) {
  return given == nullptr ? RootOptions() : RootOptions{given->values[platform].front()};
}

ImageOptions image_options(const rootlet_options* given, ImageFormat format) {
  ImageOptions image;
  if (format == ImageFormat::docker_archive) image.compression = Compression::none;
  if (given == nullptr) return image;
  const auto& values = given->values;
  const auto text = [&values](Option option) -> const std::string& { return values[option].front(); };
  image.tag = text(tag);
  image.platform = text(platform);
  if (!values[entrypoint].empty()) image.entrypoint = values[entrypoint] == std::vector<std::string>{""} ? std::vector<std::string>() : values[entrypoint];
  image.command = values[cmd];
  image.environment = values[env];
  image.labels = values[label];
  image.annotations = values[annotation];
  image.ports = values[expose];
  image.user = text(user);
  image.directory = text(workdir);
  image.stop_signal = text(stop_signal);
  image.created = number(text(epoch)).value_or(0);
  image.library_path = text(library_path);
  image.preload = text(preload);
  image.layers = text(layers) == "split" ? LayerSplit::parts : LayerSplit::one;
  image.compression = compression_of(text(compression), image.compression);
  image.level = small_number(text(level));
  image.threads = static_cast<unsigned>(small_number(text(threads)));
  image.base = text(base);
  return image;
}

std::optional<SbomFormat> wanted_sbom(const rootlet_options* given) {
  if (given == nullptr || given->values[sbom].front() == "none") return std::nullopt;
  return given->values[sbom].front() == "spdx" ? SbomFormat::spdx : SbomFormat::cyclonedx;
}

ProgressCallback write_progress(const rootlet_options* given) {
  if (given == nullptr || given->progress == nullptr) return {};
  return [given](const Progress& now) {
    const std::string at(now.path);
    return given->progress(given->progress_data, now.files_done, now.files_total, now.bytes_done, now.bytes_total, at.c_str()) == 0;
  };
}

std::function<bool(const AuditProgress&)> audit_progress(const rootlet_options* given) {
  if (given == nullptr || given->progress == nullptr) return {};
  return [given](const AuditProgress& now) {
    const std::string at(now.path);
    return given->progress(given->progress_data, now.programs, now.of, 0, 0, at.c_str()) == 0;
  };
}

void log(const rootlet_options* options, rootlet_level level, const std::string& line) {
  if (options != nullptr && options->log != nullptr) options->log(options->log_data, level, printable(line).c_str());
}

void log_findings(const rootlet_options* options, const std::vector<Finding>& findings) {
  if (options == nullptr || options->log == nullptr) return;
  for (const Finding& finding : findings) log(options, ROOTLET_NOTE, finding.by + ": " + finding.detail + " [" + finding.kind + "]");
}

}  // namespace rootlet::c

rootlet_options::rootlet_options() : values(rootlet::c::option_count) {
  for (size_t i = 0; i < values.size(); ++i) {
    const auto& description = rootlet::c::kOptions[i];
    if (description.standard != nullptr) values[i] = {description.standard};
  }
}

extern "C" {

using namespace rootlet;

rootlet_options* rootlet_options_new(void) {
  rootlet_options* options = nullptr;
  c::guarded(nullptr, [&]() -> Result<void> {
    options = new rootlet_options;
    return {};
  });
  return options;
}

void rootlet_options_free(rootlet_options* options) { delete options; }

int rootlet_options_set(rootlet_options* options, const char* name, const char* value, rootlet_error** error) {
  return c::guarded(error, [&]() -> Result<void> {
    auto option = c::option(options, name, value);
    if (!option) return Unexpected(std::move(option).error());
    if (auto good = c::check(*option, value); !good) return good;
    if (!c::is_list(*option)) {
      options->values[*option].front() = value;
      return {};
    }
    rootlet_options changed = *options;
    changed.values[*option].clear();
    if (*option == c::rules) changed.rules.clear();
    if (auto added = c::add(changed, *option, value); !added) return added;
    *options = std::move(changed);
    return {};
  });
}

int rootlet_options_add(rootlet_options* options, const char* name, const char* value, rootlet_error** error) {
  return c::guarded(error, [&]() -> Result<void> {
    auto option = c::option(options, name, value);
    if (!option) return Unexpected(std::move(option).error());
    if (!c::is_list(*option)) return fail(ErrorCode::invalid_argument, "option " + std::string(name) + " has one value; use rootlet_options_set()");
    return c::add(*options, *option, value);
  });
}

int rootlet_options_add_rules(rootlet_options* options, const char* name, const char* text, size_t size, rootlet_error** error) {
  return c::guarded(error, [&]() -> Result<void> {
    if (auto option = c::option(options, "rules", name); !option) return Unexpected(std::move(option).error());
    if (text == nullptr) return c::null("the text of the rules");
    RulesFile rules{name, {text, size}};
    if (auto checked = check_rules(rules); !checked) return checked;
    c::add_rules(*options, std::move(rules));
    return {};
  });
}

size_t rootlet_options_count(const rootlet_options* options, const char* name) {
  if (options == nullptr || name == nullptr) return 0;
  const size_t option = c::find(name);
  return option == c::option_count ? 0 : options->values[option].size();
}

const char* rootlet_options_get(const rootlet_options* options, const char* name, size_t index) {
  if (index >= rootlet_options_count(options, name)) return nullptr;
  return options->values[c::find(name)][index].c_str();
}

size_t rootlet_option_count(void) { return c::option_count; }
const char* rootlet_option_name(size_t index) { return index < c::option_count ? c::kOptions[index].name : nullptr; }
const char* rootlet_option_kind(size_t index) { return index < c::option_count ? c::kOptions[index].kind : nullptr; }
const char* rootlet_option_summary(size_t index) { return index < c::option_count ? c::kOptions[index].summary : nullptr; }

void rootlet_options_set_progress(rootlet_options* options, rootlet_progress_function function, void* data) {
  if (options == nullptr) return;
  options->progress = function;
  options->progress_data = data;
}

void rootlet_options_set_log(rootlet_options* options, rootlet_log_function function, void* data) {
  if (options == nullptr) return;
  options->log = function;
  options->log_data = data;
}
}
