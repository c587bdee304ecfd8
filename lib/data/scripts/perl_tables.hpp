// What cannot be read off the text of Perl files, as data.
#pragma once

#include <span>
#include <string_view>

namespace rootlet::scripts {

// What a module loads by a name that it computes, or what the interpreter loads for it from C. Separated by
// blanks: modules, and files below @INC where there is a "/" or a "." in them; "*" stands for any text.
struct PerlHidden {
  std::string_view module;
  std::string_view needs;
};

// Modules that the interpreter loads where a variable, an operator, a method or a text comes up.
struct PerlTrigger {
  std::string_view text;
  std::string_view module;
};

std::span<const PerlHidden> perl_hidden();
std::span<const PerlTrigger> perl_variables();  // "%!", "$+{"
std::span<const PerlTrigger> perl_methods();    // of file handles: "autoflush"
// The module of an encoding's name, as Encode::Config has them; or empty.
std::string_view perl_encoding_module(std::string_view name);
// Whether a function loads the modules that its arguments name: load_class, use_module, extends.
bool loads_modules(std::string_view function);

}  // namespace rootlet::scripts
