#include "handles.hpp"
#include "rootlet/report.hpp"

namespace rootlet::c {
namespace {

// There is no memory for an error that says so. Nothing is allocated for texts of this length.
rootlet_error no_memory{ROOTLET_NO_MEMORY, "out of memory", ""};

}  // namespace

int store(rootlet_error** error, Error&& reason) noexcept {
  const int code = -static_cast<int>(reason.code);
  if (error == nullptr) return code;
  try {
    *error = new rootlet_error{code, std::move(reason.message), std::move(reason.path)};
    return code;
  } catch (const std::bad_alloc&) {
    return store_no_memory(error);
  }
}

int store_no_memory(rootlet_error** error) noexcept {
  if (error != nullptr) *error = &no_memory;
  return ROOTLET_NO_MEMORY;
}

int store_internal(rootlet_error** error, const char* what) noexcept {
  if (error == nullptr) return ROOTLET_INTERNAL;
  try {
    *error = new rootlet_error{ROOTLET_INTERNAL, std::string("a defect of rootlet, please report it: ") + what, {}};
    return ROOTLET_INTERNAL;
  } catch (const std::bad_alloc&) {
    return store_no_memory(error);
  }
}

Result<void> give(rootlet_text** text, std::string made) {
  *text = new rootlet_text{std::move(made)};
  return {};
}

}  // namespace rootlet::c

extern "C" {

const char* rootlet_version(void) { return rootlet::version().data(); }

const char* rootlet_code_name(int code) {
  if (code == ROOTLET_OK) return "ok";
  if (code == ROOTLET_NO_MEMORY) return "no_memory";
  if (code == ROOTLET_INTERNAL) return "internal";
  if (code < 0 && code >= ROOTLET_CANCELLED) return rootlet::to_string(static_cast<rootlet::ErrorCode>(-code)).data();
  return "unknown";
}

int rootlet_error_code(const rootlet_error* error) { return error == nullptr ? ROOTLET_OK : error->code; }
const char* rootlet_error_message(const rootlet_error* error) { return error == nullptr ? "" : error->message.c_str(); }
const char* rootlet_error_path(const rootlet_error* error) { return error == nullptr ? "" : error->path.c_str(); }
void rootlet_error_free(rootlet_error* error) {
  if (error != &rootlet::c::no_memory) delete error;
}

const char* rootlet_text_data(const rootlet_text* text) { return text == nullptr ? nullptr : text->text.c_str(); }
size_t rootlet_text_size(const rootlet_text* text) { return text == nullptr ? 0 : text->text.size(); }
void rootlet_text_free(rootlet_text* text) { delete text; }

int rootlet_text_save(const rootlet_text* text, const char* path, rootlet_error** error) {
  return rootlet::c::guarded(error, [&]() -> rootlet::Result<void> {
    if (text == nullptr) return rootlet::c::null("the text");
    if (path == nullptr) return rootlet::c::null("the path");
    return rootlet::write_file(text->text, std::string(path));
  });
}

int rootlet_text_write(const rootlet_text* text, int descriptor, rootlet_error** error) {
  return rootlet::c::guarded(error, [&]() -> rootlet::Result<void> {
    if (text == nullptr) return rootlet::c::null("the text");
    return rootlet::write_file(text->text, descriptor);
  });
}

int rootlet_printable(const char* bytes, size_t size, rootlet_text** text, rootlet_error** error) {
  if (text != nullptr) *text = nullptr;
  return rootlet::c::guarded(error, [&]() -> rootlet::Result<void> {
    if (text == nullptr) return rootlet::c::null("where the text goes");
    if (bytes == nullptr && size != 0) return rootlet::c::null("the text");
    return rootlet::c::give(text, rootlet::printable({bytes, size}));
  });
}
}
