#include "scheduler/api/grpc/unary_call.h"

#include <string>
#include <utility>

#include "scheduler/api/error_name.h"
#include "scheduler/api/grpc/retry_details.h"
#include "scheduler/gateway/reason.h"
#include "shared/rpc/status.h"

namespace pawl::api::rpc {

::grpc::Status WireStatus(const absl::Status& status) {
  if (status.ok()) return ::grpc::Status::OK;
  const auto code = static_cast<::grpc::StatusCode>(status.code());
  std::string message = std::string(ErrorNameOf(status)) + ": " + std::string(status.message());
  const auto retry_after = gateway::RetryAfterOf(status);
  if (!retry_after) return ::grpc::Status(code, message);
  std::string details = RetryDetails(code, message, *retry_after);
  return ::grpc::Status(code, std::move(message), std::move(details));
}

void UnaryCall::End(const absl::Status& status) {
  if (observer_) {
    observer_(method_, absl::StatusCodeToString(status.code()),
              std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began_));
  }
  Send(status.code() == absl::StatusCode::kCancelled ? pawl::rpc::ToGrpcStatus(status) : WireStatus(status),
       sent_.Tag());
  queue_->Leave();
}

void UnaryCall::Await(pawl::rpc::CallQueue& queue) {
  queue_ = &queue;
  context_.AsyncNotifyWhenDone(done_.Tag());
}

void UnaryCall::Come() {
  began_ = std::chrono::steady_clock::now();
  queue_->Enter();
}

bool UnaryCall::IsRefused(const absl::Status& status) {
  if (status.ok()) return false;
  if (Claim()) End(status);
  return true;
}

void UnaryCall::WhenCancelled(std::function<void()> action) {
  {
    const std::lock_guard lock(mutex_);
    if (!cancelled_) {
      when_cancelled_ = std::move(action);
      return;
    }
  }
  action();
}

void UnaryCall::OnCancel() {
  std::function<void()> action;
  {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    action = std::exchange(when_cancelled_, nullptr);
  }
  if (action) action();
  if (Claim()) End(absl::CancelledError("the client gave the call up"));
}

void UnaryCall::OnDone(bool) {
  if (context_.IsCancelled()) return OnCancel();
  const std::lock_guard lock(mutex_);
  when_cancelled_ = nullptr;  // may hold this
}

}  // namespace pawl::api::rpc
