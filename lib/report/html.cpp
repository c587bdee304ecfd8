#include <cassert>

#include "report/before.hpp"
#include "report/json.hpp"
#include "report/page.hpp"
#include "rootlet/report.hpp"

namespace rootlet {

Result<std::string> to_html(const Closure& closure, std::string_view before) {
  std::string earlier = "null";
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
  out += earlier;
  out += page;
  return out;
}

}  // namespace rootlet
