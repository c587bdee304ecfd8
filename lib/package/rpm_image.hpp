// rpm's SQLite database, read from bytes in memory: SQLite itself opens no file.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "rootlet/base.hpp"

struct sqlite3;

namespace rootlet::package {

class RpmImage {
 public:
  // The content of rpmdb.sqlite.
  static Result<RpmImage> open(std::string content);

  using HeaderVisitor = std::function<void(int64_t number, Bytes header)>;

  // Every header in the table Packages, by number. The headers together may be no larger than the database.
  Result<void> each(const HeaderVisitor& visit);

  // The header of that number, if there is one.
  Result<void> one(int64_t number, const HeaderVisitor& visit);

 private:
  struct Closer {
    void operator()(sqlite3* handle) const;
  };

  RpmImage() = default;
  Result<void> query(const char* sql, int64_t number, const HeaderVisitor& visit);

  static constexpr int kStepsPerCall = 1000;
  uint64_t calls_left_ = 20'000;  // of SQLite's virtual machine, kStepsPerCall steps each, all queries together

  std::unique_ptr<std::string> content_;  // stays where it is: the handle reads it
  std::unique_ptr<sqlite3, Closer> handle_;
};

}  // namespace rootlet::package
