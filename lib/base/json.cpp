#include "base/json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace rootlet {
namespace {

using Json = nlohmann::json;

// Builds the document itself: the destructor of nlohmann's allocates, and ends the process where there is no memory.
class Builder : public nlohmann::json_sax<Json> {
 public:
  explicit Builder(JsonValue& top) { open_.push_back(&top); }

  bool null() override { return put(JsonValue::null); }
  bool boolean(bool) override { return put(JsonValue::boolean); }
  bool number_integer(number_integer_t) override { return put(JsonValue::number); }
  bool number_unsigned(number_unsigned_t) override { return put(JsonValue::number); }
  bool number_float(number_float_t, const string_t&) override { return put(JsonValue::number); }
  bool string(string_t& text) override { return put(JsonValue::string, std::move(text)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(size_t) override { return begin(JsonValue::object); }
  bool start_array(size_t) override { return begin(JsonValue::array); }
  bool end_object() override { return open_.pop_back(), true; }
  bool end_array() override { return open_.pop_back(), true; }
  bool key(string_t& name) override { return name_ = std::move(name), true; }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

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

  bool put(JsonValue::Type type, std::string text = {}) {
    JsonValue& value = place();
    value.type = type;
    value.text = std::move(text);
    return true;
  }

  bool begin(JsonValue::Type type) {
    if (open_.size() > kMaxJsonDepth) return false;
    JsonValue& value = place();
    value.type = type;
    open_.push_back(&value);
    return true;
  }

  static constexpr size_t kMostCompared = 256;  // so that no document takes long

  std::vector<JsonValue*> open_;  // the top, and what is begun and not ended; all last in what holds them
  std::string name_;
};

}  // namespace

const JsonValue* JsonValue::find(std::string_view name) const {
  const auto found = std::find_if(members.rbegin(), members.rend(), [name](const auto& member) { return member.first == name; });
  return found == members.rend() ? nullptr : &found->second;
}

std::string JsonValue::text_of(std::string_view name) const {
  const JsonValue* found = find(name);
  return found != nullptr && found->is(string) ? found->text : std::string();
}

std::optional<JsonValue> parse_json(std::string_view text) {
  JsonValue top;
  Builder builder(top);
  if (!Json::sax_parse(text, &builder)) return std::nullopt;
  return top;
}

}  // namespace rootlet
