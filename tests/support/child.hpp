// What every helper that starts a program in a world of its own has to do on the way.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

namespace rootlet::test {

// All that was written to the file, wherever its position is now.
inline std::string content_of(int descriptor) {
  std::string content;
  char buffer[65536];
  ssize_t length = 0;
  while ((length = ::pread(descriptor, buffer, sizeof buffer, static_cast<off_t>(content.size()))) > 0) content.append(buffer, static_cast<size_t>(length));
  return content;
}

// As execve(2) takes them; they point into the texts.
inline std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

// Ends a child that could not become what it was started for; the status is no program's own.
[[noreturn]] inline void give_up(const char* what) {
  ::dprintf(2, "%s: %s\n", what, std::strerror(errno));
  ::_exit(126);
}

}  // namespace rootlet::test
