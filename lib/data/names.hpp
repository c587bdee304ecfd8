// The name service switch: users, groups, hosts, services.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "data/c_library.hpp"
#include "data/taker.hpp"

namespace rootlet::data {

class NameServices {
 public:
  NameServices(Root& root, Taker& taker) : root_(root), taker_(taker) {}

  // What lookups in a database of nsswitch.conf need ("passwd", "hosts", …). glibc loads a module for each
  // service that is not built in; musl reads few of the files.
  void database(Taking& taking, const std::string& name, CLibrary libc);

  static constexpr uint64_t kMaxFileBytes = 4 << 20;

 private:
  std::vector<std::string> services(const std::string& database);
  void generate_users(Taking& taking, const std::string& path, std::string_view fallback, bool group);
  std::string text_of(const std::string& path);

  Root& root_;
  Taker& taker_;
  std::set<std::string> done_;
};

}  // namespace rootlet::data
