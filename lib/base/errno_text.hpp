#pragma once

#include <string>

namespace rootlet {

// "No such file or directory": the same in every language that a program speaks.
std::string errno_text(int errno_value);

}  // namespace rootlet
