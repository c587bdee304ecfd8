#include "data/scripts/ruby.hpp"

#include <algorithm>

#include "data/scripts/commands.hpp"

namespace rootlet::scripts {
namespace {

constexpr size_t kMaxGems = 2000;
constexpr size_t kMaxExpression = 512;  // characters of a path that are looked at
constexpr size_t kMaxActivated = 128;  // gems that one script names
constexpr size_t kMaxNames = 8192;  // that one script asks for

// What every start loads before the script (gem_prelude.rb), besides what those files require.
constexpr std::string_view kStartup[] = {"enc/encdb.so", "enc/trans/transdb.so", "rbconfig", "rubygems", "monitor", "error_highlight",
                                         "did_you_mean", "syntax_suggest/core_ext", "rubygems/defaults/operating_system",
                                         "rubygems/core_ext/kernel_gem", "rubygems/core_ext/kernel_require", "rubygems/core_ext/kernel_warn",
                                         "rubygems/dependency", "rubygems/path_support", "rubygems/util", "rubygems/bundler_version_finder"};

// What native libraries require from C.
struct Hidden {
  std::string_view native, needs;
};
constexpr Hidden kHidden[] = {{"openssl.so", "digest"},     {"psych.so", "psych/syntax_error"}, {"digest/md5.so", "digest"},
                              {"digest/sha1.so", "digest"}, {"digest/sha2.so", "digest"},        {"digest/rmd160.so", "digest"}};

// rubygems requires its installer, its network and its user interface only in methods that installing calls.
constexpr std::string_view kLazy[] = {"rubygems", "bundler", "syntax_suggest"};

// What finding a gem's program loads on top (Gem.finish_resolve), from methods.
constexpr std::string_view kActivation[] = {"rubygems/request_set", "rubygems/request_set/gem_dependency_api",
                                            "rubygems/request_set/lockfile", "rubygems/request_set/lockfile/parser",
                                            "rubygems/request_set/lockfile/tokenizer", "rubygems/resolver", "rubygems/source",
                                            "rubygems/text", "rubygems/tsort", "rubygems/dependency_list"};

// A quoted text on one line, without interpolation.
struct Quoted {
  std::string text;
  size_t end = 0;  // behind its closing quote
};

std::optional<Quoted> quoted(std::string_view line, size_t place) {
  if (place >= line.size() || (line[place] != '"' && line[place] != '\'')) return std::nullopt;
  const size_t end = line.find(line[place], place + 1);
  if (end == std::string_view::npos) return std::nullopt;
  std::string text(line.substr(place + 1, end - place - 1));
  if (line[place] == '"' && text.find("#{") != std::string::npos) return std::nullopt;
  if (text.find('\\') != std::string::npos) return std::nullopt;
  return Quoted{std::move(text), end + 1};
}

size_t skip(std::string_view line, size_t place, std::string_view characters) {
  return std::min(line.find_first_not_of(characters, place), line.size());
}

class RubyScript {
 public:
  RubyScript(Needs& needs, const ModuleSearch& search, std::string_view path)
      : needs_(needs), path_(path), directory_(parent_path(path)), directories_(search.directories), programs_(starts_programs(search, path)) {
    // A file of a gem runs when that is active: its own libraries come first.
    if (const size_t gem = path_.rfind("/gems/"); gem != std::string::npos) {
      const std::string own = path_.substr(0, std::min(path_.find('/', gem + 6), path_.size())) + "/lib";
      if (is_directory(needs_.root(), own)) directories_.insert(directories_.begin(), own);
    }
    for (const std::string& each : search.directories) {
      const auto rest = below(path, each);
      const std::string_view top = rest ? rest->substr(0, rest->find_first_of("/.")) : std::string_view();
      // Molinillo's files are required from within its modules.
      lazy_ = lazy_ || (listed(top, kLazy) && path.find("/molinillo/") == std::string_view::npos);
    }
  }

