#include "data/gconv.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "data/gconv_cache.hpp"

namespace rootlet::data {
namespace {

constexpr uint64_t kMaxFileBytes = 4 << 20;
constexpr uint64_t kMaxBytes = 16 << 20;  // of all files
constexpr size_t kMaxFiles = 4096;
constexpr size_t kMaxLines = 65536;  // that say something
constexpr std::string_view kSpace = " \t\n\v\f\r";
constexpr std::string_view kExtension = ".so";

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = upper(c);
  return result;
}

std::string_view next_word(std::string_view& rest) {
  const size_t start = std::min(rest.find_first_not_of(kSpace), rest.size());
  const size_t end = std::min(rest.find_first_of(kSpace, start), rest.size());
  const std::string_view word = rest.substr(start, end - start);
  rest.remove_prefix(end);
  return word;
}

// gconv_parseconfdir(), with the add_alias() and add_module() of iconvconfig. Of two lines for the same
// conversion the first counts; costs do not.
class Configuration {
 public:
  // `directory` ends in a slash.
  Configuration(Root& root, const std::string& directory) : root_(root), directory_(directory) {
    file(root.walk(directory + "gconv-modules").node);
    const Node* parts = root.walk(directory + "gconv-modules.d").node;
    if (parts == nullptr || !parts->is_directory()) return;
    const auto names = root.list(*parts);  // glibc takes them as they come
    if (!names) return;
    constexpr std::string_view kSuffix = ".conf";
    for (const std::string& name : *names) {
      if (name.size() > kSuffix.size() && name.ends_with(kSuffix))
        file(root.walk(name, FollowLast::yes, parts).node);
    }
  }

  bool found() const { return files_ > 0; }
  const GconvModules& modules() const { return modules_; }
  const GconvAliases& aliases() const { return aliases_; }

 private:
  void file(const Node* node) {
    if (node == nullptr || !node->is_file() || files_ >= kMaxFiles || bytes_ > kMaxBytes) return;
    const auto opened = root_.open_file(*node);
    if (!opened) return;
    const auto content = read_all(**opened, kMaxFileBytes);
    if (!content) return;
    ++files_;
    bytes_ += content->size();
    for (std::string_view rest = *content; !rest.empty() && lines_ < kMaxLines;) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      line(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }

  void line(std::string_view text) {
    text = text.substr(0, std::min(text.find('#'), text.find('\0')));
    const std::string_view what = next_word(text);
    if (what != "alias" && what != "module") return;
    const std::string_view from = next_word(text), to = next_word(text);
    if (to.empty()) return;
    ++lines_;
    if (what == "alias") {
      aliases_.try_emplace(upper(from), upper(to));
    } else if (const std::string_view name = next_word(text); !name.empty()) {
      modules_.try_emplace({upper(from), upper(to)}, module(name));
    }
  }

  // A path stands for itself, as it does where there is no cache; iconvconfig would put the directory before
  // it.
  GconvModule module(std::string_view name) const {
    std::string file(name);
    if (!name.ends_with(kExtension)) file += kExtension;
    if (!name.starts_with('/')) return {directory_, file};
    const size_t slash = file.rfind('/');
    return {file.substr(0, slash + 1), file.substr(slash + 1)};
  }

  Root& root_;
  const std::string directory_;
  GconvModules modules_;
  GconvAliases aliases_;
  size_t files_ = 0;
  uint64_t bytes_ = 0;
  size_t lines_ = 0;
};

// What iconv_open() looks a name up by: "UTF-8//" for "utf-8//TRANSLIT" (gconv_parse_code(), strip()).
std::string code_of(std::string_view name) {
  const auto drop_end = [&] { name = name.substr(0, name.find_last_not_of(" \t\n\v\f\r,/") + 1); };
  drop_end();
  while (std::count(name.begin(), name.end(), '/') >= 2) {  // the last part is a suffix
    name = name.substr(0, name.find_last_of("/,"));
    drop_end();
  }
  std::string code;
  for (const char c : name) {
    const char big = upper(c);
    const bool kept = (big >= 'A' && big <= 'Z') || (c >= '0' && c <= '9') ||
                      std::string_view("_-.,:/").find(c) != std::string_view::npos;
    if (kept) code += big;
  }
  for (auto slashes = std::count(code.begin(), code.end(), '/'); slashes < 2; ++slashes) code += '/';
  return code;
}

// Whether files are there, each looked at once.
class Files {
 public:
  explicit Files(Root& root) : root_(root) {}
  bool exist(const std::string& path) {
    const auto [place, added] = known_.try_emplace(path, false);
    if (added) {
      const Node* node = root_.walk(path).node;
      place->second = node != nullptr && node->is_file();
    }
    return place->second;
  }

 private:
  Root& root_;
  std::unordered_map<std::string, bool> known_;
};

// The from- and to-sets that were asked for.
std::set<std::string> wanted_sets(const Configuration& configuration, const GconvNames& names,
                                  const std::vector<std::string>& charsets,
                                  std::vector<std::string>& unknown) {
  std::set<std::string> wanted;
  for (const std::string& charset : charsets) {
    if (charset == "all") {
      for (const auto& [sets, module] : configuration.modules()) wanted.insert({sets.first, sets.second});
    } else if (const auto found = names.find(code_of(charset)); found != names.end()) {
      wanted.insert(found->second);
    } else if (std::find(unknown.begin(), unknown.end(), charset) == unknown.end()) {
      unknown.push_back(charset);
    }
  }
  wanted.erase(std::string(kGconvInternal));
  return wanted;
}

}  // namespace

GconvSelection select_gconv(Root& root, const std::string& directory,
                            const std::vector<std::string>& charsets, ByteOrder order) {
  const Configuration configuration(root, directory.substr(0, directory.find_last_not_of('/') + 1) + "/");
  GconvModules builtin_modules;
  GconvAliases aliases = configuration.aliases();
  add_builtin_gconv(builtin_modules, aliases, order);
  const GconvNames builtin = gconv_names(builtin_modules, {});
  GconvModules all = configuration.modules();
  all.insert(builtin_modules.begin(), builtin_modules.end());

  GconvSelection selection;
  const std::set<std::string> wanted =
      wanted_sets(configuration, gconv_names(all, aliases), charsets, selection.unknown);
  const auto reached = [&](const std::string& set) { return wanted.contains(set) || builtin.contains(set); };
  GconvModules chosen;
  for (const auto& [sets, module] : configuration.modules()) {
    if (!reached(sets.first) || !reached(sets.second)) continue;
    if (wanted.contains(sets.first) || wanted.contains(sets.second)) chosen.emplace(sets, module);
  }

  Files files(root);
  std::set<std::string> paths;
  std::set<std::string> served;  // with a module that is there
  for (const auto& [sets, module] : chosen) {
    const std::string path = module.directory + module.file;
    if (!files.exist(path)) continue;
    paths.insert(path);
    served.insert({sets.first, sets.second});
  }
  // A charset that lacks one of its modules stays: the C library finds that the file is missing and says no,
  // but aborts over a charset with a way to INTERNAL and none back.
  std::erase_if(chosen, [&](const auto& entry) {
    const auto lost = [&](const std::string& set) { return !served.contains(set) && !builtin.contains(set); };
    return lost(entry.first.first) || lost(entry.first.second);
  });
  selection.modules.assign(paths.begin(), paths.end());
  if (!configuration.found()) return selection;
  chosen.insert(builtin_modules.begin(), builtin_modules.end());
  selection.cache = write_gconv_cache(chosen, aliases, order);
  return selection;
}

}  // namespace rootlet::data
