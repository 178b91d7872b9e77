#include "shared/rpc/call_queue.h"

#include <pthread.h>

#include <algorithm>

namespace pawl::rpc {

CallQueue::CallQueue(std::unique_ptr<::grpc::ServerCompletionQueue> queue) : queue_(std::move(queue)) {
  const unsigned threads = std::clamp(std::thread::hardware_concurrency() / 2, 1u, 8u);
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
  void* tag = nullptr;
  bool ok = false;
  while (queue_->Next(&tag, &ok)) static_cast<Event*>(tag)->Happened(ok);
}

bool& CallQueue::is_telling() {
  thread_local bool telling = false;
  return telling;
}

}  // namespace pawl::rpc
