#include "layer/zstd.hpp"

#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <new>
#include <thread>
#include <vector>

#include "layer/threads.hpp"

namespace rootlet::layer {

namespace {

// What a worker compresses at a time. libzstd chooses it by the level, and with 8 MiB at level 3 holds 80 MiB for two workers.
constexpr int kJob = 2 << 20;
// With that, eight workers stay under 64 MiB at levels up to 5.
constexpr unsigned kMostWorkers = 8;

struct Free {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
using Context = std::unique_ptr<ZSTD_CCtx, Free>;

class Zstd : public Sink {
 public:
  Zstd(Context context, Sink& out) : context_(std::move(context)), out_(out), buffer_(ZSTD_CStreamOutSize()) {}

  Result<void> write(std::span<const std::byte> bytes) override {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    while (in.pos < in.size) {
      if (auto left = run(in, ZSTD_e_continue); !left) return Unexpected(std::move(left).error());
    }
    return {};
  }

  Result<void> finish() override {
    ZSTD_inBuffer in{nullptr, 0, 0};
    for (;;) {
      auto left = run(in, ZSTD_e_end);
      if (!left) return Unexpected(std::move(left).error());
      if (*left == 0) return {};
    }
  }

 private:
  Result<size_t> run(ZSTD_inBuffer& in, ZSTD_EndDirective directive) {
    ZSTD_outBuffer out{buffer_.data(), buffer_.size(), 0};
    size_t left = 0;
    {
      const BlockedSignals blocked;  // the first call starts the workers
      left = ZSTD_compressStream2(context_.get(), &out, &in, directive);
    }
    if (ZSTD_getErrorCode(left) == ZSTD_error_memory_allocation) throw std::bad_alloc();
    if (ZSTD_isError(left)) return fail(ErrorCode::io, std::string("cannot compress: ") + ZSTD_getErrorName(left));
    if (out.pos > 0) {
      if (auto written = out_.write(std::span(buffer_).first(out.pos)); !written) return Unexpected(std::move(written).error());
    }
    return left;
  }

  Context context_;
  Sink& out_;
  std::vector<std::byte> buffer_;
};

}  // namespace

Result<std::unique_ptr<Sink>> make_zstd(int level, unsigned threads, Sink& out) {
  // libzstd says no more than that memory is short where it gets no thread, and compressing without one gives other bytes.
  auto probe = start_thread([] {});
  if (!probe) return fail(ErrorCode::io, "zstd needs a thread, and the system starts no more for this user; raise its limit, or compress with gzip");
  probe->join();
  Context context(ZSTD_createCCtx());
  if (!context) throw std::bad_alloc();
  // One worker, too, cuts the frame into jobs, so that the bytes are the same for any number of them.
  // libzstd gives a worker its next job only when the caller comes by, so one more than is wanted keeps the processors busy till then.
  const unsigned wanted = std::min(thread_count(threads), kMostWorkers - 1);
  const int workers = static_cast<int>(wanted > 1 ? wanted + 1 : 1);
  const std::pair<ZSTD_cParameter, int> parameters[] = {
      {ZSTD_c_compressionLevel, level}, {ZSTD_c_checksumFlag, 1}, {ZSTD_c_nbWorkers, workers}, {ZSTD_c_jobSize, kJob}};
  for (const auto& [parameter, value] : parameters) {
    const size_t set = ZSTD_CCtx_setParameter(context.get(), parameter, value);
    if (ZSTD_isError(set)) return fail(ErrorCode::unsupported, std::string("cannot set up zstd: ") + ZSTD_getErrorName(set));
  }
  return std::unique_ptr<Sink>(std::make_unique<Zstd>(std::move(context), out));
}

}  // namespace rootlet::layer
