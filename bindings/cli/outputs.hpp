// The files that a command writes: an output, and what stands beside it, as the manifest, the bill of materials, the digest, the rule for make.
#pragma once

#include <optional>
#include <string>

#include "options.hpp"

namespace rootlet::cli {

// Whether the output is an archive that goes to standard output.
bool is_standard_output(const Options& options);

// The kind of bill of materials that is wanted, or "none"; and where it goes.
std::string sbom_of(const Options& options);
std::string sbom_file(const Options& options);

// Why one of these files cannot be written where it should be, or would take the place of another output or of what is read; or nothing.
// What is found only when the output is in place leaves an output behind that the same command, repeated, may not overwrite.
std::optional<std::string> misplaced_output(const Options& options);

}  // namespace rootlet::cli
