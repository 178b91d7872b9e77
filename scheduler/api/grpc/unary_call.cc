#include "scheduler/api/grpc/unary_call.h"

#include <utility>

#include "shared/rpc/status.h"

namespace pawl::api::rpc {

void UnaryCall::End(const absl::Status& status) {
  Observe(status);
  EndBy([&](void* tag) {
    Send(status.code() == absl::StatusCode::kCancelled ? pawl::rpc::ToGrpcStatus(status) : WireStatus(status), tag);
  });
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

void UnaryCall::OnOver() {
  const std::lock_guard lock(mutex_);
  when_cancelled_ = nullptr;  // may hold this
}

}  // namespace pawl::api::rpc
