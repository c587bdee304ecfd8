#include "layer/stream.hpp"
#include "layer/temporary_file.hpp"
#include "rootlet/layer.hpp"

namespace rootlet {

Result<void> write_file(std::string_view text, const std::string& file) {
  auto temporary = layer::TemporaryFile::beside(file);
  if (!temporary) return Unexpected(std::move(temporary).error());
  const int error = layer::Stream(temporary->descriptor()).write(std::as_bytes(std::span(text)));
  if (error != 0) return layer::output_error(error, "cannot write", file);
  return temporary->put_in_place();
}

Result<void> write_file(std::string_view text, int descriptor) {
  const int error = layer::Stream(descriptor).write(std::as_bytes(std::span(text)));
  if (error != 0) return layer::output_error(error, "cannot write to", "descriptor " + std::to_string(descriptor));
  return {};
}

}  // namespace rootlet
