#include "audit/lief/loader.hpp"

#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <mutex>
#include <string>

#include "audit/model.hpp"

namespace rootlet::auditing {
namespace {

constexpr const char* kModule = "librootlet-lief.so";

struct State {
  std::mutex mutex;
  std::string given;  // by use_lief_module()
  bool tried = false;
  rootlet_lief_read_function* read = nullptr;
  rootlet_lief_version_function* version = nullptr;
  std::string problem;
};

// Never destroyed: a thread may still read while the program ends.
State& state() {
  static State& one = *new State;
  return one;
}

// The file that this code is in: the program, or a shared library that it loaded.
std::string own_file() {
  struct Search {
    const char* address;
    bool program = true;
    std::string path;
  } search{reinterpret_cast<const char*>(&state), true, {}};
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* context) {
        auto& wanted = *static_cast<Search*>(context);
        const auto address = reinterpret_cast<ElfW(Addr)>(wanted.address);
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          const auto& header = info->dlpi_phdr[i];
          if (header.p_type != PT_LOAD || address - info->dlpi_addr - header.p_vaddr >= header.p_memsz) continue;
          if (!wanted.program && info->dlpi_name != nullptr) wanted.path = info->dlpi_name;
          return 1;
        }
        wanted.program = false;  // which is the first of all
        return 0;
      },
      &search);
  if (!search.path.empty()) return search.path;
  std::array<char, PATH_MAX> buffer;
  const ssize_t length = ::readlink("/proc/self/exe", buffer.data(), buffer.size());
  return length <= 0 ? "" : std::string(buffer.data(), static_cast<size_t>(length));
}

std::vector<std::string> places(const std::string& given) {
  if (!given.empty()) return {given};
  std::vector<std::string> all;
  const std::string file = own_file();
  std::array<char, PATH_MAX> buffer;
  const char* without_links = ::realpath(file.c_str(), buffer.data());
  for (const std::string& own : {file, std::string(without_links != nullptr ? without_links : "")}) {
    const size_t slash = own.rfind('/');
    if (slash == std::string::npos || (!all.empty() && own == file)) continue;
    for (const char* place : {"rootlet/", "", "../" ROOTLET_LIBDIR "/rootlet/"}) all.push_back(own.substr(0, slash + 1) + place + kModule);
  }
  return all;
}

// A module that is there and cannot be loaded ends the search: what is wrong with it is to be said.
void load(State& state) {
  std::string tried;
  for (const std::string& path : places(state.given)) {
    tried += (tried.empty() ? "" : ", ") + path;
    if (::access(path.c_str(), F_OK) != 0) continue;
    void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle != nullptr) {
      state.read = reinterpret_cast<rootlet_lief_read_function*>(::dlsym(handle, "rootlet_lief_read"));
      state.version = reinterpret_cast<rootlet_lief_version_function*>(::dlsym(handle, "rootlet_lief_version"));
      if (state.read != nullptr && state.version != nullptr) return;
    }
    const char* why = ::dlerror();
    state.read = nullptr;
    state.problem = why != nullptr ? why : path + " is no module of this version";
    return;
  }
  state.problem = std::string(kModule) + " is not there; looked for: " + (tried.empty() ? "nowhere" : tried);
}

// With state.mutex held.
Result<void> ready(State& state) {
  if (!state.tried) load(state);
  state.tried = true;
  if (state.read == nullptr) return fail(ErrorCode::unsupported, state.problem);
  return {};
}

}  // namespace

Result<void> lief_read(const std::vector<uint8_t>& image, const rootlet_lief_calls& calls) {
  State& module = state();
  const std::lock_guard lock(module.mutex);
  if (auto there = ready(module); !there) return there;
  std::array<char, 512> message;
  if (module.read(image.data(), image.size(), &calls, message.data(), message.size() - 1) == 0) return {};
  return fail(ErrorCode::malformed, std::string("LIEF: ") + message.data());
}

Result<std::string> lief_version() {
  State& module = state();
  const std::lock_guard lock(module.mutex);
  if (auto there = ready(module); !there) return Unexpected(std::move(there).error());
  return std::string(module.version());
}

void use_lief_module(std::string path) {
  State& module = state();
  const std::lock_guard lock(module.mutex);
  if (module.read != nullptr) return;
  module.given = std::move(path);
  module.tried = false;
}

}  // namespace rootlet::auditing
