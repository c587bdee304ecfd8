#include "layer/gzip.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>
#include <vector>

#include "layer/deflate_block.hpp"
#include "layer/threads.hpp"

namespace rootlet::layer {

namespace {

// Each takes 3.5 MiB: its state, and two blocks with room for what becomes of them.
constexpr unsigned kMostWorkers = 12;
// More blocks, 8 MiB, for workers to go on with where the caller is not given a processor in time.
constexpr unsigned kSpare = 8;

// RFC 1952, 2.3: deflate, no flags, no time, no extra flags, of an unknown system.
constexpr std::array<unsigned char, 10> kHeader = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255};

// Blocks go round a ring: the caller fills them in order, workers compress them in any order, and the caller, when it needs one
// back, writes the oldest out.
class Gzip : public Sink {
 public:
  Gzip(int level, unsigned threads, Sink& out);
  ~Gzip() override;

  Result<void> write(std::span<const std::byte> bytes) override;
  Result<void> finish() override;

 private:
  void work(Deflate& deflate);
  void submit(bool last);
  Result<void> begin_next();
  Result<void> write_oldest();
  Block& block(uint64_t number) { return blocks_[number % blocks_.size()]; }

  Sink& out_;
  std::vector<std::unique_ptr<Deflate>> deflates_;  // one a worker, or one if there is none
  std::vector<Block> blocks_;
  uLong crc_ = 0;
  uint64_t size_ = 0;
  uint64_t written_ = 0;  // blocks that are written out

  std::mutex mutex_;
  std::condition_variable submitted_condition_, done_condition_;
  uint64_t submitted_ = 0;  // blocks that are filled; the next is being filled
  uint64_t taken_ = 0;      // blocks that a worker has or had
  bool stopping_ = false;
  std::vector<std::thread> workers_;
};

Gzip::Gzip(int level, unsigned threads, Sink& out) : out_(out) {
  // Everything is allocated here, so that workers never are short of memory.
  const unsigned count = std::clamp(threads, 1U, kMostWorkers);
  for (unsigned i = 0; i < count; ++i) deflates_.push_back(std::make_unique<Deflate>(level));
  blocks_.resize(count == 1 ? 1 : 2 * count + kSpare);
  for (Block& each : blocks_) {
    each.in.resize(kBlock);
    each.out.resize(deflates_.front()->bound());
  }
  if (count == 1) return;
  workers_.reserve(count);
  for (auto& deflate : deflates_) {
    auto worker = start_thread([this, &deflate] { work(*deflate); });
    if (!worker) break;
    workers_.push_back(std::move(*worker));
  }
}

Gzip::~Gzip() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    submitted_condition_.notify_all();
  }
  for (std::thread& worker : workers_) worker.join();
}

void Gzip::work(Deflate& deflate) {
  std::unique_lock lock(mutex_);
  for (;;) {
    submitted_condition_.wait(lock, [this] { return taken_ < submitted_ || stopping_; });
    if (stopping_) return;
    Block& mine = block(taken_++);
    lock.unlock();
    mine.compress(deflate);
    lock.lock();
    mine.done = true;
    done_condition_.notify_one();
  }
}

void Gzip::submit(bool last) {
  Block& full = block(submitted_);
  full.last = last;
  if (workers_.empty()) {
    full.compress(*deflates_.front());
    full.done = true;
    ++submitted_;
    return;
  }
  const std::lock_guard lock(mutex_);
  ++submitted_;
  submitted_condition_.notify_one();
}

Result<void> Gzip::write_oldest() {
  Block& oldest = block(written_);
  {
    std::unique_lock lock(mutex_);
    done_condition_.wait(lock, [&] { return oldest.done; });
    oldest.done = false;
  }
  if (written_++ == 0) {
    if (auto begun = out_.write(std::as_bytes(std::span(kHeader))); !begun) return begun;
  }
  crc_ = crc32_combine(crc_, oldest.crc, static_cast<z_off_t>(oldest.length));
  size_ += oldest.length;
  return out_.write(std::as_bytes(std::span(oldest.out).first(oldest.packed)));
}

// Makes room for the block after the last one submitted.
Result<void> Gzip::begin_next() {
  if (submitted_ - written_ == blocks_.size()) {
    if (auto written = write_oldest(); !written) return written;
  }
  block(submitted_).length = 0;
  return {};
}

Result<void> Gzip::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    Block& current = block(submitted_);
    const size_t length = std::min(bytes.size(), kBlock - current.length);
    std::memcpy(current.in.data() + current.length, bytes.data(), length);
    current.length += length;
    bytes = bytes.subspan(length);
    if (current.length < kBlock) continue;
    submit(false);
    if (auto begun = begin_next(); !begun) return begun;
  }
  return {};
}

Result<void> Gzip::finish() {
  submit(true);
  while (written_ < submitted_) {
    if (auto written = write_oldest(); !written) return written;
  }
  std::array<unsigned char, 8> trailer;  // RFC 1952, 2.3.1: CRC-32 and the size, modulo 2^32, both little-endian
  for (unsigned i = 0; i < 4; ++i) {
    trailer[i] = static_cast<unsigned char>(crc_ >> (8 * i));
    trailer[4 + i] = static_cast<unsigned char>(size_ >> (8 * i));
  }
  return out_.write(std::as_bytes(std::span(trailer)));
}

}  // namespace

Result<std::unique_ptr<Sink>> make_gzip(int level, unsigned threads, Sink& out) {
  return std::unique_ptr<Sink>(std::make_unique<Gzip>(level, thread_count(threads), out));
}

}  // namespace rootlet::layer
