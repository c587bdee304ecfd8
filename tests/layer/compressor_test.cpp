#include "layer/compressor.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <new>

#include "layer/collected.hpp"
#include "layer/plans.hpp"

namespace rootlet {
namespace {

using test::Collected;
using test::in_child;
using test::outcome;
using test::run_command;
using test::TemporaryDirectory;

constexpr size_t kGzipBlock = 512 * 1024, kZstdJob = 2 << 20;

struct Format {
  const char* name;
  Compression compression;
  std::vector<std::string> unpack, check;
  int highest;
  size_t block;
};
const Format kGzip = {"gzip", Compression::gzip, {"gzip", "-dc"}, {"gzip", "-t"}, 9, kGzipBlock};
const Format kZstd = {"zstd", Compression::zstd, {"zstd", "-dcq"}, {"zstd", "-tq"}, 19, kZstdJob};

// Stretches that compress well, that hardly do, and that repeat from farther back than a block.
std::string input(size_t size, uint32_t seed = 1) {
  std::string text;
  text.reserve(size + 4096);
  while (text.size() < size) {
    seed = seed * 1664525 + 1013904223;
    const size_t length = 1 + (seed >> 20);
    switch (seed >> 8 & 3) {
      case 0: text.append(length, '\0'); break;
      case 1:
        for (size_t i = 0; i < length; ++i) text += static_cast<char>((seed = seed * 1664525 + 1013904223) >> 24);
        break;
      case 2:
        for (size_t i = 0; i < length; i += 8) text += std::to_string(seed >> (i & 15)) + " line\n";
        break;
      default: text += text.substr(text.size() / 2, length);
    }
  }
  text.resize(size);
  return text;
}

std::string noise(size_t size) {
  std::string text(size, '\0');
  uint64_t state = 88172645463325252ULL;
  for (char& byte : text) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    byte = static_cast<char>(state >> 32);
  }
  return text;
}

// In writes of these lengths, over and over.
Result<void> write_cut(layer::Sink& sink, std::string_view text, const std::vector<size_t>& cuts) {
  for (size_t i = 0; !text.empty(); ++i) {
    const std::string_view piece = text.substr(0, cuts[i % cuts.size()]);
    if (auto written = sink.write(Bytes(piece).span()); !written) return written;
    text.remove_prefix(piece.size());
  }
  return sink.finish();
}

std::string compress(const Format& format, std::string_view text, int level, unsigned threads, const std::vector<size_t>& cuts = {1 << 20}) {
  Collected out;
  auto sink = layer::make_compressor(format.compression, level, threads, out);
  if (!sink) return sink.error().message;
  const auto written = write_cut(**sink, text, cuts);
  return written ? out.bytes : written.error().message;
}

// A failure prints a word and no megabytes.
testing::AssertionResult same(const std::string& a, const std::string& b) {
  if (a == b) return testing::AssertionSuccess();
  const auto at = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin();
  return testing::AssertionFailure() << a.size() << " and " << b.size() << " bytes differ from byte " << at << " on";
}

class Compressor : public testing::TestWithParam<Format> {
 protected:
  const Format& format = GetParam();
};

TEST_P(Compressor, TheProgramsOfTheFormatUnpackIt) {
  for (const size_t size : {size_t{0}, size_t{1}, format.block - 1, format.block, format.block + 1, 2 * format.block, 7 * format.block, 7 * format.block + 4711}) {
    const std::string text = input(size);
    const std::string packed = compress(format, text, 0, 2);
    EXPECT_EQ(run_command(format.check, packed).status, 0) << size;
    EXPECT_TRUE(same(run_command(format.unpack, packed).out, text)) << size;
  }
}

TEST_P(Compressor, LibarchiveUnpacksItAtEveryLevel) {
  for (int level = 1; level <= format.highest; ++level) {
    const std::string text = input(3 * kGzipBlock + 99, static_cast<uint32_t>(level));
    const std::string packed = compress(format, text, level, 3);
    const std::unique_ptr<archive, int (*)(archive*)> reader(archive_read_new(), archive_read_free);
    archive_read_support_filter_all(reader.get());
    archive_read_support_format_raw(reader.get());
    archive_entry* entry = nullptr;
    ASSERT_EQ(archive_read_open_memory(reader.get(), packed.data(), packed.size()), ARCHIVE_OK);
    ASSERT_EQ(archive_read_next_header(reader.get(), &entry), ARCHIVE_OK) << level;
    std::string seen(text.size() + 1, '\0');
    const la_ssize_t length = archive_read_data(reader.get(), seen.data(), seen.size());
    seen.resize(static_cast<size_t>(std::max<la_ssize_t>(length, 0)));
    EXPECT_TRUE(same(seen, text)) << level;
  }
}

TEST_P(Compressor, WhatDoesNotCompressHardlyGrows) {
  const std::string text = noise(3 * format.block + 17);
  for (const int level : {1, format.highest}) {
    const std::string packed = compress(format, text, level, 2);
    EXPECT_LT(packed.size(), text.size() + text.size() / 1000 + 64) << level;
    EXPECT_TRUE(same(run_command(format.unpack, packed).out, text)) << level;
  }
}

TEST_P(Compressor, BytesDependNeitherOnThreadsNorOnHowTheyCame) {
  const std::vector<size_t> mib = {1 << 20}, blocks = {format.block}, odd = {1, 4096, 65537}, around = {format.block - 1, 2};
  for (const size_t size : {size_t{0}, size_t{5}, format.block, 4 * format.block + 321}) {
    const std::string text = input(size);
    const std::string expected = compress(format, text, 0, 1, {std::max<size_t>(size, 1)});
    for (const auto& cuts : {mib, blocks, odd, around}) EXPECT_TRUE(same(compress(format, text, 0, 2, cuts), expected)) << size << " cut " << cuts.front();
    for (const unsigned threads : {1U, 8U, 1000U, 0U}) EXPECT_TRUE(same(compress(format, text, 0, threads, odd), expected)) << size << " by " << threads;
  }
}

TEST_P(Compressor, AWriteOfNothingChangesNothing) {
  Collected out;
  auto sink = layer::make_compressor(format.compression, 0, 2, out);
  ASSERT_TRUE((*sink)->write({}) && (*sink)->write(Bytes("abc").span()) && (*sink)->write({}) && (*sink)->finish());
  EXPECT_TRUE(same(out.bytes, compress(format, "abc", 0, 2)));
  EXPECT_EQ(run_command(format.unpack, out.bytes).out, "abc");
}

// Fails at its `at`-th write, and says so if it is called again.
class Failing : public layer::Sink {
 public:
  explicit Failing(int at, bool throws = false) : at_(at), throws_(throws) {}
  Result<void> write(std::span<const std::byte>) override {
    if (failed_) return fail(ErrorCode::io, "written to after a failure");
    if (++writes_ < at_) return {};
    failed_ = true;
    if (throws_) throw std::bad_alloc();
    return fail(ErrorCode::io, "the disk is full", "/here");
  }
  bool failed() const { return failed_; }

