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

#include <atomic>
#include <functional>
#include <mutex>

#include "absl/status/status.h"
#include "scheduler/api/grpc/queued_call.h"

namespace pawl::api::rpc {

class UnaryCall : public QueuedCall {
 public:
  using QueuedCall::QueuedCall;

  // True for the first who asks; that one calls End.
  bool Claim() { return !claimed_.exchange(true); }
  bool is_over() const { return claimed_; }
  void End(const absl::Status& status);
  // Ends it now where `status` is a refusal, and says so.
  bool IsRefused(const absl::Status& status);
  // Runs when the client gives up before the end; at once if it has already.
  void WhenCancelled(std::function<void()> action);

 private:
  virtual void Send(const ::grpc::Status& status, void* tag) = 0;
  void OnCancel() override;
  void OnOver() override;

  std::atomic<bool> claimed_ = false;
  std::mutex mutex_;
  bool cancelled_ = false;                // under mutex_
  std::function<void()> when_cancelled_;  // under mutex_
};

}  // namespace pawl::api::rpc
