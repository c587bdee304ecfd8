#include "closure/script.hpp"
#include "fuzz/target.hpp"

using namespace rootlet;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes bytes(fuzz::as_text(data, size));
  (void)env_command(bytes.text());
  const auto shebang = parse_shebang(bytes);
  if (!shebang || !*shebang) return 0;
  fuzz::require(!(*shebang)->interpreter.empty(), "an interpreter has a name");
  fuzz::require((*shebang)->interpreter.size() < kShebangBytes, "of a length that the kernel reads");
  if (const auto& argument = (*shebang)->argument) {
    fuzz::require(argument->find('\n') == std::string::npos, "an argument is a part of one line");
    (void)env_command(*argument);
  }
  return 0;
}

std::vector<std::string> fuzz::seeds() {
  return {"#!/bin/sh -e\n", "#! \t/usr/bin/env -S A=1 'perl' \"-x\\_y\" \\c\n", "#!/usr/bin/env --split-string=-u HOME -- python3",
          "#!/" + std::string(252, 'a') + "\n", std::string("#!/bin/sh\0x\n", 12), "-vS FOO=bar ${X} cmd # rest"};
}
