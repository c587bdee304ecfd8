// Rules that the kernel and the loaders have, asked of them where they can be.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "elf/fixtures.hpp"
#include "support/temporary.hpp"

namespace rootlet {
namespace {

using elf_test::ElfEditor;
using test::ElfSpec;
using elf_test::full_spec;
using elf_test::parse_elf;

// The errno value of execve() on a file of those bytes, or 0 if it could be executed.
int kernel_says(const test::TemporaryDirectory& directory, std::string_view bytes) {
  const std::string path = directory / "program";
  test::write_file(path, bytes, 0755);
  const pid_t child = ::fork();
  if (child == 0) {
    char* argv[] = {const_cast<char*>(path.c_str()), nullptr};
    char* envp[] = {nullptr};
    ::execve(path.c_str(), argv, envp);
    ::_exit(errno);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

ElfSpec dynamic_program() {
  ElfSpec spec;
  spec.type = 2;
  spec.interpreter = "/nonexistent/interpreter";
  return spec;
}

// load_elf_binary: ENOENT tells that the kernel took the text for a path, EACCES that it found a directory there.
TEST(ElfInterpreter, IsRefusedExactlyWhereTheKernelRefusesIt) {
  test::TemporaryDirectory directory;
  const size_t length = dynamic_program().interpreter->size() + 1;
  int accepted = 0, refused = 0;
  auto compare = [&](const ElfEditor& file, const std::string& what) {
    const int errno_value = kernel_says(directory, file.bytes());
    const bool taken = errno_value == ENOENT || errno_value == EACCES;
    ASSERT_TRUE(taken || errno_value == ENOEXEC) << what << ": " << errno_value;
    auto image = parse_elf(file.bytes());
    EXPECT_EQ(image.has_value(), taken) << what << ": " << elf_test::spell(image);
    if (!image) {
      EXPECT_NE(image.error().message.find("PT_INTERP"), std::string::npos) << image.error().message;
    }
    ++(taken ? accepted : refused);
  };
  for (uint64_t size : {uint64_t{0}, uint64_t{1}, uint64_t{2}, length - 1, uint64_t{length}, uint64_t{4095}, uint64_t{4096}, uint64_t{4097}}) {
    ElfEditor file(dynamic_program());
    file.bytes().resize(8192);
    file.put(file.p_filesz(file.segment(3)), size, 8);
    compare(file, "p_filesz " + std::to_string(size));
  }
  for (size_t at = 0; at < length; ++at) {  // a NUL inside ends the text
    ElfEditor file(dynamic_program());
    file.put(file.get(file.p_offset(file.segment(3)), 8) + at, 0, 1);
    compare(file, "a NUL at " + std::to_string(at));
  }
  ElfEditor unended(dynamic_program());
  const size_t text = unended.get(unended.p_offset(unended.segment(3)), 8);
  unended.put(text + length - 1, 'x', 1);
  compare(unended, "no NUL at all");
  compare(unended.put(text + 4, 0, 1), "a NUL inside and none at the end");
  EXPECT_GE(accepted, 20);
  EXPECT_GE(refused, 5);
}

TEST(ElfInterpreter, OfTwoTheFirstOneCountsAsForTheKernel) {
  test::TemporaryDirectory directory;
  ElfEditor file(dynamic_program());
  const size_t first = file.segment(3), last = file.segment(0x6474e551);
  const std::string other = "/proc/self/exe";  // were it taken, the kernel would not say ENOENT
  const size_t place = file.bytes().size();
  file.bytes() += other + '\0';
  file.put(last, 3, 4).put(file.p_offset(last), place, 8).put(file.p_filesz(last), other.size() + 1, 8);
  EXPECT_EQ(kernel_says(directory, file.bytes()), ENOENT);
  auto image = parse_elf(file.bytes());
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(image->interpreter, dynamic_program().interpreter);
  // The other way round the kernel takes the other.
  file.put(file.p_offset(first), place, 8).put(file.p_filesz(first), other.size() + 1, 8);
  EXPECT_NE(kernel_says(directory, file.bytes()), ENOENT);
  EXPECT_EQ(parse_elf(file.bytes())->interpreter, other);
}

// What the real loader lists for a program that needs the library "libouter.so" of those bytes, which
// needs libinner.so.
std::string loader_lists(std::string_view outer) {
  test::TemporaryDirectory directory;
  ElfSpec program;
  program.type = 2;
  program.interpreter = "/lib64/ld-linux-x86-64.so.2";
  program.needs("libouter.so");
  ElfSpec inner;
  inner.soname = "libinner.so";
  test::write_file(directory / "program", test::build_elf(program), 0755);
  test::write_file(directory / "libouter.so", outer, 0755);
  test::write_file(directory / "libinner.so", test::build_elf(inner), 0755);
  auto result = test::run_command({*program.interpreter, "--library-path", directory.path(), "--list", directory / "program"});
  return result.out + result.err;
}

ElfSpec outer_library() {
  ElfSpec spec;
  spec.soname = "libouter.so";
  spec.needs("libinner.so");
  return spec;
}

TEST(ElfStrings, TheLoaderDoesNotAskForDtStrsz) {
  ElfEditor file(outer_library());
  for (uint64_t size : {uint64_t{0}, uint64_t{1}, uint64_t{5}, ~uint64_t{0}}) {
    file.put(file.dynamic_value(10), size, 8);
    EXPECT_NE(loader_lists(file.bytes()).find("libinner.so => /"), std::string::npos) << "the loader minds DT_STRSZ " << size;
    auto image = parse_elf(file.bytes());
    ASSERT_TRUE(image) << "DT_STRSZ " << size << ": " << image.error().message;
    EXPECT_EQ(image->needed(), (std::vector<std::string>{"libinner.so"}));
  }
}

TEST(ElfStrings, ATableInNoSegmentIsAnError) {
  ElfEditor file(outer_library());
  const size_t at = file.dynamic_value(5);
  for (uint64_t address : {uint64_t{file.bytes().size()}, uint64_t{1} << 40, ~uint64_t{0}, ~uint64_t{0} - 4096}) {
    file.put(at, address, 8);
    auto image = parse_elf(file.bytes());
    ASSERT_FALSE(image) << address;
    EXPECT_EQ(image.error().code, ErrorCode::malformed);
    EXPECT_NE(image.error().message.find("DT_STRTAB"), std::string::npos) << image.error().message;
  }
}

TEST(ElfStrings, NamesWithoutATableAreAnErrorAndNoNamesAreNone) {
  ElfEditor file(outer_library());
  file.put(file.dynamic_value(5) - 8, 0x6ffffff0, 8);  // DT_STRTAB becomes another tag
  auto image = parse_elf(file.bytes());
  ASSERT_FALSE(image);
  EXPECT_NE(image.error().message.find("DT_STRTAB"), std::string::npos) << image.error().message;
  ElfEditor nameless(ElfSpec{});
  nameless.put(nameless.dynamic_value(5) - 8, 0x6ffffff0, 8);
  EXPECT_TRUE(parse_elf(nameless.bytes()));
}

// Addresses count from the segments, not from the start of the file.
TEST(ElfStrings, AreFoundThroughTheSegmentThatHoldsTheirAddress) {
  for (bool is64 : {false, true}) {
    ElfSpec spec = outer_library();
    spec.is64 = is64;
    spec.machine = is64 ? 62 : 3;
    ElfEditor file(spec);
    const size_t load = file.segment(1), table = file.dynamic_value(5);
    file.put(file.p_vaddr(load), 0x7fff0000, file.word());
    file.put(table, file.get(table, file.word()) + 0x7fff0000, file.word());
    auto image = parse_elf(file.bytes());
    ASSERT_TRUE(image) << image.error().message;
    EXPECT_EQ(image->needed(), (std::vector<std::string>{"libinner.so"}));
  }
}

// --- NT_GNU_ABI_TAG, as open_verify of glibc before 2.36 looks for it ---

struct Note {
  uint32_t type;
  std::string name, content;
};

// A library whose only note segment holds those notes.
ElfEditor with_notes(const std::vector<Note>& notes, uint64_t align) {
  ElfSpec spec = full_spec(true, false, false);
  ElfEditor file(spec);
  file.bytes().resize((file.bytes().size() + 7) / 8 * 8);
  const size_t place = file.bytes().size(), segment = file.segment(4);
  auto number = [&file](uint64_t value) {
    file.bytes().resize(file.bytes().size() + 4);
    file.put(file.bytes().size() - 4, value, 4);
  };
  auto pad = [&] { file.bytes().resize(place + (file.bytes().size() - place + align - 1) / align * align); };
  for (const Note& note : notes) {
    number(note.name.size());
    number(note.content.size());
    number(note.type);
    file.bytes() += note.name;
    pad();
    file.bytes() += note.content;
    pad();
  }
  file.put(file.p_offset(segment), place, 8).put(file.p_filesz(segment), file.bytes().size() - place, 8).put(file.p_align(segment), align, 8);
  return file;
}

std::string abi_of(const ElfEditor& file) {
  auto image = parse_elf(file.bytes());
  if (!image) return image.error().message;
  if (!image->abi_tag) return "none";
  const auto& tag = *image->abi_tag;
  return std::to_string(tag.os) + ":" + std::to_string(tag.version[0]) + "." + std::to_string(tag.version[1]) + "." + std::to_string(tag.version[2]);
}

const std::string kGnu("GNU\0", 4);
const std::string kAbi54("\0\0\0\0\5\0\0\0\4\0\0\0\1\0\0\0", 16);

TEST(ElfAbiTag, IsFoundBehindOtherNotesOfItsSegment) {
  for (uint64_t align : {4, 8}) {
    EXPECT_EQ(abi_of(with_notes({{1, kGnu, kAbi54}}, align)), "0:5.4.1") << align;
    EXPECT_EQ(abi_of(with_notes({{3, kGnu, std::string(20, 'b')}, {1, kGnu, kAbi54}}, align)), "0:5.4.1") << align;
    EXPECT_EQ(abi_of(with_notes({{5, kGnu, std::string(13, 'p')}, {1, "x", "y"}, {1, kGnu, kAbi54}}, align)), "0:5.4.1") << align;
  }
}

TEST(ElfAbiTag, NotesOfOtherNamesTypesAndSizesAreNotIt) {
  EXPECT_EQ(abi_of(with_notes({{2, kGnu, kAbi54}, {9, kGnu, kAbi54}}, 4)), "none");
  EXPECT_EQ(abi_of(with_notes({{1, "Go\0\0", kAbi54}, {9, kGnu, kAbi54}}, 4)), "none");
  EXPECT_EQ(abi_of(with_notes({{1, "GNU", kAbi54}, {9, kGnu, kAbi54}}, 4)), "none");
  EXPECT_EQ(abi_of(with_notes({{1, kGnu, kAbi54.substr(0, 12)}, {9, kGnu, kAbi54}}, 4)), "none");
  // The loader compares the note's sizes with the usual ones: "expected_note" has a descsz of 16.
  EXPECT_EQ(abi_of(with_notes({{1, kGnu, kAbi54 + "more"}}, 4)), "none");
}

TEST(ElfAbiTag, SegmentsOfOtherAlignmentsAreNotLookedAt) {
  ElfEditor file = with_notes({{1, kGnu, kAbi54}}, 4);
  for (uint64_t align : {0, 1, 2, 16, 4096}) {
    file.put(file.p_align(file.segment(4)), align, 8);
    EXPECT_EQ(abi_of(file), "none") << align;
  }
}

TEST(ElfAbiTag, ASegmentOutsideTheFileIsNoReasonToRefuseIt) {
  ElfEditor file = with_notes({{1, kGnu, kAbi54}}, 4);
  const size_t offset = file.p_offset(file.segment(4)), size = file.p_filesz(file.segment(4));
  const uint64_t good = file.get(offset, 8);
  for (uint64_t place : {uint64_t{file.bytes().size()}, ~uint64_t{0}, ~uint64_t{0} - 31}) {
    EXPECT_EQ(abi_of(file.put(offset, place, 8)), "none") << place;
  }
  file.put(offset, good, 8);
  for (uint64_t length : {uint64_t{0}, uint64_t{31}, uint64_t{1} << 20, ~uint64_t{0}}) {
    EXPECT_EQ(abi_of(file.put(size, length, 8)), "none") << length;
  }
}

TEST(ElfAbiTag, SizesThatReachBehindTheSegmentEndTheSearch) {
  ElfEditor file = with_notes({{1, "a", "b"}, {1, kGnu, kAbi54}}, 4);
  const uint64_t place = file.get(file.p_offset(file.segment(4)), 8);
  for (size_t field : {0, 4}) {
    for (uint64_t size : {uint64_t{0xffffffff}, uint64_t{0xfffffffc}, uint64_t{0x7fffffff}, uint64_t{1000}}) {
      ElfEditor other = file;
      EXPECT_EQ(abi_of(other.put(place + field, size, 4)), "none") << field << " " << size;
    }
  }
  EXPECT_EQ(abi_of(file), "0:5.4.1");
}

}  // namespace
}  // namespace rootlet
