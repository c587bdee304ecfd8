#include <array>
#include <cassert>
#include <cstdio>

#include "report/before.hpp"
#include "report/json.hpp"
#include "report/page.hpp"
#include "rootlet/report.hpp"

namespace rootlet {
namespace {

// As JsonWriter::Style::script.
void put_json(std::string& out, const report::Json& json) {
  const std::string text = json.dump(-1, ' ', false, report::Json::error_handler_t::replace);
  const auto byte = [&text](size_t at) { return static_cast<unsigned char>(text[at]); };
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned code = byte(i);
    size_t length = 1;
    if (code == 0xc2 && byte(i + 1) < 0xa0) code = byte(i + 1), length = 2;
    else if (code == 0xe2 && byte(i + 1) == 0x80 && (byte(i + 2) & 0xfe) == 0xa8) code = 0x2000 + (byte(i + 2) & 0x3f), length = 3;
    else if (code != '<' && code != '>' && code != '&' && code != 0x7f) {
      out += text[i];
      continue;
    }
    std::array<char, 8> escape;
    std::snprintf(escape.data(), escape.size(), "\\u%04x", code);
    out += escape.data();
    i += length - 1;
  }
}

}  // namespace

Result<std::string> to_html(const Closure& closure, std::string_view before) {
  report::Json earlier;
  if (!before.empty()) {
    auto read = report::read_before(before, closure);
    if (!read) return Unexpected(std::move(read).error());
    earlier = std::move(*read);
  }
  std::string_view page = report::page_files().front().text;
  std::string out;
  const auto put_until = [&](std::string_view mark) {
    const size_t at = page.find(mark);
    assert(at != page.npos);
    out += page.substr(0, at);
    page.remove_prefix(at + mark.size());
  };
  put_until("@DATA@");
  JsonWriter json(JsonWriter::Style::script);
  report::write_closure(json, closure);
  out += json.take();
  put_until("@BEFORE@");
  put_json(out, earlier);
  out += page;
  return out;
}

}  // namespace rootlet
