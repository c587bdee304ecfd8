// base: results, errors, and the one door for untrusted bytes.
//
// Everything here is a value type; nothing allocates behind your back except std::string and
// std::vector, nothing prints, nothing touches process state. All of it is safe to use from several
// threads as long as no two of them write to the same object.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <version>

#if !__has_include("rootlet/config.hpp")
#error "rootlet/config.hpp is made when rootlet is configured; include the headers of an installed rootlet, or its BUILD/include as well"
#endif
#include "rootlet/config.hpp"

#if ROOTLET_STD_EXPECTED
#if !defined(__cpp_lib_expected) || __cpp_lib_expected < 202202L
#error "this rootlet was built as C++23, with std::expected; what includes its headers must be compiled as C++23, too"
#endif
#include <expected>
#endif

namespace rootlet {

// The version of the library, "0.1.0".
std::string_view version();

// What went wrong, in kinds that a program can act on. The numbers are stable.
enum class ErrorCode : int {
  invalid_argument = 1,  // the caller's own words are off: a bad option, a relative path
  not_found = 2,         // a path that should exist does not
  not_a_directory = 3,   // a component, or the root itself, is not a directory
  permission_denied = 4,
  io = 5,                // the system refused to read or write for any other reason
  malformed = 6,         // bytes that are not what they claim to be
  unsupported = 7,       // understood, and not handled
  already_exists = 8,    // an output that would have to be overwritten
  too_large = 9,         // a bound on counts, sizes or depth was reached
  cancelled = 10,        // a progress callback asked to stop
};

// The word used for `code` in messages and in JSON ("not_found").
std::string_view to_string(ErrorCode code);

// An error is made where it is known and passed up untouched. `message` says what is wrong, where
// (an offset, a field, a path), and where possible what to do; `path` is the file concerned, as it
// is named inside the root, or empty.
struct Error {
  ErrorCode code = ErrorCode::io;
  std::string message;
  std::string path;
};

// Result<T> is std::expected<T, Error> where the library was built as C++23 (rootlet/config.hpp); else, in programs of any
// standard, a class with the same names for the part that is used here.
#if ROOTLET_STD_EXPECTED
template <typename T>
using Result = std::expected<T, Error>;
using Unexpected = std::unexpected<Error>;
#else
class Unexpected {
 public:
  explicit Unexpected(Error error) : error_(std::move(error)) {}
  Error& error() & { return error_; }
  const Error& error() const& { return error_; }
  Error&& error() && { return std::move(error_); }

 private:
  Error error_;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Unexpected unexpected) : state_(std::in_place_index<1>, std::move(unexpected).error()) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & { return assert(has_value()), std::get<0>(state_); }
  const T& value() const& { return assert(has_value()), std::get<0>(state_); }
  T&& value() && { return assert(has_value()), std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  Error& error() & { return assert(!has_value()), std::get<1>(state_); }
  const Error& error() const& { return assert(!has_value()), std::get<1>(state_); }
  Error&& error() && { return assert(!has_value()), std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Unexpected unexpected) : error_(std::move(unexpected).error()) {}

  bool has_value() const { return !error_; }
  explicit operator bool() const { return has_value(); }
  void value() const { assert(has_value()); }

  Error& error() & { return assert(error_), *error_; }
  const Error& error() const& { return assert(error_), *error_; }
  Error&& error() && { return assert(error_), *std::move(error_); }

 private:
  std::optional<Error> error_;
};
#endif

// Shorthand for `return fail(...)`.
[[nodiscard]] inline Unexpected fail(ErrorCode code, std::string message, std::string path = {}) {
  return Unexpected(Error{code, std::move(message), std::move(path)});
}

// The error for an errno value of a failed call; `what` says what was attempted. ENOMEM throws std::bad_alloc, as any lack of
// memory does.
Error error_from_errno(int errno_value, std::string_view what, std::string path);

enum class ByteOrder : uint8_t { little, big };

// A read-only view of bytes that nobody vouches for. Only this class adds two file offsets or casts
// a byte pointer: every other reader of files goes through it. The bytes must outlive the view.
class Bytes {
 public:
  Bytes() = default;
  explicit Bytes(std::span<const std::byte> data) : data_(data) {}
  explicit Bytes(std::string_view text) : data_(std::as_bytes(std::span(text.data(), text.size()))) {}

  uint64_t size() const { return data_.size(); }
  bool empty() const { return data_.empty(); }
  std::span<const std::byte> span() const { return data_; }

  // [offset, offset + length), or nothing. Safe for any 64-bit offset and length.
  std::optional<Bytes> sub(uint64_t offset, uint64_t length) const {
    if (offset > data_.size() || length > data_.size() - offset) return std::nullopt;
    return Bytes(data_.subspan(offset, length));
  }

  // From offset to the end, or nothing if offset lies beyond it.
  std::optional<Bytes> from(uint64_t offset) const {
    if (offset > data_.size()) return std::nullopt;
    return Bytes(data_.subspan(offset));
  }

  // An unsigned integer of sizeof(T) bytes at offset, in the given byte order, or nothing.
  template <typename T>
  std::optional<T> number(uint64_t offset, ByteOrder order) const {
    static_assert(std::is_unsigned_v<T>);
    auto field = sub(offset, sizeof(T));
    if (!field) return std::nullopt;
    T value = 0;
    for (size_t i = 0; i < sizeof(T); ++i) {
      size_t shift = order == ByteOrder::little ? i : sizeof(T) - 1 - i;
      value |= static_cast<T>(static_cast<T>(std::to_integer<uint8_t>(field->data_[i])) << (8 * shift));
    }
    return value;
  }

  // The NUL-terminated string at offset, without its NUL, or nothing if no NUL follows.
  std::optional<std::string_view> c_string(uint64_t offset) const {
    auto rest = from(offset);
    if (!rest || rest->empty()) return std::nullopt;
    const void* end = std::memchr(rest->data_.data(), 0, rest->data_.size());
    if (end == nullptr) return std::nullopt;
    std::string_view text = rest->text();
    return text.substr(0, static_cast<size_t>(static_cast<const char*>(end) - text.data()));
  }

  // The same bytes as characters.
  std::string_view text() const {
    return {reinterpret_cast<const char*>(data_.data()), data_.size()};
  }

 private:
  std::span<const std::byte> data_;
};

// Something that can be read at any offset: a file of a root, or bytes in memory. A source is used
// by one thread at a time.
class Source {
 public:
  virtual ~Source() = default;

  // Fills `out` from `offset` as far as the content goes; returns the number of bytes read, fewer
  // than asked only at the end.
  virtual Result<size_t> read_at(uint64_t offset, std::span<std::byte> out) const = 0;

  // Bytes in all, as known when the source was looked up.
  virtual uint64_t size() const = 0;
};

// A Source over bytes that the caller keeps alive.
class MemorySource final : public Source {
 public:
  explicit MemorySource(Bytes bytes) : bytes_(bytes) {}
  Result<size_t> read_at(uint64_t offset, std::span<std::byte> out) const override;
  uint64_t size() const override { return bytes_.size(); }

 private:
  Bytes bytes_;
};

// Everything in `source`, or an error if it holds more than `limit` bytes.
Result<std::string> read_all(const Source& source, uint64_t limit);

}  // namespace rootlet
