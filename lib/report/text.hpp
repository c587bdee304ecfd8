// Pieces that the reports for people share.
#pragma once

#include <string>
#include <string_view>

namespace rootlet {

class Paint {
 public:
  explicit Paint(bool color) : color_(color) {}
  std::string dim(std::string_view text) const { return wrap("2", text); }
  std::string red(std::string_view text) const { return wrap("31", text); }
  std::string green(std::string_view text) const { return wrap("32", text); }
  std::string bold(std::string_view text) const { return wrap("1", text); }

 private:
  std::string wrap(const char* code, std::string_view text) const {
    return color_ ? "\033[" + std::string(code) + "m" + std::string(text) + "\033[0m" : std::string(text);
  }
  bool color_;
};

// "1.2 MiB".
std::string size_text(unsigned long long bytes);

}  // namespace rootlet
