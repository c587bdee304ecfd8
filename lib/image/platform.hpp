#pragma once

#include <string>

#include "oci/documents.hpp"
#include "rootlet/closure.hpp"
#include "rootlet/root.hpp"

namespace rootlet::image {

// The platform of an ELF file, in the words of config.md; no architecture for a machine that has no word there.
oci::Platform platform_of(const elf::Header& header);

// The platform that the first entry runs on: its own, or that of the program that runs it.
Result<oci::Platform> find_platform(const Closure& closure, Root& root);

}  // namespace rootlet::image
