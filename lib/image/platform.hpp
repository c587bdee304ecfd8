#pragma once

#include <string>

#include "oci/documents.hpp"
#include "rootlet/closure.hpp"
#include "rootlet/root.hpp"

namespace rootlet::image {

// The platform of an ELF file, in the words of config.md; no architecture for a machine that has no word there.
oci::Platform platform_of(const elf::Header& header);

// The platform that every entry runs on, which is that of its file, or of the program that runs it: the one that two of them share, or
// the 64-bit one that runs programs of the 32-bit one as well. Of entries that are no programs, that of the first program in the closure.
Result<oci::Platform> find_platform(const Closure& closure, Root& root);

// Whether there is a platform on which all entries run; entries that are no programs run everywhere.
Result<void> check_platforms(const Closure& closure, Root& root);

}  // namespace rootlet::image
