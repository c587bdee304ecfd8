// Findings, each once, whatever the number of programs that it concerns.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "audit/program.hpp"
#include "rootlet/audit.hpp"

namespace rootlet::auditing {

class Collector {
 public:
  // All that is noted from here on concerns this program.
  void begin(const std::string& program, bool library) { program_ = program, library_ = library; }

  void missing_library(const Load& load, const LoadFailure& failure, AuditEffect effect);
  void missing_interpreter(const std::string& object, std::string_view path, const std::string& why);
  void undefined(const Unbound& unbound, std::string nearest);
  void version(const Unmatched& unmatched, std::string nearest);
  void copy_size(const CopySize& found);
  void misbound(const Misbound& found);
  void unsupported(const Unsupported& found);
  void relr(const Object& object);
  void malformed(const std::string& object, const Error& error);

  void processor(const Object& object, const std::string& allowed, AuditEffect effect);
  void kernel(const Object& object, const std::string& allowed, AuditEffect effect);
  void static_tls(const Object& object, uint64_t wanted, uint64_t free, AuditEffect effect);
  void not_executable(const std::string& program);
  void not_openable(const Object& object);
  void unreached(const UnreachedFile& file);
  // What a program or library does without.
  void hardening(const Object& object, bool program);

  // With the object and the subject filled in.
  void note(AuditFinding finding);

  size_t size() const { return found_.size(); }
  std::vector<AuditFinding> take();

 private:
  std::string program_;
  bool library_ = false;
  std::map<std::string, size_t> undefined_;  // symbols, by object
  std::map<std::tuple<std::string_view, std::string, std::string>, std::pair<AuditFinding, std::set<std::string>>> found_;
};

// As Audit::findings are.
void sort(std::vector<AuditFinding>& findings);

}  // namespace rootlet::auditing
