#include "root/image.hpp"
#include "rootlet/image.hpp"

namespace rootlet {

Result<Root> open_base(const ImageOptions& options) {
  return Root::open(is_image_reference(options.base) ? options.base : "oci:" + options.base, {options.platform});
}

}  // namespace rootlet
