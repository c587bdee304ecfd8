// JSON from strangers: small documents, read as a whole.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rootlet {

struct JsonValue {
  enum Type { null, boolean, number, string, array, object };
  Type type = null;
  std::string text;                                         // of a string
  std::vector<JsonValue> items;                             // of an array
  std::vector<std::pair<std::string, JsonValue>> members;   // of an object, as they are written; of one name the last counts

  bool is(Type wanted) const { return type == wanted; }
  // The member of that name, or null.
  const JsonValue* find(std::string_view name) const;
  // The text of the member of that name, or empty if it is none.
  std::string text_of(std::string_view name) const;
};

inline constexpr size_t kMaxJsonDepth = 200;

// Nothing if it is no JSON, or nested deeper than any real document.
std::optional<JsonValue> parse_json(std::string_view text);

}  // namespace rootlet
