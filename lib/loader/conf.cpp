#include "loader/conf.hpp"

#include <algorithm>
#include <unordered_set>

namespace rootlet {
namespace {

constexpr uint64_t kMaxConfBytes = 1 << 20;   // of one file
constexpr uint64_t kMaxBytes = 16 << 20;      // of all
constexpr int kMaxDepth = 64;
constexpr size_t kMaxFiles = 4096;
constexpr uint64_t kMaxGlobWork = 16 << 20;   // of all patterns together
constexpr std::string_view kSpace = " \t\n\v\f\r";

std::string_view trim(std::string_view text) {
  size_t start = text.find_first_not_of(kSpace);
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(kSpace) - start + 1);
}

class ConfReader {
 public:
  ConfReader(Root& root, std::vector<std::string>* files) : root_(root), files_(files) {}

  // A file that was read has named its directories already: to read it again, as ldconfig does, changes nothing.
  void file(const std::string& path, int depth) {
    if (depth > kMaxDepth || bytes_ > kMaxBytes || read_.size() >= kMaxFiles || !read_.insert(path).second) return;
    Walk walk = root_.walk(path);
    if (walk.node == nullptr || !walk.node->is_file()) return;
    auto opened = root_.open_file(*walk.node);
    auto content = opened ? read_all(**opened, kMaxConfBytes) : Result<std::string>(Unexpected(opened.error()));
    if (!content) return;
    bytes_ += content->size();
    if (files_ != nullptr) files_->push_back(path);
    std::string_view rest = *content;
    while (!rest.empty()) {
      size_t end = std::min(rest.find('\n'), rest.size());
      line(rest.substr(0, end), path, depth);
      rest = rest.substr(std::min(end + 1, rest.size()));
    }
  }

  std::vector<std::string> take() { return std::move(dirs_); }

 private:
  void line(std::string_view text, const std::string& path, int depth) {
    text = trim(text.substr(0, std::min(text.find('#'), text.find('\0'))));
    if (text.empty()) return;
    auto directive = [&](std::string_view word) {
      return text.size() > word.size() && text.starts_with(word) && (text[word.size()] == ' ' || text[word.size()] == '\t');
    };
    if (directive("include")) return include(text.substr(8), path, depth);
    if (directive("hwcap")) return;
    text = trim(text.substr(0, text.find('=')));  // DIR=TYPE, of old
    while (!text.empty() && text.back() == '/') text.remove_suffix(1);
    if (text.empty() || text.front() != '/') return;
    if (seen_.insert(std::string(text)).second) dirs_.emplace_back(text);
  }

  void include(std::string_view patterns, const std::string& path, int depth) {
    while (!patterns.empty()) {
      size_t start = patterns.find_first_not_of(" \t");
      if (start == std::string_view::npos) return;
      size_t end = std::min(patterns.find_first_of(" \t", start), patterns.size());
      std::string pattern(patterns.substr(start, end - start));
      patterns = patterns.substr(end);
      if (pattern.front() != '/') pattern = path.substr(0, path.rfind('/') + 1) + pattern;
      for (const std::string& found : root_.glob(pattern, kMaxFiles, &glob_work_)) file(found, depth + 1);
    }
  }

  Root& root_;
  std::vector<std::string>* files_;
  std::vector<std::string> dirs_;
  std::unordered_set<std::string> seen_;
  std::unordered_set<std::string> read_;
  uint64_t bytes_ = 0;
  uint64_t glob_work_ = kMaxGlobWork;
};

}  // namespace

std::vector<std::string> configured_dirs(Root& root, std::string_view conf, std::vector<std::string>* files) {
  ConfReader reader(root, files);
  reader.file(std::string(conf), 0);
  return reader.take();
}

std::vector<std::string> preload_names(std::string_view content) {
  std::string text(content);
  // As dl_main does it: each search for a comment starts at the front again, with what is left of the length. A
  // comment that is not found for that is text.
  for (size_t rest = text.size(); rest > 0;) {
    size_t at = text.find('#');
    if (at >= rest) break;
    rest -= at;
    do text[at] = ' ';
    while (--rest > 0 && text[++at] != '\n');
  }
  // A NUL ends the list, but for a name at the end of the file that no separator follows: that one stands apart.
  constexpr std::string_view kSeparators = ": \t\n";
  const size_t last = text.find_last_of(kSeparators) + 1;  // 0 if there is none
  const std::string_view list = std::string_view(text).substr(0, std::min(text.find('\0'), last));
  const std::string_view apart = std::string_view(text).substr(last);
  std::vector<std::string> names;
  for (size_t at = 0; at < list.size();) {
    const size_t end = std::min(list.find_first_of(kSeparators, at), list.size());
    if (end > at) names.emplace_back(list.substr(at, end - at));
    at = end + 1;
  }
  if (!apart.empty() && apart.front() != '\0') names.emplace_back(apart.substr(0, apart.find('\0')));
  return names;
}

}  // namespace rootlet