  void read(std::string_view text) {
    bool documentation = false;
    uint32_t number = 0;
    while (!text.empty() && !needs_.full()) {
      const size_t end = std::min(text.find('\n'), text.size());
      const std::string_view line = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      ++number;
      if (line.starts_with("__END__")) return;
      if (line.starts_with("=begin")) documentation = true;
      if (!documentation) this->line(line, number);
      if (line.starts_with("=end")) documentation = false;
    }
  }

  // A library of the load path: .rb anywhere comes before .so anywhere (rb_find_file_ext).
  bool library(const std::string& name) {
    if (name.empty() || name.size() > 512 || ++count_ > kMaxNames) return false;
    if (name.starts_with('/')) return file(normal(name), name);
    for (const char* ending : {".rb", ".so", ""}) {
      if (*ending == '\0' && !name.ends_with(".rb") && !name.ends_with(".so")) continue;
      for (const std::string& directory : directories_) {
        if (!needs_.file(join(directory, name + ending), name)) continue;
        gem(directory);
        for (const Hidden& each : kHidden) {
          if (each.native == name + ending) library(std::string(each.needs));
        }
        return true;
      }
    }
    return false;
  }

 private:
  bool file(const std::string& path, const std::string& name) {
    return needs_.file(path + ".rb", name) || needs_.file(path + ".so", name) || needs_.file(path, name);
  }

  // A library of a gem: its specification is what rubygems activates it by.
  void gem(const std::string& directory) {
    const size_t place = directory.rfind("/gems/");
    if (place == std::string::npos) return;
    const std::string name = directory.substr(place + 6, directory.find('/', place + 6) - place - 6);
    for (const char* kind : {"/specifications/", "/specifications/default/"}) {
      needs_.file(directory.substr(0, place) + kind + name + ".gemspec", name);
    }
  }

  void line(std::string_view line, uint32_t number) {
    const size_t indent = skip(line, 0, " \t");
    if (lazy_ && indent >= 4) return;
    load_path(line);
    const bool encodes = line.find("ncod") != std::string_view::npos;
    for (size_t place = indent; place < line.size();) {
      const char c = line[place];
      if (c == '#' && (place == 0 || is_blank(line[place - 1]))) return;
      if (c == '"' || c == '\'') {
        const auto text = quoted(line, place);
        if (text && encodes) encoding(text->text);
        place = text ? text->end : place + 1;
      } else if (c == '`') {
        const size_t end = line.find('`', place + 1);
        if (end != std::string_view::npos) started(line.substr(place + 1, end - place - 1), true);
        place = end == std::string_view::npos ? line.size() : end + 1;
      } else if (is_word_start(c)) {
        size_t end = place;
        while (end < line.size() && is_word(line[end])) ++end;
        const bool member = place > 0 && (line[place - 1] == '.' || line[place - 1] == ':' || line[place - 1] == '@' || line[place - 1] == '$');
        const bool kernel = place >= 7 && line.substr(place - 7, 7) == "Kernel.";
        if (!member || kernel) word(line.substr(place, end - place), line, end, number);
        if (member) constant(line.substr(0, place), line.substr(place, end - place));
        if (!lazy_) activated(line.substr(place, end - place), line, end);
        if (programs_) program(line.substr(place, end - place), line, end, member);
        place = end;
      } else {
        ++place;
      }
    }
  }

  void word(std::string_view name, std::string_view line, size_t place, uint32_t number) {
    const bool require = name == "require", relative = name == "require_relative", load = name == "load", autoload = name == "autoload";
    if (!require && !relative && !load && !(autoload && !lazy_)) return;
    if (place >= line.size() || (line[place] != ' ' && line[place] != '(')) return;
    place = skip(line, place, " \t(");
    if (autoload) {
      const size_t comma = line.substr(place, kMaxExpression).find(',');
      if (comma == std::string_view::npos) return;
      place = skip(line, place + comma + 1, " \t");
    }
    if (const auto text = quoted(line, place)) {
      if (relative) file(normal(join(directory_, text->text)), text->text);
      else if (!library(text->text) && load) file(normal(join(directory_, text->text)), text->text);
      return;
    }
    if (const std::string path = own_path(line.substr(place, kMaxExpression)); !path.empty()) {
      file(path, path);
    } else if (place < line.size() && (is_word_start(line[place]) || line[place] == '"' || line[place] == '@') && !lazy_ && !core()) {
      needs_.unproved(number, std::string(name) + " of a name that is built at run time");
    }
  }

