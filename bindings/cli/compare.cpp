#include "compare.hpp"

#include "status.hpp"

namespace rootlet::cli {
namespace {

const char* format_of(const Options& options) {
  return options.format == "json" ? "json" : wants_color(options.color) ? "color-text" : "text";
}

int finish(const Handle<rootlet_text>& text, int differs) { return output(view(text), differs == 1 ? kDiffers : kComplete); }

}  // namespace

int verify_command(const Options& options) {
  std::string manifest;
  if (const int status = read_file(options.manifest, manifest); status != kComplete) return status;
  Handle<rootlet_root> root;
  Handle<rootlet_text> text;
  Handle<rootlet_error> error;
  if (rootlet_root_open_with(options.root.c_str(), options.library.get(), Out(root), Out(error)) != ROOTLET_OK) return unusable(error);
  int differs = 0, code = ROOTLET_OK;
  {
    const Shown shown(options);
    code = rootlet_verify(root.get(), options.library.get(), manifest.data(), manifest.size(), format_of(options), &differs, Out(text), Out(error));
  }
  return code == ROOTLET_OK ? finish(text, differs) : unusable(error);
}

int diff_command(const Options& options) {
  Handle<rootlet_text> text;
  Handle<rootlet_error> error;
  int differs = 0, code = ROOTLET_OK;
  {
    const Shown shown(options);
    code = rootlet_diff(options.compare.c_str(), options.root.c_str(), options.library.get(), format_of(options), &differs, Out(text), Out(error));
  }
  return code == ROOTLET_OK ? finish(text, differs) : unusable(error);
}

}  // namespace rootlet::cli
