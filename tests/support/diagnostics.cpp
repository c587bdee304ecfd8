#include "support/diagnostics.hpp"

#include <sstream>

#include "support/elf_builder.hpp"
#include "support/temporary.hpp"

namespace rootlet::test {

std::map<std::string, std::string> loader_diagnostics(const std::string& loader) {
  std::map<std::string, std::string> values;
  const CommandResult result = run_command({loader, "--list-diagnostics"});
  if (result.status != 0) return values;
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) {
    const size_t equals = line.find('=');
    if (equals == std::string::npos) continue;
    std::string value = line.substr(equals + 1);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    values[line.substr(0, equals)] = value;
  }
  return values;
}

std::vector<std::string> diagnostic_list(const std::map<std::string, std::string>& diagnostics, const std::string& name) {
  std::vector<std::string> list;
  for (size_t i = 0; i < 16; ++i) {
    const char digit = "0123456789abcdef"[i];
    auto found = diagnostics.find(name + "[0x" + digit + "]");
    if (found == diagnostics.end()) break;
    list.push_back(found->second);
  }
  return list;
}

std::vector<std::string> searched_for(const std::string& loader, bool is64, const std::string& text, const std::string& tunables) {
  TemporaryDirectory directory;
  ElfSpec spec;
  spec.is64 = is64;
  spec.machine = is64 ? 62 : 3;
  write_file(directory / "program", build_elf(spec.needs("lib-that-is-nowhere.so")), 0755);
  const CommandResult result = run_command({"env", "LD_DEBUG=libs", "GLIBC_TUNABLES=" + tunables, loader, "--library-path", text, directory / "program"});
  const size_t start = result.err.find("search path="), end = result.err.find("\t\t(--library-path)", start);
  if (start == std::string::npos || end == std::string::npos || end > result.err.find('\n', start)) return {};
  std::vector<std::string> dirs;
  std::istringstream path(result.err.substr(start + 12, end - start - 12));
  for (std::string dir; std::getline(path, dir, ':');) dirs.push_back(dir);
  return dirs;
}

}  // namespace rootlet::test
