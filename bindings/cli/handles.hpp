// The handles of rootlet.h, freed when they go out of scope.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "rootlet.h"

namespace rootlet::cli {

struct Free {
  void operator()(rootlet_error* handle) const { rootlet_error_free(handle); }
  void operator()(rootlet_text* handle) const { rootlet_text_free(handle); }
  void operator()(rootlet_options* handle) const { rootlet_options_free(handle); }
  void operator()(rootlet_root* handle) const { rootlet_root_free(handle); }
  void operator()(rootlet_closure* handle) const { rootlet_closure_free(handle); }
  void operator()(rootlet_audit* handle) const { rootlet_audit_free(handle); }
  void operator()(rootlet_plan* handle) const { rootlet_plan_free(handle); }
};
template <typename T>
using Handle = std::unique_ptr<T, Free>;

// Where a call puts a handle that it makes: `rootlet_root_open(path, Out(root), Out(error))`.
template <typename T>
class Out {
 public:
  explicit Out(Handle<T>& handle) : handle_(handle) {}
  ~Out() { handle_.reset(made_); }
  operator T**() { return &made_; }

 private:
  Handle<T>& handle_;
  T* made_ = nullptr;
};

inline std::string_view view(const Handle<rootlet_text>& text) {
  return text == nullptr ? std::string_view() : std::string_view(rootlet_text_data(text.get()), rootlet_text_size(text.get()));
}

// What is fit for a terminal.
inline std::string printable(std::string_view bytes) {
  Handle<rootlet_text> text;
  Handle<rootlet_error> error;
  rootlet_printable(bytes.data(), bytes.size(), Out(text), Out(error));
  return std::string(view(text));
}

}  // namespace rootlet::cli
