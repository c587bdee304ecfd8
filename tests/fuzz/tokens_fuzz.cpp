#include "fuzz/target.hpp"
#include "loader/state.hpp"

using namespace rootlet;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::as_text(data, size);
  bool platform = false;
  const auto with_all = expand_tokens(text, {"/origin", "lib64", "x86_64"}, &platform);
  fuzz::require(with_all.has_value(), "nothing is lost where every token has a value");
  if (text.find('$') == std::string_view::npos) fuzz::require(*with_all == text, "text without a token stays");
  if (const auto with_none = expand_tokens(text, {}, nullptr)) {
    fuzz::require(*with_none == text && *with_all == text, "what needs no value has no token");
  }
  return 0;
}

std::vector<std::string> fuzz::seeds() {
  return {"$ORIGIN/../$LIB:${PLATFORM}/x", "${ORIGIN/$ORIGINAL$$LIB${LIB}x", "/plain", "$", "${", "${}"};
}