 private:
  int at_, writes_ = 0;
  bool throws_, failed_ = false;
};

TEST_P(Compressor, AFailureOfTheOutputIsReturnedWhicheverWriteItIs) {
  const std::string text = noise(9 * format.block + 100);
  int failures = 0;
  for (const unsigned threads : {1U, 2U, 8U}) {
    for (int at = 1;; at += at < 12 ? 1 : 11) {  // zstd writes in small pieces
      Failing out(at);
      auto sink = layer::make_compressor(format.compression, 1, threads, out);
      const auto written = write_cut(**sink, text, {100'000});
      if (!out.failed()) {
        EXPECT_EQ(outcome(written), "ok");
        break;
      }
      EXPECT_EQ(outcome(written), "io: the disk is full") << at;
      EXPECT_EQ(written ? "" : written.error().path, "/here");
      ++failures;
    }
  }
  EXPECT_GT(failures, 30);
}

TEST_P(Compressor, MemoryThatIsShortInTheOutputStaysAnException) {
  for (const int at : {1, 3}) {
    Failing out(at, true);
    auto sink = layer::make_compressor(format.compression, 1, 4, out);
    EXPECT_THROW((void)write_cut(**sink, noise(9 * format.block), {100'000}), std::bad_alloc);
  }
}

TEST_P(Compressor, WhatIsNotFinishedIsLeftAtOnce) {
  Collected out;
  {
    auto sink = layer::make_compressor(format.compression, format.highest, 8, out);
    ASSERT_TRUE((*sink)->write(Bytes(input(5 * format.block)).span()));
  }
  EXPECT_TRUE(run_command(format.check, out.bytes).status != 0) << "it was complete";
}

// What the kernel says that each thread but this one blocks.
std::vector<std::string> other_threads_masks() {
  std::vector<std::string> masks;
  const std::unique_ptr<DIR, int (*)(DIR*)> tasks(::opendir("/proc/self/task"), ::closedir);
  while (const dirent* task = ::readdir(tasks.get())) {
    if (task->d_name[0] == '.' || std::to_string(::gettid()) == task->d_name) continue;
    const std::string status = run_command({"cat", std::string("/proc/") + std::to_string(::getpid()) + "/task/" + task->d_name + "/status"}).out;
    if (const size_t at = status.find("SigBlk:\t"); at != status.npos) masks.push_back(status.substr(at + 8, 16));
  }
  return masks;
}

class Watching : public layer::Sink {
 public:
  Result<void> write(std::span<const std::byte>) override {
    if (!masks.empty()) return {};
    // A thread that has not begun to run blocks what the C library blocks while it starts one.
    do {
      masks = other_threads_masks();
    } while (std::find(masks.begin(), masks.end(), "fffffffffffbfeff") != masks.end());
    return {};
  }
  std::vector<std::string> masks;
};

TEST_P(Compressor, ItsThreadsTakeNoSignalsAndTheCallersMaskStays) {
#if defined(ROOTLET_THREAD_SANITIZER)
  GTEST_SKIP() << "the sanitizer has a thread of its own";
#endif
  sigset_t before, after;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &before);
  Watching out;
  {
    auto sink = layer::make_compressor(format.compression, 1, 2, out);
    ASSERT_TRUE(write_cut(**sink, noise(9 * format.block), {1 << 20}));
  }
  ::pthread_sigmask(SIG_SETMASK, nullptr, &after);
  EXPECT_GE(out.masks.size(), 2);
  for (const std::string& mask : out.masks) EXPECT_EQ(mask, "fffffffe7ffbfeff");  // all but SIGKILL, SIGSTOP and the C library's own two
  for (int signal = 1; signal < 32; ++signal) EXPECT_EQ(::sigismember(&before, signal), ::sigismember(&after, signal));
}

INSTANTIATE_TEST_SUITE_P(Formats, Compressor, testing::Values(kGzip, kZstd), [](const auto& now) { return std::string(now.param.name); });

TEST(GzipCompressor, IsOneMemberWithoutATimeOrAName) {
  const std::string packed = compress(kGzip, input(5 * kGzipBlock), 0, 4);
  const std::string script =
      "import sys, zlib, gzip\n"
      "data = sys.stdin.buffer.read()\n"
      "one = zlib.decompressobj(31)\n"
      "print(len(one.decompress(data)), one.eof, len(one.unused_data), data[:10].hex())\n";
  EXPECT_EQ(run_command({"python3", "-c", script}, packed).out, "2621440 True 0 1f8b08000000000000ff\n");
}

TEST(GzipCompressor, IsAsSmallAsPigzMakesIt) {
  const std::string text = input(40 * kGzipBlock);
  const std::string rival = run_command({"pigz", "-6", "-p2", "-c"}, text).out;
  ASSERT_GT(rival.size(), 1000);
  EXPECT_LT(compress(kGzip, text, 6, 2).size(), rival.size() + rival.size() / 1000);
}

TEST(ZstdCompressor, HasAChecksum) {
  std::string packed = compress(kZstd, input(5 * kZstdJob), 0, 2);
  TemporaryDirectory work;
  test::write_file(work / "x.zst", packed);
  const std::string listed = run_command({"zstd", "-lv", work / "x.zst"}).out;
  EXPECT_NE(listed.find("XXH64"), std::string::npos) << listed;
  packed.back() = static_cast<char>(packed.back() ^ 1);
  EXPECT_NE(run_command({"zstd", "-tq"}, packed).status, 0);
}

// As under a limit on processes: RLIMIT_NPROC counts threads, and does not hold for root.
std::string without_threads(const Format& format, const std::string& text) {
  return in_child([&] {
    const rlimit none = {0, 0};
    if (!test::become_nobody() || ::setrlimit(RLIMIT_NPROC, &none) != 0) return std::string("not set up");
    return compress(format, text, 0, 4);
  });
}

TEST(GzipCompressor, DoesWithoutThreadsWhereThereAreNone) {
  const std::string text = input(9 * kGzipBlock);
  EXPECT_TRUE(same(without_threads(kGzip, text), compress(kGzip, text, 0, 4)));
}

TEST(ZstdCompressor, SaysThatItNeedsAThread) {
  EXPECT_EQ(without_threads(kZstd, "abc"),
            "zstd needs a thread, and the system starts no more for this user; raise its limit, or compress with gzip");
}

}  // namespace
}  // namespace rootlet
