// A closure as the JSON that all reports for programs share.
#pragma once

#include "base/json_writer.hpp"
#include "rootlet/closure.hpp"
#include "rootlet/inventory.hpp"

namespace rootlet::report {

// A member that is an array, each item written by `write`.
template <typename Items, typename Write>
void write_array(JsonWriter& json, const char* name, const Items& items, Write write) {
  json.key(name);
  json.begin_array();
  for (const auto& item : items) write(json, item);
  json.end_array();
}

// Schema 1, as to_json() gives it.
void write_closure(JsonWriter& json, const Closure& closure);

// The same without the end of the object; of each file also what it is in the layer, if there is one.
void write_members(JsonWriter& json, const Closure& closure, const Inventory* layer);

// A file of a layer as such an object.
void write_inventory_file(JsonWriter& json, const InventoryFile& file, bool with_reasons = false);

// A reason as resolve has it in "reasons".
void write_inventory_reason(JsonWriter& json, const InventoryReason& reason);

}  // namespace rootlet::report
