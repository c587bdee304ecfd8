#include "fuzz/target.hpp"
#include "rootlet/report.hpp"

using namespace rootlet;

// An earlier report is taken, and nothing in it ends the element that holds it, or it is refused with a reason.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Closure closure;
  const auto page = to_html(closure, fuzz::as_text(data, size));
  if (!page) {
    fuzz::require(page.error().code == ErrorCode::malformed && !page.error().message.empty(), "what is refused is malformed");
    return 0;
  }
  const size_t at = page->find("id=\"before\">");
  const std::string_view from = std::string_view(*page).substr(at + 12);
  fuzz::require(from.substr(from.find('<')).starts_with("</script>\n<script>"), "the first < behind the earlier report ends it");
  return 0;
}

std::vector<std::string> fuzz::seeds() {
  const std::string files =
      R"("files":[{"path":"/a<b","type":"file","size":5,"mode":"0644","package":"p 1","reasons":)"
      R"([{"kind":"needed","by":"/b","detail":"a","how":"cache"}]},{"path":"/l\ufffd","path_hex":"2f6cff",)"
      R"("type":"symlink","target":"a&b","generated":true,"reasons":[]}])";
  const std::string rest =
      R"("missing":[{"name":"x","by":"/b","kind":"needed","tried":[]}],)"
      R"("findings":[{"kind":"unproved","by":"/b","detail":"</script>"}])";
  return {R"({"schema":1,"root":"/","entries":["/b"],)" + files + "," + rest + "}",
          R"({"schema":1,"root":"/","entries":[],"files":[],"missing":[],"findings":[]})",
          "[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]", R"({"schema": 1e400})", "null"};
}
