// Calls and strings in Python expressions that load or locate something.
#pragma once

#include "data/scripts/python_imports.hpp"
#include "data/scripts/python_values.hpp"

namespace rootlet::scripts {

class PythonCalls {
 public:
  PythonCalls(const PythonReading& reading, PythonFacts& facts) : reading_(reading), facts_(facts), values_(reading.path) {}

  // A statement that is no import, or the header of one with a suite.
  void statement(PythonTokens tokens);
  // One name: is it watched?
  void mention(const PythonToken& token);
  // Makes room for an import; null once there are too many.
  PythonImport* add(const PythonToken& at);

 private:
  void all(PythonTokens tokens);
  void text(const PythonToken& token);
  void encoding(const PythonToken& token);
  void call(PythonTokens tokens, size_t place, bool member);
  void started(PythonTokens arguments, bool line);
  void members(std::string_view prefix, const PythonToken& at);
  void dynamic_import(PythonTokens arguments, const PythonToken& at);
  void search_path(PythonTokens tokens, size_t place);
  void path_entries(PythonTokens list);

  const PythonReading& reading_;
  PythonFacts& facts_;
  PythonValues values_;
  bool full_ = false;
};

}  // namespace rootlet::scripts
