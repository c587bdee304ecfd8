#include "support/spelling.hpp"

#include <algorithm>

namespace rootlet::test {
namespace {

std::vector<std::string> components(const std::string& path) {
  std::vector<std::string> parts;
  for (size_t start = 0; start < path.size();) {
    size_t end = std::min(path.find('/', start), path.size());
    if (end > start) parts.push_back(path.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

}  // namespace

std::string parent_of(const std::string& path) {
  size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

std::string join(const std::string& directory, const std::string& name) {
  return (directory == "/" ? "" : directory) + "/" + name;
}

std::string relative_path(const std::string& from, const std::string& to) {
  std::vector<std::string> start = components(from), end = components(to);
  size_t common = 0;
  while (common < start.size() && common < end.size() && start[common] == end[common]) ++common;
  std::string path;
  for (size_t i = common; i < start.size(); ++i) path += "../";
  for (size_t i = common; i < end.size(); ++i) path += end[i] + "/";
  if (!path.empty()) path.pop_back();
  return path.empty() ? "." : path;
}

std::string Spelling::token(const char* name) {
  return dice_.percent(50) ? std::string("$") + name : "${" + std::string(name) + "}";
}

// Puts a token in the place of `text`, where that stands as whole components.
bool Spelling::replace(std::string& path, const std::string& text, const char* name) {
  size_t at = (path + "/").find("/" + text + "/");
  if (text.empty() || at == path.npos) return false;
  path.replace(at + 1, text.size(), token(name));
  return true;
}

std::string Spelling::directory(const std::string& path, const std::string& origin) {
  std::string spelled = path;
  if (dice_.percent(40) && replace(spelled, facts_.lib, "LIB")) return spelled;
  for (const std::string& platform : platforms_) {
    if (dice_.percent(60) && replace(spelled, platform, "PLATFORM")) return spelled;
  }
  switch (dice_.weighted({50, 6, 4, 3, 4, 25, 4, 2, 1, 1, 1})) {
    case 1: return path + "/";
    case 2: return "/" + path + "//";
    case 3: return "/." + path + "/.";
    case 4: return path + "/../" + name_of(path);
    case 5: return token("ORIGIN") + "/" + relative_path(origin, path);
    case 6: return path.size() > 1 ? path.substr(1) : ".";
    case 7: return relative_path("/", path) + "/./";
    case 8: return token("ORIGIN") + path;
    case 9: return origin + "/" + relative_path(origin, path);
    case 10: return "/../.." + path;
    default: return path;
  }
}

std::string Spelling::file(const std::string& path, const std::string& origin) {
  return directory(parent_of(path), origin) + "/" + name_of(path);
}

std::string Spelling::element(const std::string& origin) {
  switch (dice_.weighted({84, 4, 3, 2, 3, 1, 1, 2})) {
    case 1: return "";
    case 2: return "/absent" + std::to_string(dice_.below(3));
    case 3: return files.empty() ? "" : directory(dice_.pick(files), origin);
    case 4: return token("ORIGIN");
    case 5: return ".";
    case 6: return "/";
    case 7: {
      static const std::vector<std::string> kWrong = {"$ORIGINX/", "${ORIGIN/", "$FOO/", "$LIBS/",
                                                      "$$ORIGIN/", "${LIB",     "$",     "$origin/",
                                                      "${}/",      "$ORIGIN_/"};
      return dice_.pick(kWrong) + relative_path(origin, dice_.pick(directories));
    }
    default: return directory(dice_.pick(directories), origin);
  }
}

std::string Spelling::list(const std::string& origin, const std::string& separators) {
  if (dice_.percent(2)) return "";
  std::string text, last;
  for (size_t count = dice_.weighted({0, 25, 30, 25, 20}); count > 0; --count) {
    last = !last.empty() && dice_.percent(4) ? last : element(origin);
    if (!text.empty()) text += separators[dice_.below(separators.size())];
    text += last;
  }
  if (dice_.percent(3)) text += separators[0];
  if (dice_.percent(2)) text = separators[0] + text;
  return text;
}

}  // namespace rootlet::test
