// libarchive ends the process where it cannot copy a name (archive_string.c and archive_entry.c: __archive_errx), before it looks whether
// there was memory. So there is room for what it takes in small pieces, or an exception, before it is called.
#pragma once

#include <cstddef>
#include <new>

namespace rootlet {

inline void make_room_for_archive() {
  constexpr size_t kReserve = 64 << 10;
  operator delete(operator new(kReserve));
}

}  // namespace rootlet
