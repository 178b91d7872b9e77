// The completion queue of a server and the threads that wait at it. Few of them: one that takes an event and leaves
// others waiting has to wake one of those first, which at one call at a time costs as much as the call.
//
// Thread rule: any thread, but construction and destruction.
#pragma once

#include <grpc/support/time.h>
#include <grpcpp/completion_queue.h>

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace pawl::rpc {

class CallQueue {
 public:
  // The tag of an operation. `ok` is what gRPC says of its kind.
  class Event {
   public:
    virtual void Happened(bool ok) = 0;

   protected:
    ~Event() = default;
  };

  explicit CallQueue(std::unique_ptr<::grpc::ServerCompletionQueue> queue);
  // After the server has shut down. Waits until all who entered have left, for gRPC allows no operation to begin on a
  // queue that is shut down; then for the threads.
  ~CallQueue();
  CallQueue(const CallQueue&) = delete;
  CallQueue& operator=(const CallQueue&) = delete;

  ::grpc::ServerCompletionQueue* get() { return queue_.get(); }
  // Who may begin an operation later on: a method that takes calls, a call that has come and has not been ended. What
  // has begun needs no stay.
  void Enter();
  void Leave();

  // Begins an operation that mostly is over at once, as a write is, and then tells it here and now, without waking a
  // thread of the queue. In its place another event may be told, so the caller holds no lock.
  template <typename Begin>
  void BeginAndTell(const Begin& begin);

 private:
  void Run();
  // Tells one event in another no deeper than this: what is told may begin the next.
  static bool& is_telling();

  std::unique_ptr<::grpc::ServerCompletionQueue> queue_;
  std::mutex mutex_;
  std::condition_variable left_;
  size_t inside_ = 0;      // under mutex_
  bool is_alone_ = false;  // its one thread
  std::vector<std::thread> threads_;
};

template <typename Begin>
void CallQueue::BeginAndTell(const Begin& begin) {
  if (is_telling()) return begin();
  void* tag = nullptr;
  bool ok = false;
  const auto got = queue_->DoThenAsyncNext(begin, &tag, &ok, gpr_time_0(GPR_CLOCK_MONOTONIC));
  if (got != ::grpc::CompletionQueue::GOT_EVENT) return;
  is_telling() = true;
  static_cast<Event*>(tag)->Happened(ok);
  is_telling() = false;
}

// One kind of operation of a call: the call lives until it has happened. One of a kind is under way at a time.
template <typename Call>
class Operation final : public CallQueue::Event {
 public:
  Operation(Call& call, void (Call::*happened)(bool ok)) : call_(call), happened_(happened) {}

  // For the operation that begins now.
  void* Tag() {
    self_ = call_.shared_from_this();
    return static_cast<CallQueue::Event*>(this);
  }
  // It was begun with a call that never came.
  void Forget() { self_ = nullptr; }
  void Happened(bool ok) override {
    const auto self = std::move(self_);
    (call_.*happened_)(ok);
  }

 private:
  Call& call_;
  void (Call::*happened_)(bool ok);
  std::shared_ptr<void> self_;
};

}  // namespace pawl::rpc
