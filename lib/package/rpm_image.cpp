#include "package/rpm_image.hpp"

#include <sqlite3.h>

#include <cstddef>
#include <new>

namespace rootlet::package {
namespace {

constexpr int kMostHeaderBytes = 64 << 20;

struct Finalizer {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

// The file may hold any schema. What a query may touch: two columns of the table Packages, and its row number.
int authorize(void*, int action, const char* table, const char* column, const char*, const char* view) {
  if (action == SQLITE_SELECT) return SQLITE_OK;
  if (action != SQLITE_READ || view != nullptr || table == nullptr || column == nullptr) return SQLITE_DENY;
  const std::string_view name = column;
  return std::string_view(table) == "Packages" && (name == "hnum" || name == "blob" || name == "ROWID") ? SQLITE_OK : SQLITE_DENY;
}

int count_down(void* left) {
  uint64_t& calls = *static_cast<uint64_t*>(left);
  if (calls > 0) --calls;
  return calls == 0;
}

Unexpected sqlite_error(sqlite3* handle, const char* what) {
  if (handle == nullptr || sqlite3_errcode(handle) == SQLITE_NOMEM) throw std::bad_alloc();
  return fail(ErrorCode::malformed, std::string(what) + ": " + sqlite3_errmsg(handle));
}

}  // namespace

void RpmImage::Closer::operator()(sqlite3* handle) const { sqlite3_close(handle); }

Result<RpmImage> RpmImage::open(std::string content) {
  // Bytes 18 and 19 say that changes go to a write-ahead log; a database in memory has none, and SQLite refuses
  // it then (sqlite3_deserialize() in its documentation).
  if (content.size() > 19 && content[18] == 2 && content[19] == 2) content[18] = content[19] = 1;
  RpmImage image;
  image.content_ = std::make_unique<std::string>(std::move(content));
  sqlite3* handle = nullptr;
  const int opened = sqlite3_open_v2(":memory:", &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX, nullptr);
  image.handle_.reset(handle);
  if (opened != SQLITE_OK) return sqlite_error(handle, "SQLite cannot start");
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, kMostHeaderBytes);
  constexpr const char* kCareful = "PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY";
  if (sqlite3_exec(handle, kCareful, nullptr, nullptr, nullptr) != SQLITE_OK) return sqlite_error(handle, "SQLite cannot start");
  const auto size = static_cast<sqlite3_int64>(image.content_->size());
  auto* bytes = reinterpret_cast<unsigned char*>(image.content_->data());
  const int taken = sqlite3_deserialize(handle, "main", bytes, size, size, SQLITE_DESERIALIZE_READONLY);
  if (taken == SQLITE_NOMEM) throw std::bad_alloc();  // which the handle is not always told
  if (taken != SQLITE_OK) {
    return sqlite_error(handle, "not read as an SQLite database");
  }
  sqlite3_set_authorizer(handle, authorize, nullptr);
  return image;
}

Result<void> RpmImage::each(const HeaderVisitor& visit) {
  return query("SELECT hnum, blob FROM main.Packages WHERE hnum >= ?1", 0, visit);
}

Result<void> RpmImage::one(int64_t number, const HeaderVisitor& visit) {
  return query("SELECT hnum, blob FROM main.Packages WHERE hnum = ?1", number, visit);
}

Result<void> RpmImage::query(const char* sql, int64_t number, const HeaderVisitor& visit) {
  sqlite3* handle = handle_.get();
  sqlite3_progress_handler(handle, kStepsPerCall, count_down, &calls_left_);
  sqlite3_stmt* compiled = nullptr;
  const int prepared = sqlite3_prepare_v2(handle, sql, -1, &compiled, nullptr);
  const std::unique_ptr<sqlite3_stmt, Finalizer> statement(compiled);
  if (prepared != SQLITE_OK) return sqlite_error(handle, "has no readable table of packages");
  sqlite3_bind_int64(compiled, 1, number);
  uint64_t read = 0;
  int64_t last = -1;
  int state;
  while ((state = sqlite3_step(compiled)) == SQLITE_ROW) {
    const int64_t found = sqlite3_column_int64(compiled, 0);
    if (found <= last) return fail(ErrorCode::malformed, "package " + std::to_string(found) + " is not behind package " + std::to_string(last));
    last = found;
    const auto* blob = static_cast<const std::byte*>(sqlite3_column_blob(compiled, 1));
    const auto size = static_cast<size_t>(sqlite3_column_bytes(compiled, 1));
    read += size;
    if (read > content_->size()) return fail(ErrorCode::malformed, "its headers hold more bytes than the database");
    if (blob == nullptr && sqlite3_errcode(handle) == SQLITE_NOMEM) throw std::bad_alloc();
    if (blob != nullptr) visit(found, Bytes(std::span(blob, size)));
  }
  if (state != SQLITE_DONE) return sqlite_error(handle, "read in part only");
  return {};
}

}  // namespace rootlet::package
