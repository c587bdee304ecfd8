#include <fcntl.h>

#include <exception>
#include <iostream>

#include "commands.hpp"
#include "options.hpp"

// A standard stream that was closed is opened on what gives nothing and takes nothing; else the first file that is
// opened would take its place, and messages would end up in it.
static void keep_standard_streams() {
  for (int stream = 0; stream <= 2; ++stream) {
    if (::fcntl(stream, F_GETFD) < 0) ::open("/dev/null", stream == 0 ? O_WRONLY : O_RDONLY);
  }
}

int main(int argc, char** argv) {
  keep_standard_streams();
  try {
    auto parsed = rootlet::cli::parse(argc, argv);
    if (!parsed.options) return parsed.status;
    return rootlet::cli::run(*parsed.options);
  } catch (const std::exception& error) {
    std::cerr << "rootlet: " << rootlet::cli::printable(error.what()) << "\n";
    return 2;
  }
}