  // Gem.activate_bin_path('gem', 'program', version) of the programs that rubygems installs; gem 'name'.
  void activated(std::string_view name, std::string_view line, size_t place) {
    const bool path = name == "activate_bin_path" || name == "bin_path";
    if ((!path && name != "gem") || place >= line.size() || (line[place] != ' ' && line[place] != '(')) return;
    const auto gem = quoted(line, skip(line, place, " \t("));
    if (!gem || activated_.size() >= kMaxActivated || !activated_.insert(gem->text + (path ? "/" : "")).second) return;
    const auto program = path ? quoted(line, skip(line, gem->end, " \t,")) : std::nullopt;
    ruby_gem(needs_, gem->text, program ? program->text : std::string());
    for (std::string_view each : kActivation) {
      if (path) library(std::string(each));
    }
  }

  void encoding(std::string_view name) {
    for (const std::string& file : ruby_encoding_files(name)) library(file);
  }

  // Digest::SHA256 is required when it is first named (Digest.const_missing); Encoding::EUC_JP when it is used.
  void constant(std::string_view before, std::string_view name) {
    if (before.ends_with("Encoding::")) encoding(name);
    if (!before.ends_with("Digest::")) return;
    std::string small(name);
    std::transform(small.begin(), small.end(), small.begin(), lower);
    library("digest/" + (small.starts_with("sha") && small != "sha1" ? "sha2" : small));
  }

  // system "a | b", system("a", x), IO.popen("a"), Open3.capture2("a").
  void program(std::string_view name, std::string_view line, size_t place, bool member) {
    const bool plain = one_of(name, {"system", "exec", "spawn"});
    if (!plain && !(member && one_of(name, {"popen", "popen2", "popen2e", "popen3", "capture2", "capture2e", "capture3"}))) return;
    if (place >= line.size() || (line[place] != ' ' && line[place] != '(')) return;
    place = skip(line, place, " \t([");
    const auto text = quoted(line, place);
    if (!text) return;
    const size_t next = skip(line, text->end, " \t");
    started(text->text, next >= line.size() || line[next] != ',');
  }

  void started(std::string_view text, bool line) {
    if (programs_ && ++count_ <= kMaxNames) add_started(needs_, path_, {std::string(text), line});
  }

  // File.join(__dir__, 'a', 'b'), File.expand_path('../a', __FILE__), "#{__dir__}/a", File.dirname(__FILE__) + '/a'.
  std::string own_path(std::string_view expression) const {
    const bool here = expression.find("__dir__") != std::string_view::npos;
    const bool file = expression.find("__FILE__") != std::string_view::npos;
    if (!here && !file) return {};
    if (expression.starts_with("\"#{__dir__}")) return normal(directory_ + "/" + std::string(expression.substr(11, expression.find('"', 11) - 11)));
    std::string relative;
    for (size_t place = 0; place < expression.size();) {
      const auto text = quoted(expression, place);
      if (text) relative += "/" + text->text;
      place = text ? text->end : place + 1;
    }
    if (relative.empty()) return {};
    const bool from_file = file && expression.find("dirname") == std::string_view::npos;  // expand_path goes up from the file
    return normal((from_file ? path_ : directory_) + relative);
  }

