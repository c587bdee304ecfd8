#include "report/before.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "base/json_writer.hpp"

namespace rootlet::report {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxBytes = 256u << 20;
constexpr int kMaxDepth = 16;
constexpr size_t kMaxValues = 20'000'000;  // what so many take in memory is bounded, too

struct Field {
  enum Type { text, hex, number, flag };
  const char* name;
  Type type;
  bool required = false;
};
constexpr Field kFile[] = {{"path", Field::text, true}, {"path_hex", Field::hex}, {"type", Field::text, true},
                           {"generated", Field::flag}, {"size", Field::number}, {"target", Field::text},
                           {"target_hex", Field::hex}, {"mode", Field::text}, {"package", Field::text},
                           {"package_note", Field::text}};
constexpr Field kReason[] = {{"kind", Field::text, true}, {"by", Field::text, true}, {"by_hex", Field::hex},
                             {"detail", Field::text, true}, {"detail_hex", Field::hex}, {"how", Field::text}};
constexpr Field kMissing[] = {{"name", Field::text, true}, {"name_hex", Field::hex}, {"by", Field::text, true},
                              {"by_hex", Field::hex}, {"kind", Field::text, true}};
constexpr Field kFinding[] = {{"kind", Field::text, true}, {"by", Field::text, true}, {"by_hex", Field::hex},
                              {"detail", Field::text, true}};

std::optional<int> digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return std::nullopt;
}

bool is_hex(std::string_view text) {
  return text.size() % 2 == 0 && std::all_of(text.begin(), text.end(), [](char c) { return digit(c).has_value(); });
}

std::string from_hex(std::string_view text) {
  std::string bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2)
    bytes += static_cast<char>(*digit(text[i]) << 4 | *digit(text[i + 1]));
  return bytes;
}

// Thrown out of the parser, and caught beside it.
struct Stop {
  const char* why;
};

Unexpected malformed(const std::string& what) { return fail(ErrorCode::malformed, "the earlier report " + what); }

class Copier {
 public:
  explicit Copier(const Closure& closure) : closure_(closure) {}

  Result<std::string> copy(const Json& from) {
    if (!from.is_object()) return malformed("is not an object");
    const auto schema = from.find("schema");
    if (schema == from.end()) return malformed("has no /schema");
    if (*schema != 1) return malformed("has /schema " + (schema->is_number() ? schema->dump() : "of another kind") + ", not 1");
    to_.begin_object();
    to_.key("schema");
    to_.number(1);
    constexpr Field kRoot[] = {{"root", Field::text, true}, {"root_hex", Field::hex}};
    copy_fields(from, "", kRoot, &to_);
    to_.key("entries");
    to_.begin_array();
    each(from, "", "entries", [&](const Json& entry, const std::string& place) {
      if (entry.is_string()) to_.string(entry.get_ref<const std::string&>());
      else wrong(place + " is not a text");
    });
    to_.end_array();
    copy_objects(from, "files", kFile);
    copy_objects(from, "missing", kMissing);
    copy_objects(from, "findings", kFinding);
    to_.end_object();
    if (!wrong_.empty()) return malformed("is not one: " + wrong_);
    return to_.take();
  }

 private:
  void wrong(std::string what) {
    if (wrong_.empty()) wrong_ = std::move(what);
  }

  template <typename Visit>
  void each(const Json& from, const std::string& place, const char* name, Visit&& visit) {
    const std::string here = place + "/" + name;
    const auto array = from.find(name);
    if (array == from.end() || !array->is_array()) return wrong(here + " is not an array");
    for (size_t i = 0; i < array->size() && wrong_.empty(); ++i) visit((*array)[i], here + "/" + std::to_string(i));
  }

  // Without `to` they are only looked at.
  void copy_fields(const Json& from, const std::string& place, std::span<const Field> fields, JsonWriter* to) {
    for (const Field& field : fields) {
      const auto value = from.find(field.name);
      const std::string here = place + "/" + field.name;
      if (value == from.end()) {
        if (field.required) wrong(here + " is not there");
        continue;
      }
      if (const char* const why = mismatch(*value, field.type)) return wrong(here + " is not " + why);
      if (to == nullptr) continue;
      to->key(field.name);
      if (field.type == Field::number) to->number(value->get<uint64_t>());
      else if (field.type == Field::flag) to->boolean(value->get<bool>());
      else to->string(value->get_ref<const std::string&>());
    }
  }

  // What the value is not, or null.
  static const char* mismatch(const Json& value, Field::Type type) {
    switch (type) {
      case Field::text: return value.is_string() ? nullptr : "a text";
      case Field::hex: return value.is_string() && is_hex(value.get_ref<const std::string&>()) ? nullptr : "hexadecimal";
      case Field::number: return value.is_number_unsigned() ? nullptr : "a number of bytes";
      case Field::flag: return value.is_boolean() ? nullptr : "true or false";
    }
    return nullptr;
  }

  void copy_objects(const Json& from, const char* name, std::span<const Field> fields) {
    to_.key(name);
    to_.begin_array();
    each(from, "", name, [&](const Json& item, const std::string& place) {
      if (!item.is_object()) return wrong(place + " is not an object");
      to_.begin_object();
      copy_fields(item, place, fields, &to_);
      if (fields.data() == kFile && wrong_.empty()) copy_reasons(item, place);
      to_.end_object();
    });
    to_.end_array();
  }

  void copy_reasons(const Json& file, const std::string& place) {
    const auto hex = file.find("path_hex");
    const auto& named = (hex != file.end() ? *hex : file["path"]).get_ref<const std::string&>();
    const bool there = closure_.find(hex != file.end() ? from_hex(named) : named) != nullptr;
    if (there) {
      each(file, place, "reasons", [&](const Json& reason, const std::string& here) { copy_reason(reason, here, nullptr); });
      return;
    }
    to_.key("reasons");
    to_.begin_array();
    each(file, place, "reasons", [&](const Json& reason, const std::string& here) {
      to_.begin_object();
      copy_reason(reason, here, &to_);
      to_.end_object();
    });
    to_.end_array();
  }

  void copy_reason(const Json& reason, const std::string& place, JsonWriter* to) {
    if (!reason.is_object()) return wrong(place + " is not an object");
    copy_fields(reason, place, kReason, to);
  }

  const Closure& closure_;
  JsonWriter to_{JsonWriter::Style::script};
  std::string wrong_;  // the first thing that is
};

}  // namespace

Result<std::string> read_before(std::string_view text, const Closure& closure) {
  if (text.size() > kMaxBytes) return fail(ErrorCode::too_large, "the earlier report has more than 256 MiB");
  size_t values = 0;
  const auto bound = [&values](int depth, Json::parse_event_t, Json&) {
    if (depth > kMaxDepth) throw Stop{"is nested too deep"};
    if (++values > kMaxValues) throw Stop{"holds too many values"};
    return true;
  };
  try {
    return Copier(closure).copy(Json::parse(text, bound));
  } catch (const Stop& stop) {
    return malformed(stop.why);
  } catch (const Json::parse_error& error) {
    return malformed("is not JSON: wrong at byte " + std::to_string(error.byte) + " of " + std::to_string(text.size()));
  } catch (const Json::out_of_range&) {
    return malformed("is not JSON: a number in it is too large");
  }
}

}  // namespace rootlet::report
