#include "data/evidence.hpp"

#include <algorithm>

#include "base/json.hpp"

namespace rootlet::data {
namespace {

constexpr size_t kPiece = 256 << 10;  // read at a time: stays in the processor's cache

bool is_path_character(char c) { return static_cast<unsigned char>(c) > ' ' && c != 0x7f; }

// A path that somebody could have written: no control characters, nothing that only a pattern has.
bool is_path(std::string_view text) {
  return text.size() > 1 && text[0] == '/' && text[1] != '/' && std::all_of(text.begin(), text.end(), is_path_character);
}

// "libz.so.1", "libfoo-2.so".
bool is_library_name(std::string_view text) {
  if (!text.starts_with("lib") || text.size() > 255) return false;
  const size_t so = text.rfind(".so");
  if (so == std::string_view::npos) return false;
  const std::string_view rest = text.substr(so + 3);
  if (!rest.empty() && rest.front() != '.') return false;
  return std::all_of(rest.begin(), rest.end(), [](char c) { return (c >= '0' && c <= '9') || c == '.'; }) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_path_character(c) && c != '/' && c != '%'; });
}

class Collector {
 public:
  Collector(const KnownStrings& known, const std::function<bool(std::string_view)>& exists, Evidence& evidence)
      : known_(known), exists_(exists), evidence_(evidence) {
    for (size_t second = 1; second < 256; ++second) {
      wanted_[static_cast<size_t>('/') << 8 | second] = true;
      for (size_t first = 1; first < 256; ++first) {
        if (known.may_start(static_cast<unsigned char>(first), static_cast<unsigned char>(second))) wanted_[first << 8 | second] = true;
      }
    }
    for (const char* start : {"li", "..", "%s"}) {
      wanted_[static_cast<size_t>(static_cast<unsigned char>(start[0])) << 8 | static_cast<unsigned char>(start[1])] = true;
    }
  }

  const std::bitset<65536>& wanted() const { return wanted_; }

  void text(std::string_view text) {
    if (known_.has(text)) keep(evidence_.known, text);
    if (text.front() == '/') return paths(text);
    if (is_library_name(text)) return keep(evidence_.libraries, text);
    if ((text.starts_with("%s/") || text.starts_with("../")) && text.size() > 4 && text.find('%', 2) == std::string_view::npos &&
        std::all_of(text.begin(), text.end(), is_path_character)) {
      keep(evidence_.relative, text.substr(3));
    }
  }

  // Strings without an end of their own: at each slash, the longest path that is there.
  size_t run_together(std::string_view block, bool last) {
    size_t at = 0;
    const size_t usable = last ? block.size() : block.size() > kMaxEvidenceText ? block.size() - kMaxEvidenceText : 0;
    while ((at = block.find('/', at)) < usable) {
      std::string_view rest = block.substr(at, kMaxEvidenceText);
      const size_t end = static_cast<size_t>(std::find_if_not(rest.begin(), rest.end(), is_path_character) - rest.begin());
      for (const std::string& path : known_.paths()) {
        if (rest.starts_with(path)) keep(evidence_.known, path);
      }
      longest(rest.substr(0, end));
      ++at;
    }
    return usable;
  }

 private:
  void keep(std::vector<std::string>& list, std::string_view text) {
    if (list.size() < kMaxEvidence) list.emplace_back(text);
  }

