#include <rootlet/closure.hpp>
#include <rootlet/report.hpp>
#include <string>

// The paths of what an entry needs, or the error.
std::string answer(const std::string& entry) {
  rootlet::Result<rootlet::Root> root = rootlet::Root::open("/");
  if (!root) return root.error().message;
  const rootlet::Result<rootlet::Closure> closure = rootlet::resolve(*root, {entry});
  return closure ? rootlet::to_paths(*closure) : closure.error().message;
}
