// What all calls have in common that are taken from a CallQueue: how they come, how long they live, how they are given
// up, and that the queue outlives what they may still begin. Internal to scheduler/api/grpc.
//
// The object lives until gRPC is done with it and the last who holds it has let it go.
#pragma once

#include <grpcpp/server_context.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "shared/rpc/call_queue.h"

namespace pawl::api::rpc {

using RequestObserver =
    std::function<void(std::string_view method, std::string_view code, std::chrono::microseconds took)>;

// `status` for the wire: a refusal's message begins with its Step Functions error name, and one that a second try mends
// (overload, a database that is away) carries google.rpc.RetryInfo in its details.
::grpc::Status WireStatus(const absl::Status& status);

class QueuedCall : public std::enable_shared_from_this<QueuedCall> {
 public:
  // `method` must be a literal; `observer` must outlive the call.
  QueuedCall(std::string_view method, const RequestObserver& observer) : method_(method), observer_(observer) {}
  virtual ~QueuedCall() = default;
  QueuedCall(const QueuedCall&) = delete;
  QueuedCall& operator=(const QueuedCall&) = delete;

  // The call is waited for; has come, and then has to be ended; or will not come any more.
  void Await(pawl::rpc::CallQueue& queue);
  void Come();
  void NeverCome() { done_.Forget(); }

  const ::grpc::ServerContext& context() const { return context_; }
  ::grpc::ServerContext& mutable_context() { return context_; }

 protected:
  // What is observed takes its time from now, in the place of when the call came.
  void TakeTime() { began_ = std::chrono::steady_clock::now(); }
  void Observe(const absl::Status& status) const;
  // Ends the call: `finish` begins that with the tag given. No operation begins after it.
  void EndBy(const std::function<void(void* tag)>& finish);
  pawl::rpc::CallQueue& queue() { return *queue_; }

 private:
  // The client has given the call up, or the server does; it may have been ended already.
  virtual void OnCancel() = 0;
  // Nothing more comes of a call that went to its end.
  virtual void OnOver() {}
  void OnEnded(bool) {}
  void OnDone(bool) { context_.IsCancelled() ? OnCancel() : OnOver(); }

  const std::string_view method_;
  const RequestObserver& observer_;
  pawl::rpc::CallQueue* queue_ = nullptr;
  ::grpc::ServerContext context_;
  std::chrono::steady_clock::time_point began_;
  pawl::rpc::Operation<QueuedCall> ended_{*this, &QueuedCall::OnEnded};
  pawl::rpc::Operation<QueuedCall> done_{*this, &QueuedCall::OnDone};
};

}  // namespace pawl::api::rpc