  // One path, or several with colons between them.
  void paths(std::string_view text) {
    while (!text.empty()) {
      const size_t end = std::min(text.find(':'), text.size());
      if (is_path(text.substr(0, end))) keep(evidence_.paths, text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  // Component by component, as far as the root goes; within the last component, its longest part that is a name there.
  void longest(std::string_view text) {
    if (text.size() < 4 || text[1] == '/') return;
    size_t good = 0;
    for (size_t slash = text.find('/', 1); slash != std::string_view::npos; slash = text.find('/', slash + 1)) {
      if (!exists_(text.substr(0, slash))) break;
      good = slash;
    }
    if (good == 0) return;
    const size_t end = std::min(text.find('/', good + 1), text.size());
    for (size_t length = std::min(end, good + 256); length > good + 1; --length) {
      if (exists_(text.substr(0, length))) return keep(evidence_.paths, text.substr(0, length));
    }
    keep(evidence_.paths, text.substr(0, good));  // the next string begins with the slash
  }

  const KnownStrings& known_;
  const std::function<bool(std::string_view)>& exists_;
  Evidence& evidence_;
  std::bitset<65536> wanted_;
};

void sort_unique(std::vector<std::string>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

// Says whether the data holds a path of the Rust compiler's own sources, as panic messages do.
bool scan(const Source& source, const elf::Contents& contents, Collector& collector, bool run_together) {
  bool rust = false;
  uint64_t left = kMaxScanBytes;
  // Where code and constants share a segment, as they do for many machines and did for all before binutils 2.31, it is read as a whole.
  const bool separate = std::any_of(contents.segments.begin(), contents.segments.end(), [](const auto& segment) { return !segment.executable && !segment.writable; });
  const TextCallback each = [&](std::string_view text) { collector.text(text); };
  std::vector<std::byte> buffer(kPiece + kMaxEvidenceText);
  for (const elf::Contents::Segment& segment : contents.segments) {
    if (segment.executable && separate) continue;
    uint64_t at = segment.offset;
    const uint64_t end = segment.offset + std::min(segment.size, left);
    left -= std::min(segment.size, left);
    size_t kept = 0;  // bytes at the front of the buffer that were not consumed
    bool at_start = true;
    while (at < end) {
      const size_t want = std::min<uint64_t>(buffer.size() - kept, end - at);
      auto got = source.read_at(at, std::span(buffer).subspan(kept, want));
      if (!got || *got == 0) break;
      at += *got;
      const bool last = at >= end || *got < want;
      const std::string_view block = Bytes(std::span<const std::byte>(buffer.data(), kept + *got)).text();
      rust = rust || block.find("/rustc/") != std::string_view::npos;
      size_t consumed = scan_strings(block, at_start, last, collector.wanted(), each);
      if (run_together) consumed = std::min(consumed, collector.run_together(block, last));
      // Something without an end: what is kept must leave room for more.
      if (block.size() - consumed > kMaxEvidenceText) consumed = block.size() - kMaxEvidenceText;
      at_start = consumed > 0 && block[consumed - 1] == '\0';
      kept = block.size() - consumed;
      std::copy(buffer.begin() + static_cast<ptrdiff_t>(consumed), buffer.begin() + static_cast<ptrdiff_t>(block.size()), buffer.begin());
    }
  }
  return rust;
}

}  // namespace

bool Evidence::imports_any(std::initializer_list<std::string_view> names) const {
  return std::any_of(names.begin(), names.end(), [this](std::string_view name) { return imports.contains(std::string(name)); });
}

void KnownStrings::add(std::string_view text) {
  if (text.size() < 2 || has(text)) return;
  owned_.push_back(std::make_unique<std::string>(text));
  texts_.insert(*owned_.back());
  starts_[static_cast<size_t>(static_cast<unsigned char>(text[0])) << 8 | static_cast<unsigned char>(text[1])] = true;
  if (text.front() == '/') paths_.emplace_back(text);
}

std::string parse_package_note(std::string_view json) {
  const auto document = parse_json(json.substr(0, json.find('\0')));
  const JsonValue* name = document ? document->find("name") : nullptr;
  if (name == nullptr || !name->is(JsonValue::string)) return {};
  const JsonValue* version = document->find("version");
  return name->text + (version != nullptr && version->is(JsonValue::string) ? " " + version->text : "");
}

std::vector<DeclaredLibrary> parse_dlopen_note(std::string_view json) {
  std::vector<DeclaredLibrary> all;
  const auto document = parse_json(json.substr(0, json.find('\0')));
  if (!document) return all;
  for (const JsonValue& item : document->items) {
    const JsonValue* names = item.find("soname");
    if (names == nullptr) continue;
    DeclaredLibrary library;
    if (names->is(JsonValue::string)) library.names.push_back(names->text);
    for (const JsonValue& name : names->items) {
      if (name.is(JsonValue::string)) library.names.push_back(name.text);
    }
    if (library.names.empty()) continue;
    const std::string priority = item.text_of("priority");
    if (priority == "required") library.priority = DeclaredLibrary::required;
    if (priority == "suggested") library.priority = DeclaredLibrary::suggested;
    library.feature = item.text_of("feature");
    all.push_back(std::move(library));
  }
  return all;
}

Evidence read_evidence(const Source& source, const KnownStrings& known, const std::function<bool(std::string_view)>& exists) {
  Evidence evidence;
  auto contents = elf::read_contents(source);
  if (!contents) return evidence;
  for (const elf::Contents::Note& note : contents->notes) {
    if (note.owner == "Go") evidence.run_together = true;
    if (note.owner == "FDO" && note.type == elf::kNotePackage) evidence.package = parse_package_note(note.content);
    if (note.owner != "FDO" || note.type != elf::kNoteDlopen) continue;
    for (DeclaredLibrary& library : parse_dlopen_note(note.content)) evidence.declared.push_back(std::move(library));
  }
  for (std::string& name : contents->imports) evidence.imports.insert(std::move(name));
  Collector collector(known, exists, evidence);
  if (scan(source, *contents, collector, evidence.run_together) && !evidence.run_together) {
    evidence.run_together = true;
    scan(source, *contents, collector, true);
  }
  for (auto* list : {&evidence.paths, &evidence.libraries, &evidence.relative, &evidence.known}) sort_unique(*list);
  return evidence;
}

}  // namespace rootlet::data
