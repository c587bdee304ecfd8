#include "support/world.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/filesystem.hpp>
#include <ostream>

namespace rootlet::test {
namespace fs = boost::filesystem;

const Target kX86_64{};
const Target kI386{3, false, false, 0, "/lib/ld-linux.so.2", RealLoader::glibc32};
const Target kMusl{62, true, false, 0, "/lib/ld-musl-x86_64.so.1", RealLoader::musl};

std::ostream& operator<<(std::ostream& out, const Answer& answer) {
  for (const std::string& line : answer.loaded) out << "\n  " << line;
  for (const std::string& name : answer.missing) out << "\n  missing: " << name;
  return out << "\n";
}

World::World(Target target) : target_(std::move(target)) {
  const std::string& path = target_.interpreter;
  const std::string real = target_.loader ? loader_facts(*target_.loader).binary : std::string();
  if (!real.empty() && ::access(real.c_str(), R_OK) == 0) {
    tree_.file(path, read_file(real), 0755);
    return;
  }
  tree_.file(path, build_elf(finished(Elf().soname(path.substr(path.rfind('/') + 1)))), 0755);
  why_not_real_ = "the loader is not installed";
}

ElfSpec World::finished(const Elf& elf) const {
  ElfSpec spec = elf.spec_;
  const Elf::Machine machine =
      elf.machine_.value_or(Elf::Machine{target_.machine, target_.is64, target_.big_endian, target_.flags});
  spec.machine = machine.machine;
  spec.is64 = machine.is64;
  spec.big_endian = machine.big_endian;
  spec.flags = machine.flags;
  spec.interpreter = elf.interpreter_;
  return spec;
}

std::string World::bytes_of(const Elf& elf) const {
  return build_elf(finished(elf));
}

World& World::program(const std::string& path, const Elf& elf) {
  ElfSpec spec = finished(elf);
  if (!spec.interpreter) spec.interpreter = target_.interpreter;
  return file(path, build_elf(spec), 0755);
}

World& World::library(const std::string& path, const Elf& elf) {
  return file(path, bytes_of(elf));
}

World& World::file(const std::string& path, std::string content, uint32_t mode) {
  return tree_.file(path, std::move(content), mode), *this;
}
World& World::symlink(const std::string& path, std::string target) {
  return tree_.symlink(path, std::move(target)), *this;
}
World& World::hard_link(const std::string& path, const std::string& existing) {
  return tree_.hard_link(path, existing), *this;
}
World& World::closed_directory(const std::string& path) {
  return tree_.directory(path, 0700), *this;
}

World& World::directory(const std::string& path) {
  return tree_.directory(path), *this;
}

World& World::unreadable(const std::string& path) {
  tree_.unreadable(path);
  why_not_real_ = "nothing is unreadable to root";
  return *this;
}

World& World::loader(std::string content) {
  tree_.file(target_.interpreter, std::move(content), 0755);
  why_not_real_ = "this loader does not exist";
  return *this;
}

World& World::cache(std::initializer_list<Cached> libraries, uint32_t flags) {
  std::vector<NewCacheEntry> entries;
  for (const Cached& library : libraries)
    entries.push_back({library.name, library.path, flags, library.hwcaps, 0});
  return file(
      "/etc/ld.so.cache",
      write_library_cache(std::move(entries), target_.big_endian ? ByteOrder::big : ByteOrder::little));
}

Load World::load(Root& root, Loader& loader, const std::string& program, const CpuModel* model) const {
  const Node* node = root.walk(program).node;
  EXPECT_NE(node, nullptr) << program;
  if (node == nullptr) return {};
  auto image = loader.image(*node);
  if (!image) return ADD_FAILURE() << image.error().message, Load{};
  auto load = loader.load(*node, program, model != nullptr ? *model : loader.models(**image)->front());
  if (!load) return ADD_FAILURE() << load.error().message, Load{};
  return std::move(*load);
}

Answer World::answer(const std::string& program, const CpuModel* model) const {
  Root root = this->root();
  Loader loader(root, config);
  const Load load = this->load(root, loader, program, model);
  const Node* rtld = root.walk(target_.interpreter).node;
  Answer answer;
  for (uint32_t i = 1; i < load.objects.size(); ++i) {
    const LoadedObject& object = load.objects[i];
    if (object.node == rtld) continue;
    auto first = std::find_if(load.edges.begin(), load.edges.end(),
                              [i](const LoadEdge& edge) { return edge.to == i; });
    if (first == load.edges.end()) return ADD_FAILURE() << "nothing asked for " << object.name, answer;
    answer.loaded.push_back(std::string(first->name) + " => " + object.name + " [" +
                            std::string(to_string(first->how)) + "]");
  }
  for (const LoadFailure& failure : load.failures) {
    if (!failure.optional) answer.missing.push_back(failure.name);
  }
  std::sort(answer.missing.begin(), answer.missing.end());
  answer.missing.erase(std::unique(answer.missing.begin(), answer.missing.end()), answer.missing.end());
  return answer;
}

std::string World::why_not_real() const {
  if (!target_.loader) return "a foreign machine";
  return why_not_real_.empty() ? why_no_oracle(*target_.loader) : why_not_real_;
}

void World::write(const std::string& directory) const {
  std::map<uint64_t, std::string> written;  // by inode
  for (const auto& [path, item] : tree_.items()) {
    const std::string place = directory + path;
    switch (item.status.type) {
      case NodeType::directory:
        fs::create_directory(place);
        ::chmod(place.c_str(), item.status.mode);
        break;
      case NodeType::symlink: fs::create_symlink(item.content, place); break;
      case NodeType::file:
        if (auto first = written.find(item.status.inode); first != written.end()) {
          fs::create_hard_link(first->second, place);
        } else {
          write_file(place, item.content, item.status.mode);
          written.emplace(item.status.inode, place);
        }
        break;
      case NodeType::other: break;
    }
  }
}

std::optional<Answer> World::real_answer(const std::string& program, const std::string& tunables) const {
  TemporaryDirectory tree;
  write(tree.path());
  fs::create_directories(tree / "proc");
  const Trace told = trace(loader_facts(*target_.loader), {tree.path(), target_.interpreter, program,
                                                           config.library_path, config.preload, tunables});
  if (!told.fatal_name.empty()) return std::nullopt;
  EXPECT_TRUE(told.usable) << told.output;
  Answer answer;
  for (const TracedObject& object : told.objects) {
    if (object.file == file_in_tree(tree.path(), target_.interpreter)) continue;
    answer.loaded.push_back(object.name + " => " + object.path);
  }
  answer.missing = told.missing;
  std::sort(answer.missing.begin(), answer.missing.end());
  answer.missing.erase(std::unique(answer.missing.begin(), answer.missing.end()), answer.missing.end());
  return answer;
}

namespace {

// The loader does not say by which rule it found a library.
Answer without_rules(Answer answer) {
  for (std::string& line : answer.loaded) line.resize(line.rfind(" ["));
  return answer;
}

}  // namespace

void expect_answer(const World& world, const std::string& program, const Answer& expected) {
  EXPECT_EQ(world.answer(program), expected);
  if (!world.why_not_real().empty()) return;
  const auto real = world.real_answer(program);
  ASSERT_TRUE(real.has_value()) << "the real loader gives this program up";
  EXPECT_EQ(*real, without_rules(expected)) << "this is what the real loader says";
}

void expect_fatal(const World& world, const std::string& program, const std::string& name,
                  const std::string& why) {
  Root root = world.root();
  Loader loader(root, world.config);
  const Load load = world.load(root, loader, program);
  ASSERT_EQ(load.failures.size(), 1u);
  EXPECT_EQ(load.failures[0].name, name);
  ASSERT_FALSE(load.failures[0].tried.empty());
  EXPECT_NE(load.failures[0].tried.back().why.find(why), std::string::npos)
      << load.failures[0].tried.back().why;
  if (world.why_not_real().empty()) {
    EXPECT_FALSE(world.real_answer(program).has_value()) << "the real loader does not give it up";
  }
}

}  // namespace rootlet::test
