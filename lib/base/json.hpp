// JSON from strangers: small documents, read as a whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rootlet/base.hpp"

namespace rootlet {

struct JsonValue {
  enum Type { null, boolean, number, string, array, object };
  Type type = null;
  std::string text;                                         // of a string; of a number or boolean, as JSON writes it
  std::vector<JsonValue> items;                             // of an array
  std::vector<std::pair<std::string, JsonValue>> members;   // of an object, as they are written; of one name the last counts

  // Not implied, since clang 14 then wants to know std::pair<…, JsonValue> before JsonValue is complete.
  JsonValue();
  JsonValue(const JsonValue& other);
  JsonValue(JsonValue&& other) noexcept;
  JsonValue& operator=(const JsonValue& other);
  JsonValue& operator=(JsonValue&& other) noexcept;
  ~JsonValue();

  bool is(Type wanted) const { return type == wanted; }
  // The member of that name, or null.
  const JsonValue* find(std::string_view name) const;
  // The text of the member of that name, or empty if it is none.
  std::string text_of(std::string_view name) const;
  // The member of that name as a count, or nothing if it is no number from 0 to 2^64-1.
  std::optional<uint64_t> count_of(std::string_view name) const;
};

inline constexpr size_t kMaxJsonDepth = 200;

// Nothing if it is no JSON, or nested deeper than any real document.
std::optional<JsonValue> parse_json(std::string_view text);

// The same, of at most so many values. An error says why not and at which byte; `shown` is what the text is called in it.
Result<JsonValue> read_json(std::string_view text, const std::string& shown, size_t most_values);

}  // namespace rootlet
