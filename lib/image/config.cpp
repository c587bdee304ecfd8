#include "image/config.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <unordered_map>

#include "base/utf8.hpp"
#include "plan/user.hpp"

namespace rootlet::image {
namespace {

constexpr std::string_view kAlphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

// JSON has no other bytes.
Result<void> check_text(const std::string& text, std::string_view option) {
  if (is_utf8(text)) return {};
  return fail(ErrorCode::invalid_argument, "the " + std::string(option) + " of an image is text in UTF-8, and \"" + text + "\" is not");
}

JsonValue make_text(std::string text) {
  JsonValue value;
  value.type = JsonValue::string;
  value.text = std::move(text);
  return value;
}

JsonValue make_list(const std::vector<std::string>& texts) {
  JsonValue value;
  value.type = JsonValue::array;
  for (const std::string& text : texts) value.items.push_back(make_text(text));
  return value;
}

JsonValue make_object() {
  JsonValue value;
  value.type = JsonValue::object;
  return value;
}

void set(JsonValue& object, std::string_view name, JsonValue value) {
  const auto found = std::find_if(object.members.rbegin(), object.members.rend(), [name](const auto& member) { return member.first == name; });
  if (found == object.members.rend()) {
    object.members.emplace_back(name, std::move(value));
  } else {
    found->second = std::move(value);
  }
}

// Members by name, of which a base may have many.
using Map = std::map<std::string, JsonValue>;

// Those of the member of that name, if it is an object.
Map map_of(const JsonValue& in, std::string_view name) {
  const JsonValue* found = in.find(name);
  Map map;
  if (found == nullptr || !found->is(JsonValue::object)) return map;
  for (const auto& [key, value] : found->members) map.insert_or_assign(key, value);
  return map;
}

void set_map(JsonValue& object, std::string_view name, Map map) {
  if (map.empty()) return;
  JsonValue value = make_object();
  value.members.assign(std::make_move_iterator(map.begin()), std::make_move_iterator(map.end()));
  set(object, name, std::move(value));
}

// By name, in their order: what comes later takes the place of what came before.
class Environment {
 public:
  void add(std::string_view setting) {
    const auto [place, added] = places_.try_emplace(std::string(setting.substr(0, setting.find('='))), settings_.size());
    if (added) {
      settings_.emplace_back(setting);
    } else {
      settings_[place->second] = setting;
    }
  }
  const std::vector<std::string>& all() const { return settings_; }

