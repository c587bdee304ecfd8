#include "base/json.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

namespace rootlet {
namespace {

using Json = nlohmann::json;

// Builds the document itself: the destructor of nlohmann's allocates, and ends the process where there is no memory.
class Builder : public nlohmann::json_sax<Json> {
 public:
  explicit Builder(JsonValue& top, size_t most_values = SIZE_MAX) : room_(most_values) { open_.push_back(&top); }

  // Where it stopped.
  enum class Stop : uint8_t { none, not_json, too_deep, too_many };
  Stop stop() const { return stop_; }
  size_t byte() const { return byte_; }

  bool null() override { return put(JsonValue::null); }
  bool boolean(bool value) override { return put(JsonValue::boolean, value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return put(JsonValue::number, std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return put(JsonValue::number, std::to_string(value)); }
  bool number_float(number_float_t, const string_t& text) override { return put(JsonValue::number, text); }
  bool string(string_t& text) override { return put(JsonValue::string, std::move(text)); }
  bool binary(binary_t&) override { return halt(Stop::not_json); }
  bool start_object(size_t) override { return begin(JsonValue::object); }
  bool start_array(size_t) override { return begin(JsonValue::array); }
  bool end_object() override { return open_.pop_back(), true; }
  bool end_array() override { return open_.pop_back(), true; }
  bool key(string_t& name) override { return name_ = std::move(name), true; }
  bool parse_error(size_t byte, const std::string&, const nlohmann::detail::exception&) override {
    byte_ = byte;
    return halt(Stop::not_json);
  }

 private:
  JsonValue& place() {
    JsonValue& in = *open_.back();
    if (in.is(JsonValue::array)) return in.items.emplace_back();
    if (!in.is(JsonValue::object)) return in;  // the top
    const auto end = in.members.begin() + static_cast<ptrdiff_t>(std::min(in.members.size(), kMostCompared));
    const auto same = std::find_if(in.members.begin(), end, [this](const auto& member) { return member.first == name_; });
    if (same != end) return same->second = JsonValue();
    return in.members.emplace_back(std::move(name_), JsonValue()).second;
  }

  bool halt(Stop why) { return stop_ = why, false; }

  bool put(JsonValue::Type type, std::string text = {}) {
    if (room_-- == 0) return halt(Stop::too_many);
    JsonValue& value = place();
    value.type = type;
    value.text = std::move(text);
    return true;
  }

  bool begin(JsonValue::Type type) {
    if (open_.size() > kMaxJsonDepth) return halt(Stop::too_deep);
    if (room_-- == 0) return halt(Stop::too_many);
    JsonValue& value = place();
    value.type = type;
    open_.push_back(&value);
    return true;
  }

  static constexpr size_t kMostCompared = 256;  // so that no document takes long

  std::vector<JsonValue*> open_;  // the top, and what is begun and not ended; all last in what holds them
  std::string name_;
  size_t room_;
  size_t byte_ = 0;
  Stop stop_ = Stop::none;
};

}  // namespace

JsonValue::JsonValue() = default;
JsonValue::JsonValue(const JsonValue& other) = default;
JsonValue::JsonValue(JsonValue&& other) noexcept = default;
JsonValue& JsonValue::operator=(const JsonValue& other) = default;
JsonValue& JsonValue::operator=(JsonValue&& other) noexcept = default;
JsonValue::~JsonValue() = default;

const JsonValue* JsonValue::find(std::string_view name) const {
  const auto found = std::find_if(members.rbegin(), members.rend(), [name](const auto& member) { return member.first == name; });
  return found == members.rend() ? nullptr : &found->second;
}

std::string JsonValue::text_of(std::string_view name) const {
  const JsonValue* found = find(name);
  return found != nullptr && found->is(string) ? found->text : std::string();
}

std::optional<uint64_t> JsonValue::count_of(std::string_view name) const {
  const JsonValue* found = find(name);
  if (found == nullptr || !found->is(number)) return std::nullopt;
  uint64_t count = 0;
  const char* behind = found->text.data() + found->text.size();
  const auto [end, error] = std::from_chars(found->text.data(), behind, count);
  return error == std::errc() && end == behind ? std::optional(count) : std::nullopt;
}

std::optional<JsonValue> parse_json(std::string_view text) {
  JsonValue top;
  Builder builder(top);
  if (!Json::sax_parse(text, &builder)) return std::nullopt;
  return top;
}

Result<JsonValue> read_json(std::string_view text, const std::string& shown, size_t most_values) {
  JsonValue top;
  Builder builder(top, most_values);
  if (Json::sax_parse(text, &builder)) return top;
  switch (builder.stop()) {
    case Builder::Stop::too_deep: return fail(ErrorCode::malformed, shown + " is nested too deep");
    case Builder::Stop::too_many: return fail(ErrorCode::too_large, shown + " holds more than " + std::to_string(most_values) + " values");
    case Builder::Stop::not_json:
    case Builder::Stop::none: break;
  }
  if (builder.byte() > text.size()) return fail(ErrorCode::malformed, shown + " is not whole: its JSON ends after " + std::to_string(text.size()) + " bytes");
  return fail(ErrorCode::malformed, shown + " is not JSON: wrong at byte " + std::to_string(builder.byte()) + " of " + std::to_string(text.size()));
}

}  // namespace rootlet
