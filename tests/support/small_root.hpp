// A root with this machine's loader and C library in it, and programs and libraries compiled for it.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "support/temporary.hpp"

namespace rootlet::test {

enum class Bits : uint8_t { x86_64, i386 };
inline std::ostream& operator<<(std::ostream& out, Bits bits) {
  return out << (bits == Bits::x86_64 ? "x86_64" : "i386");
}

class SmallRoot {
 public:
  explicit SmallRoot(Bits bits);

  // Why it cannot be built here, or an empty string.
  const std::string& why_not() const { return why_not_; }
  const std::string& path() const { return directory_.path(); }
  std::string operator/(const std::string& inside) const { return directory_ / inside; }

  // A library with a function `NAME` that returns `text`, and what it is linked with: other libraries, by
  // their paths in the root.
  void library(const std::string& inside, const std::string& soname, const std::string& name,
               const std::string& text, const std::vector<std::string>& linked = {});
  // A program that prints what the functions `names` return, one a line.
  void program(const std::string& inside, const std::vector<std::string>& names,
               const std::vector<std::string>& linked, const std::vector<std::string>& flags = {});
  void file(const std::string& inside, const std::string& content);

  // Runs ldconfig on it, which takes root.
  void ldconfig();

 private:
  void compile(const std::string& source, const std::string& inside, std::vector<std::string> flags,
               const std::vector<std::string>& linked);

  TemporaryDirectory directory_;
  Bits bits_;
  std::string why_not_;
};

// What `ldconfig -p` reads in a cache, one library a line, in its order.
std::vector<std::string> listed_by_ldconfig(const std::string& cache);

}  // namespace rootlet::test
