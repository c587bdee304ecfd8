// A pax archive, member by member, through libarchive.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "layer/sink.hpp"
#include "rootlet/base.hpp"
#include "rootlet/plan.hpp"

struct archive;
struct archive_entry;

namespace rootlet::layer {

class Archive {
 public:
  explicit Archive(Sink& sink);
  ~Archive();
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;

  // Once, before anything else.
  Result<void> open();
  // Begins the member for an entry, which is not "/".
  Result<void> begin(const PlanEntry& entry);
  // Of its content, in order, entry.size bytes in all.
  Result<void> add(std::span<const std::byte> bytes);
  Result<void> end();
  // Writes the end of the archive.
  Result<void> finish();

 private:
  struct Free {
    void operator()(archive* handle) const;
    void operator()(archive_entry* entry) const;
  };
  static ssize_t write_block(archive* handle, void* self, const void* data, size_t length);
  void describe(const PlanEntry& entry);
  Result<void> check(bool good, std::string_view what);

  Sink& sink_;
  std::optional<Error> error_;  // of the sink
  bool no_memory_ = false;      // the sink's exception, which libarchive's frames cannot carry
  bool discarding_ = false;
  std::unique_ptr<archive, Free> handle_;
  std::unique_ptr<archive_entry, Free> member_;
};

}  // namespace rootlet::layer
