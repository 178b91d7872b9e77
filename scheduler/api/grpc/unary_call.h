// One unary call of gRPC's callback API, ended exactly once by whoever comes first: the Gateway's answer, or the client
// that gives up. Internal to scheduler/api/grpc.
//
//   auto call = UnaryCall::Begin("ControlService/StopExecution", observer);
//   gateway.StopExecution(..., [call, response](auto result) {
//     if (!call->Claim()) return;           // after the claim, and only then, the response may be written
//     call->End(result.status());
//   });
//   return call->reactor();
//
// The object lives until gRPC is done with it and the last callback has let it go. Thread rule: any thread.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>

#include "absl/status/status.h"

namespace pawl::api::rpc {

using RequestObserver =
    std::function<void(std::string_view method, std::string_view code, std::chrono::microseconds took)>;

// `status` for the wire: a refusal's message begins with its Step Functions error name, and one that a second try mends
// (overload, a database that is away) carries google.rpc.RetryInfo in its details.
::grpc::Status WireStatus(const absl::Status& status);

class UnaryCall : public ::grpc::ServerUnaryReactor, public std::enable_shared_from_this<UnaryCall> {
 public:
  // `method` must be a literal; `observer` must outlive the call.
  static std::shared_ptr<UnaryCall> Begin(std::string_view method, const RequestObserver& observer);

  ::grpc::ServerUnaryReactor* reactor() { return this; }
  // True for the first who asks; that one calls End.
  bool Claim() { return !claimed_.exchange(true); }
  bool is_over() const { return claimed_; }
  void End(const absl::Status& status);
  // Runs when the client gives up before the end; at once if it has already.
  void WhenCancelled(std::function<void()> action);

 private:
  UnaryCall(std::string_view method, const RequestObserver& observer) : method_(method), observer_(observer) {}
  void OnCancel() override;
  void OnDone() override;

  const std::string_view method_;
  const RequestObserver& observer_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::atomic<bool> claimed_ = false;
  std::mutex mutex_;
  bool cancelled_ = false;                // under mutex_
  std::function<void()> when_cancelled_;  // under mutex_
  std::shared_ptr<UnaryCall> self_;       // until gRPC is done
};

}  // namespace pawl::api::rpc