  // $:.unshift x, $LOAD_PATH << x
  void load_path(std::string_view line) {
    size_t place = line.find("$LOAD_PATH");
    if (place == std::string_view::npos) place = line.find("$:");
    if (place == std::string_view::npos || directories_.size() > kMaxGems) return;
    if (line.find("unshift", place) == std::string_view::npos && line.find("<<", place) == std::string_view::npos && line.find("push", place) == std::string_view::npos) return;
    std::string path = own_path(line.substr(place, kMaxExpression));
    const size_t quote = line.find_first_of("'\"", place);
    if (const auto text = quoted(line, quote); path.empty() && text && text->text.starts_with('/')) path = normal(text->text);
    if (!path.empty()) directories_.insert(directories_.begin(), path);
  }

  bool core() const {
    return std::any_of(directories_.begin(), directories_.end(), [&](const std::string& directory) {
      return below(path_, directory) && is_file(needs_.root(), directory + "/optparse.rb");
    });
  }

  Needs& needs_;
  std::string path_, directory_;
  std::vector<std::string> directories_;
  std::set<std::string> activated_;
  bool programs_;
  bool lazy_ = false;
  size_t count_ = 0;
};

}  // namespace

ModuleSearch ruby_search(Root& root, std::string_view interpreter, std::string_view script) {
  ModuleSearch search;
  search.interpreter = base_name(interpreter);
  search.script = script;
  std::string prefix(parent_path(parent_path(interpreter)));
  if (prefix.empty() || prefix == "/") prefix = "/usr";
  std::vector<int> version = version_in(search.interpreter);
  if (version.size() < 2) {
    for (const std::string& library : existing_directories(root, {prefix + "/lib/ruby/[0-9]*", prefix + "/lib/*/ruby/[0-9]*"})) {
      if (version_in(base_name(library)) > version) version = version_in(base_name(library));
    }
  }
  const std::string v = version.size() < 2 ? "[0-9]*" : std::to_string(version[0]) + "." + std::to_string(version[1]) + ".*";
  const std::string here = prefix + "/lib/ruby/", machine = prefix + "/lib/*/ruby/";
  search.directories = existing_directories(
      root, {"/usr/local/lib/site_ruby/" + v, "/usr/local/lib/*/site_ruby", "/usr/local/lib/site_ruby", here + "site_ruby/" + v,
             here + "site_ruby/" + v + "/*-linux*", here + "site_ruby", here + "vendor_ruby/" + v, machine + "vendor_ruby/" + v,
             here + "vendor_ruby/" + v + "/*-linux*", here + "vendor_ruby", prefix + "/share/ruby/vendor_ruby", here + v, machine + v,
             here + v + "/*-linux*", prefix + "/share/ruby", prefix + "/lib64/ruby", prefix + "/share/rubygems",
             // Gems: rubygems puts them on the path when one of their files is required.
             "/usr/share/rubygems-integration/*/gems/*/lib", "/usr/lib/*/rubygems-integration/*/gems/*/lib", "/usr/lib/*/rubygems-integration/*/extensions/*/*/*",
             "/var/lib/gems/" + v + "/gems/*/lib", "/usr/local/bundle/gems/*/lib",
             here + "gems/" + v + "/gems/*/lib", machine + "gems/" + v + "/gems/*/lib", "/usr/share/gems/gems/*/lib",
             "/var/lib/gems/" + v + "/extensions/*/*/*", here + "gems/" + v + "/extensions/*/*/*", "/usr/local/bundle/extensions/*/*/*"});
  return search;
}

void ruby_startup_needs(Needs& needs, const ModuleSearch& search) {
  RubyScript script(needs, search, "/");
  for (std::string_view name : kStartup) script.library(std::string(name));
  // Gem::Specification.each_stub reads what the default gems are.
  for (const std::string& directory : search.directories) {
    const std::string gems = replaced(directory, "/ruby/", "/ruby/gems/") + "/specifications/default/*.gemspec";
    for (const std::string& file : needs.root().glob(gems, kMaxGems)) needs.file(file, base_name(file));
  }
}

void ruby_needs(Needs& needs, const ModuleSearch& search, std::string_view path, std::string_view text) {
  if (path.ends_with(".gemspec")) ruby_gem_specification(needs, text);
  else RubyScript(needs, search, path).read(text);
}

}  // namespace rootlet::scripts
