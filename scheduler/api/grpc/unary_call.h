// One unary call, ended exactly once by whoever comes first: the Gateway's answer, or the client that gives up.
// Internal to scheduler/api/grpc; method.h makes them.
//
//   gateway.StopExecution(..., [call, &response](auto result) {
//     if (!call->Claim()) return;           // after the claim, and only then, the response may be written
//     call->End(result.status());
//   });
//
// The object, and with it request and response, lives until gRPC is done with it and the last callback has let it go.
// Thread rule: any thread.
#pragma once

#include <grpcpp/server_context.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>

#include "absl/status/status.h"
#include "shared/rpc/call_queue.h"

namespace pawl::api::rpc {

using RequestObserver =
    std::function<void(std::string_view method, std::string_view code, std::chrono::microseconds took)>;

// `status` for the wire: a refusal's message begins with its Step Functions error name, and one that a second try mends
// (overload, a database that is away) carries google.rpc.RetryInfo in its details.
::grpc::Status WireStatus(const absl::Status& status);

class UnaryCall : public std::enable_shared_from_this<UnaryCall> {
 public:
  virtual ~UnaryCall() = default;

  const ::grpc::ServerContext& context() const { return context_; }
  ::grpc::ServerContext& mutable_context() { return context_; }

  // The call is waited for, has come, or will not come any more.
  void Await(pawl::rpc::CallQueue& queue);
  void Come();
  void NeverCome() { done_.Forget(); }

  // True for the first who asks; that one calls End.
  bool Claim() { return !claimed_.exchange(true); }
  bool is_over() const { return claimed_; }
  void End(const absl::Status& status);
  // Ends it now where `status` is a refusal, and says so.
  bool IsRefused(const absl::Status& status);
  // Runs when the client gives up before the end; at once if it has already.
  void WhenCancelled(std::function<void()> action);

 protected:
  // `method` must be a literal; `observer` must outlive the call.
  UnaryCall(std::string_view method, const RequestObserver& observer) : method_(method), observer_(observer) {}

 private:
  virtual void Send(const ::grpc::Status& status, void* tag) = 0;
  void OnSent(bool) {}
  void OnDone(bool ok);
  void OnCancel();

  pawl::rpc::CallQueue* queue_ = nullptr;
  ::grpc::ServerContext context_;
  const std::string_view method_;
  const RequestObserver& observer_;
  std::chrono::steady_clock::time_point began_;
  pawl::rpc::Operation<UnaryCall> sent_{*this, &UnaryCall::OnSent};
  pawl::rpc::Operation<UnaryCall> done_{*this, &UnaryCall::OnDone};
  std::atomic<bool> claimed_ = false;
  std::mutex mutex_;
  bool cancelled_ = false;                // under mutex_
  std::function<void()> when_cancelled_;  // under mutex_
};

}  // namespace pawl::api::rpc