 private:
  std::vector<std::string> settings_;
  std::unordered_map<std::string, size_t> places_;  // by name
};

Result<JsonValue> make_environment(const Root& root, const ImageOptions& options, const JsonValue& base, const std::string& certificates) {
  const std::string path = root.variable("PATH");
  const std::string library_path = options.library_path.empty() ? root.variable("LD_LIBRARY_PATH") : options.library_path;
  const std::string preload = options.preload.empty() ? root.variable("LD_PRELOAD") : options.preload;
  for (const std::string* text : {&path, &library_path, &preload, &certificates}) {
    if (auto checked = check_text(*text, "environment"); !checked) return Unexpected(std::move(checked).error());
  }
  Environment environment;
  environment.add("PATH=" + (path.empty() ? std::string(kUsualPath) : path));
  if (!certificates.empty()) environment.add("SSL_CERT_FILE=" + certificates);
  if (const JsonValue* known = base.find("Env"); known != nullptr) {
    for (const JsonValue& setting : known->items) environment.add(setting.text);
  }
  if (!library_path.empty()) environment.add("LD_LIBRARY_PATH=" + library_path);
  if (!preload.empty()) environment.add("LD_PRELOAD=" + preload);
  for (const std::string& setting : options.environment) {
    if (setting.find('=') == 0 || setting.find('=') == std::string::npos) {
      return fail(ErrorCode::invalid_argument, "\"" + setting + "\" sets no variable; write NAME=VALUE");
    }
    if (auto checked = check_text(setting, "environment"); !checked) return Unexpected(std::move(checked).error());
    environment.add(setting);
  }
  return make_list(environment.all());
}

// The number in all of the text, from 1 to `most`; 0 if there is none.
unsigned number_up_to(unsigned most, std::string_view text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number <= most ? number : 0;
}

// "8080" means "8080/tcp", and "6000-6010" each of them: a configuration has no ranges.
Result<void> add_ports(const std::string& text, Map& ports) {
  const size_t slash = std::min(text.find('/'), text.size());
  const std::string protocol = slash == text.size() ? "tcp" : text.substr(slash + 1);
  const std::string_view numbers = std::string_view(text).substr(0, slash);
  const size_t dash = std::min(numbers.find('-'), numbers.size());
  const unsigned first = number_up_to(65535, numbers.substr(0, dash)), last = dash == numbers.size() ? first : number_up_to(65535, numbers.substr(dash + 1));
  if (first == 0 || last < first || (protocol != "tcp" && protocol != "udp" && protocol != "sctp")) {
    return fail(ErrorCode::invalid_argument, "\"" + text + "\" is no port; write one such as 8080, 53/udp or 6000-6010/tcp");
  }
  for (unsigned port = first; port <= last; ++port) ports[std::to_string(port) + "/" + protocol] = make_object();
  return {};
}

Result<void> set_entry_point(JsonValue& run, const Closure& closure, const ImageOptions& options) {
  const std::vector<std::string> entrypoint = options.entrypoint ? *options.entrypoint : std::vector<std::string>{closure.entries.empty() ? "" : closure.entries.front()};
  for (const std::string& word : entrypoint) {
    if (auto checked = check_text(word, "entry point"); !checked) return checked;
  }
  for (const std::string& word : options.command) {
    if (auto checked = check_text(word, "command"); !checked) return checked;
  }
  // The arguments of another entry point are of no use to this one.
  std::erase_if(run.members, [](const auto& member) { return member.first == "Cmd" || member.first == "Entrypoint"; });
  if (!entrypoint.empty()) set(run, "Entrypoint", make_list(entrypoint));
  if (!options.command.empty()) set(run, "Cmd", make_list(options.command));
  return {};
}

// What docker and podman take: github.com/moby/sys/signal, signal.go and signal_linux.go. Of the real-time signals SIGRTMIN+15 and
// SIGRTMAX-14 are the last that have names there.
bool is_signal(std::string_view text) {
  constexpr std::string_view kNames[] = {"ABRT", "ALRM", "BUS",  "CHLD", "CLD",  "CONT",   "FPE",  "HUP", "ILL",  "INT",  "IO",   "IOT",
                                         "KILL", "PIPE", "POLL", "PROF", "PWR",  "QUIT",   "SEGV", "SYS", "STOP", "TERM", "TRAP", "STKFLT",
                                         "TSTP", "TTIN", "TTOU", "URG",  "USR1", "VTALRM", "USR2", "WINCH", "XCPU", "XFSZ", "RTMIN", "RTMAX"};
  if (number_up_to(64, text) != 0) return true;
  if (text.starts_with("SIG")) text.remove_prefix(3);
  if (text.starts_with("RTMIN+")) return number_up_to(15, text.substr(6)) != 0;
  if (text.starts_with("RTMAX-")) return number_up_to(14, text.substr(6)) != 0;
  return std::find(std::begin(kNames), std::end(kNames), text) != std::end(kNames);
}

Result<void> set_words(JsonValue& run, const ImageOptions& options) {
  if (!options.user.empty()) {
    if (auto good = plan::check_user(options.user); !good) return good;
    set(run, "User", make_text(options.user == "nonroot" ? "65532:65532" : options.user));
  }
  if (!options.directory.empty()) {
    if (options.directory.front() != '/') return fail(ErrorCode::invalid_argument, "\"" + options.directory + "\" is no absolute path; the working directory is one inside the image");
    if (auto checked = check_text(options.directory, "working directory"); !checked) return checked;
    set(run, "WorkingDir", make_text(options.directory));
  }
  if (!options.stop_signal.empty()) {
    if (!is_signal(options.stop_signal)) {
      return fail(ErrorCode::invalid_argument, "\"" + options.stop_signal + "\" is no signal; write one such as SIGINT, SIGRTMIN+3 or 2, a number from 1 to 64");
    }
    set(run, "StopSignal", make_text(options.stop_signal));
  }
  return {};
}

bool is_alphanumeric(char c) { return kAlphanumeric.find(c) != std::string_view::npos; }

}  // namespace

Result<oci::Pairs> parse_pairs(const std::vector<std::string>& values, std::string_view option) {
  std::map<std::string, std::string> pairs;
  for (const std::string& value : values) {
    const size_t equals = value.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return fail(ErrorCode::invalid_argument, "\"" + value + "\" is no " + std::string(option) + "; write NAME=VALUE");
    }
    if (auto checked = check_text(value, option); !checked) return Unexpected(std::move(checked).error());
    pairs[value.substr(0, equals)] = value.substr(equals + 1);
  }
  return oci::Pairs(pairs.begin(), pairs.end());
}

