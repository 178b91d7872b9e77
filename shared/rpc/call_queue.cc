#include "shared/rpc/call_queue.h"

#include <pthread.h>

#include <algorithm>

#include "shared/wait/short_wait.h"

namespace pawl::rpc {
namespace {

// A worker that has nothing to compute answers so soon.
constexpr std::chrono::microseconds kNextSoon{500};

}  // namespace

CallQueue::CallQueue(std::unique_ptr<::grpc::ServerCompletionQueue> queue) : queue_(std::move(queue)) {
  const unsigned threads = std::clamp(std::thread::hardware_concurrency() / 4, 1u, 8u);
  is_alone_ = threads == 1;
  for (unsigned i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { Run(); });
    pthread_setname_np(threads_.back().native_handle(), "grpc");
  }
}

CallQueue::~CallQueue() {
  {
    std::unique_lock lock(mutex_);
    left_.wait(lock, [this] { return inside_ == 0; });
  }
  queue_->Shutdown();
  for (std::thread& thread : threads_) thread.join();
}

void CallQueue::Enter() {
  const std::lock_guard lock(mutex_);
  ++inside_;
}

void CallQueue::Leave() {
  const std::lock_guard lock(mutex_);
  if (--inside_ == 0) left_.notify_all();
}

void CallQueue::Run() {
  wait::ShortWait wait(kNextSoon);
  wait.ServeThread();
  while (true) {
    void* tag = nullptr;
    bool ok = false;
    auto got = ::grpc::CompletionQueue::TIMEOUT;
    wait.Begin();
    // Of several threads one has the connections, asleep or not: the others would look at nothing.
    while (is_alone_ && got == ::grpc::CompletionQueue::TIMEOUT && wait.Looks()) {
      got = queue_->AsyncNext(&tag, &ok, gpr_time_0(GPR_CLOCK_MONOTONIC));
    }
    if (got == ::grpc::CompletionQueue::TIMEOUT) {
      got = queue_->Next(&tag, &ok) ? ::grpc::CompletionQueue::GOT_EVENT : ::grpc::CompletionQueue::SHUTDOWN;
    }
    wait.End();
    if (got == ::grpc::CompletionQueue::SHUTDOWN) return;
    static_cast<Event*>(tag)->Happened(ok);
  }
}

bool& CallQueue::is_telling() {
  thread_local bool telling = false;
  return telling;
}

}  // namespace pawl::rpc
