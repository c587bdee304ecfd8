// Gets an answer from its shared library, and the same from the archive itself.
#include <iostream>
#include <rootlet/closure.hpp>
#include <rootlet/elf.hpp>
#include <rootlet/layer.hpp>
#include <rootlet/package.hpp>
#include <rootlet/report.hpp>
#include <stdexcept>

static_assert(STANDARD == 20 ? __cplusplus == 202002L : __cplusplus > 202002L, "the library does not decide on the standard");

std::string answer(const std::string& entry);

// A class of this program's own below one of the library's.
struct Broken final : rootlet::Source {
  rootlet::Result<size_t> read_at(uint64_t, std::span<std::byte>) const override { return rootlet::fail(rootlet::ErrorCode::io, "broken"); }
  uint64_t size() const override { return 1; }
};

int main(int, char** argv) {
  auto root = rootlet::Root::open("/");
  auto closure = rootlet::resolve(*root, {argv[1]});
  if (!closure || rootlet::to_paths(*closure) != answer(argv[1])) throw std::logic_error("the archive and the shared library differ");
  auto none = rootlet::resolve(*root, {"/none"});
  if (none || none.error().code != rootlet::ErrorCode::not_found) throw std::logic_error("an entry that is not there");
  auto read = rootlet::read_all(Broken(), 10);
  if (read || read.error().message != "broken") throw std::logic_error("an error from here did not come back");
  std::cout << answer(argv[1]);
}
