// What the reports of an audit have in common.
#pragma once

#include <string_view>

#include "rootlet/audit.hpp"

namespace rootlet::report {

// How an object is protected, in the order of the JSON, which has those that are of one kind of machine last.
inline constexpr std::string_view kProtections[] = {"relro", "pie", "nx", "canary", "fortify", "text_relocations", "rpath", "runpath",
                                                    "ibt", "shstk", "bti", "pac", "isa_needed", "kernel"};

// True of the rules on protections that are absent: there is one of these findings for most files, so that people get them in numbers.
bool is_hardening(std::string_view rule);

}  // namespace rootlet::report
