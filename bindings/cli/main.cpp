#include <exception>
#include <iostream>

#include "commands.hpp"
#include "options.hpp"

int main(int argc, char** argv) {
  try {
    auto parsed = rootlet::cli::parse(argc, argv);
    if (!parsed.options) return parsed.status;
    return rootlet::cli::run(std::move(*parsed.options));
  } catch (const std::exception& error) {
    std::cerr << "rootlet: " << error.what() << "\n";
    return 2;
  }
}
