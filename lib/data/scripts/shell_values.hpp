// What the words of a shell script can come to.
#pragma once

#include "data/scripts/shell_parse.hpp"

namespace rootlet::scripts {

// Stands in a text for what is not known.
inline constexpr char kShellUnknown = '\x01';

class ShellValues {
 public:
  // `path` is the script: the value of $0.
  ShellValues(const ShellScript& script, Shell shell, std::string path) : script_(script), shell_(shell), path_(std::move(path)) {}

  // Every text that a word may come to by the assignments of the script, at most kMaxTexts; a text has
  // kShellUnknown where something is not known.
  std::vector<std::string> texts(const ShellWord& word) { return steps_ = 0, word_texts(word, 0); }

  static constexpr size_t kMaxTexts = 16;
  static constexpr size_t kMaxLength = 16384;

 private:
  using Texts = std::vector<std::string>;
  Texts word_texts(const ShellWord& word, int depth);
  Texts part_texts(const ShellPart& part, int depth);
  Texts variable(const ShellPart& part, int depth);
  bool circular(const ShellWord& word) const;
  Texts named(std::string_view name, int depth);
  Texts substitution(const std::string& text, int depth);
  Texts first_argument(const ShellCommand& command, int depth);

  const ShellScript& script_;
  Shell shell_;
  std::string path_;
  size_t steps_ = 0;
  std::vector<std::string_view> active_;  // variables whose values are being looked at

  static constexpr int kMaxDepth = 8;
  static constexpr size_t kMaxSteps = 2000;  // parts looked at for one word
};

}  // namespace rootlet::scripts
