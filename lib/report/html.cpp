#include "rootlet/report.hpp"

namespace rootlet {

Result<std::string> to_html(const Closure&, std::string_view) { return fail(ErrorCode::unsupported, "this version makes no pages yet"); }

}  // namespace rootlet