Result<JsonValue> make_run_config(const Closure& closure, const Root& root, const ImageOptions& options, const JsonValue& base, const std::string& certificates) {
  JsonValue run = base.is(JsonValue::object) ? base : make_object();
  auto environment = make_environment(root, options, run, certificates);
  if (!environment) return environment;
  set(run, "Env", std::move(*environment));
  if (auto done = set_entry_point(run, closure, options); !done) return Unexpected(std::move(done).error());
  if (auto done = set_words(run, options); !done) return Unexpected(std::move(done).error());
  Map ports = map_of(run, "ExposedPorts");
  for (const std::string& text : options.ports) {
    if (auto added = add_ports(text, ports); !added) return Unexpected(std::move(added).error());
  }
  set_map(run, "ExposedPorts", std::move(ports));
  auto pairs = parse_pairs(options.labels, "label");
  if (!pairs) return Unexpected(std::move(pairs).error());
  Map labels = map_of(run, "Labels");
  for (auto& [name, value] : *pairs) labels[name] = make_text(value);
  set_map(run, "Labels", std::move(labels));
  return run;
}

Result<void> check_tag(const std::string& tag) {
  bool good = !tag.empty() && tag.size() <= 255 && is_alphanumeric(tag.front()) && is_alphanumeric(tag.back());
  for (size_t i = 1; i < tag.size() && good; ++i) {
    if (is_alphanumeric(tag[i])) continue;
    const bool separator = std::string_view("-._:@+/").find(tag[i]) != std::string_view::npos;
    good = separator && (is_alphanumeric(tag[i - 1]) || (tag[i] == '-' && tag[i - 1] == '-' && i > 1 && is_alphanumeric(tag[i - 2])));
  }
  if (good) return {};
  return fail(ErrorCode::invalid_argument, "\"" + tag + "\" is no tag; it is made of letters and digits with -._:@+/ between them, such as v1.2");
}

Result<std::string> docker_name(const std::string& tag, const std::string& entry) {
  std::string name = tag;
  if (name.empty()) {
    for (const char c : entry.substr(entry.rfind('/') + 1)) {
      const bool upper = c >= 'A' && c <= 'Z';
      if (upper || is_alphanumeric(c)) {
        name += upper ? static_cast<char>(c - 'A' + 'a') : c;
      } else if (!name.empty() && is_alphanumeric(name.back())) {
        name += '-';
      }
    }
    while (!name.empty() && name.back() == '-') name.pop_back();
    if (name.empty()) name = "image";
  }
  // distribution reference.go: [HOST[:PORT]/]NAME[:TAG], a tag of 128 characters at most; here without a digest.
  const size_t slash = name.rfind('/');
  const size_t colon = name.find(':', slash == std::string::npos ? 0 : slash);
  if (colon == std::string::npos) name += ":latest";
  const std::string before = name.substr(0, name.rfind(':')), after = name.substr(name.rfind(':') + 1);
  const bool one = colon == std::string::npos || name.find(':', colon + 1) == std::string::npos;
  const size_t port = before.find(':');
  const bool ports = port == std::string::npos || (port < before.find('/') && before.find(':', port + 1) == std::string::npos);
  const bool lower = std::none_of(before.begin(), before.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  constexpr size_t kMostTag = 128;
  if (check_tag(name) && one && ports && lower && after.size() <= kMostTag && name.find_first_of("@+") == std::string::npos) return name;
  return fail(ErrorCode::invalid_argument, "\"" + name + "\" is no name that docker takes; write [HOST[:PORT]/]NAME[:TAG], lower-case before the tag, such as example.org/app:1.2");
}

}  // namespace rootlet::image
