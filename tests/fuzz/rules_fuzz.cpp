#include "data/matcher.hpp"
#include "data/rules.hpp"
#include "fuzz/target.hpp"

using namespace rootlet;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::as_text(data, size);
  auto rules = data::parse_rules(text, "rules.toml");
  if (!rules) {
    fuzz::require(rules.error().message.starts_with("rules.toml"), "an error names the file");
    return 0;
  }
  MemoryTree tree;
  tree.file("/usr/bin/app", "");
  Root root = Root::in_memory(std::move(tree));
  std::vector<const data::Rule*> pointers;
  for (const data::Rule& rule : *rules) {
    fuzz::require(!rule.name.empty() && !rule.because.empty() && !rule.source.empty(), "a rule says what it is and why");
    pointers.push_back(&rule);
  }
  data::Matcher matcher(root, pointers);
  const data::Evidence evidence;
  data::Subject subject{root.walk("/usr/bin/app").node, "/usr/bin/app", data::kEntry, "libapp.so", {}, "app", &evidence, data::CLibrary::glibc};
  for (const data::Match& match : matcher.match(subject)) fuzz::require(match.rule != nullptr, "a match has its rule");
  return 0;
}

std::vector<std::string> fuzz::seeds() {
  return {"[[rule]]\nname = \"a\"\nbecause = \"b\"\nsource = \"c\"\n[rule.when]\nsoname = [\"lib*.so\"]\nrole = [\"entry\"]\n[rule.then]\nfiles = [\"/etc/{*}\"]\nrequired = true\n",
          "[[rule]]\nname = \"a\"\nbecause = \"b\"\nsource = \"c\"\nwhen = { path = [\"*[a-z]*\"], import = [\"x\"], string = [\"/y\"] }\nthen = { ignore = \"strings\" }\n", "rule = 1\n", "[[rule]]\n[rule.when]\n"};
}
