#include "data/scripts/interpreter_call.hpp"

#include "data/scripts/needs.hpp"

namespace rootlet::scripts {
namespace {

// The options of an interpreter: letters with a value, and what that value is.
struct Options {
  ScriptLanguage language;
  std::string_view valued;    // letters whose value is of no interest
  std::string_view code;      // letters whose value is code
  std::string_view module;    // letters whose value is a module
  std::string_view attached;  // letters whose value can only stand in the same argument, or not at all
  std::string_view before, after;  // what makes code of a module's name
};

constexpr Options kOptions[] = {
    {ScriptLanguage::python, "WX", "c", "m", "", "import runpy; runpy.run_module('", "')\n"},
    {ScriptLanguage::perl, "I", "eE", "mM", "0CdDFiltx", "use ", ";\n"},
    {ScriptLanguage::ruby, "ICEF", "e", "r", "0KTWix", "require '", "'\n"},
    {ScriptLanguage::node, "C", "ep", "r", "", "require('", "')\n"},
    {ScriptLanguage::php, "dctSzBRFE", "r", "", "", "", ""},
    {ScriptLanguage::lua, "", "e", "l", "", "require '", "'\n"},
    {ScriptLanguage::tcl, "", "", "", "", "", ""},
};

// Long options of node and php.
bool is_code(std::string_view option) { return one_of(option, {"--eval", "--print", "--run"}); }
bool is_module(std::string_view option) { return one_of(option, {"--require", "--import"}); }

class Reader {
 public:
  Reader(const Options& options, const std::vector<std::optional<std::string>>& arguments) : options_(options), arguments_(arguments) {}

  InterpreterCall read() {
    for (; place_ < arguments_.size() && !over_; ++place_) {
      const auto& argument = arguments_[place_];
      if (!argument) return call_;  // may be an option, or the script
      if (*argument == "--") {
        if (++place_ < arguments_.size() && arguments_[place_] && call_.code.empty()) call_.file = *arguments_[place_];
        return call_;
      }
      if (argument->starts_with("--")) {
        long_option(*argument);
      } else if (argument->starts_with('-')) {
        if (argument->size() == 1) return call_;  // from standard input
        letters(*argument);
      } else {
        if (!coded_) call_.file = *argument;
        return call_;
      }
    }
    return call_;
  }

 private:
  void code(std::string_view text) {
    if (options_.language == ScriptLanguage::php && call_.code.empty()) call_.code = "<?php ";
    call_.code.append(text).append("\n");
    coded_ = true;
    over_ = options_.language == ScriptLanguage::python;  // the rest are the program's own
  }

  void module(std::string text) {
    if (options_.language == ScriptLanguage::perl) {
      if (text.starts_with('-')) return;
      // -MModule=a,b
      text = text.substr(0, text.find('='));
    }
    call_.code.append(options_.before).append(text).append(options_.after);
    if (options_.language == ScriptLanguage::python) coded_ = over_ = true;
  }

  std::string next() {
    if (place_ + 1 >= arguments_.size()) return {};
    return arguments_[++place_].value_or("");
  }

  void long_option(const std::string& option) {
    const size_t equals = option.find('=');
    const std::string name = option.substr(0, equals);
    if (!is_code(name) && !is_module(name)) return;
    const std::string value = equals == std::string::npos ? next() : option.substr(equals + 1);
    if (is_code(name)) code(value);
    else module(value);
  }

  // A group of letters: the first one with a value has the rest, or the next argument.
  void letters(const std::string& group) {
    for (size_t i = 1; i < group.size(); ++i) {
      const char letter = group[i];
      const auto in = [&](std::string_view kind) { return kind.find(letter) != std::string_view::npos; };
      if (options_.language == ScriptLanguage::php && letter == 'f') {
        call_.file = i + 1 < group.size() ? group.substr(i + 1) : next();
        over_ = true;
        return;
      }
      if (in(options_.attached) && !(letter == 'l' && i + 1 < group.size() && !is_digit(group[i + 1]))) {
        if (letter == 'l' || letter == '0' || letter == 'C') {
          while (i + 1 < group.size() && is_digit(group[i + 1])) ++i;
          continue;
        }
        return;
      }
      if (!in(options_.valued) && !in(options_.code) && !in(options_.module)) continue;
      const std::string value = i + 1 < group.size() ? group.substr(i + 1) : next();
      if (in(options_.code)) code(value);
      else if (in(options_.module)) module(value);
      return;
    }
  }

  const Options& options_;
  const std::vector<std::optional<std::string>>& arguments_;
  size_t place_ = 0;
  bool coded_ = false, over_ = false;
  InterpreterCall call_;
};

}  // namespace

InterpreterCall interpreter_call(ScriptLanguage language, const std::vector<std::optional<std::string>>& arguments) {
  for (const Options& each : kOptions) {
    if (each.language == language) return Reader(each, arguments).read();
  }
  return {};
}

}  // namespace rootlet::scripts
