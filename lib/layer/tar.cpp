#include <string>

#include "layer/check.hpp"
#include "layer/compressor.hpp"
#include "layer/descriptor_sink.hpp"
#include "layer/members.hpp"
#include "layer/meter.hpp"
#include "layer/temporary_file.hpp"
#include "rootlet/layer.hpp"

namespace rootlet {

namespace {

Result<void> write_archive(const Plan& plan, Root& root, int descriptor, const std::string& shown, const ProgressCallback& progress,
                           const TarOptions& options) {
  layer::Meter meter(plan, progress);
  layer::DescriptorSink sink(descriptor, shown);
  auto compressor = layer::make_compressor(options.compression, options.level, options.threads, sink);
  if (!compressor) return Unexpected(std::move(compressor).error());
  if (auto written = layer::write_members(plan, root, **compressor, meter); !written) return written;
  if (auto finished = (*compressor)->finish(); !finished) return finished;
  return meter.finish();
}

}  // namespace

Result<void> write_tar(const Plan& plan, Root& root, const std::string& file, const ProgressCallback& progress, const TarOptions& options) {
  if (auto checked = layer::check_plan(plan); !checked) return checked;
  auto temporary = layer::TemporaryFile::beside(file);
  if (!temporary) return Unexpected(std::move(temporary).error());
  if (auto written = write_archive(plan, root, temporary->descriptor(), temporary->target(), progress, options); !written) return written;
  return temporary->put_in_place();
}

Result<void> write_tar(const Plan& plan, Root& root, int descriptor, const ProgressCallback& progress, const TarOptions& options) {
  if (auto checked = layer::check_plan(plan); !checked) return checked;
  return write_archive(plan, root, descriptor, "descriptor " + std::to_string(descriptor), progress, options);
}

}  // namespace rootlet
