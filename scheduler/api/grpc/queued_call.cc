#include "scheduler/api/grpc/queued_call.h"

#include <string>
#include <utility>

#include "scheduler/api/error_name.h"
#include "scheduler/api/grpc/retry_details.h"
#include "scheduler/gateway/reason.h"

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

void QueuedCall::Await(pawl::rpc::CallQueue& queue) {
  queue_ = &queue;
  context_.AsyncNotifyWhenDone(done_.Tag());
}

void QueuedCall::Come() {
  TakeTime();
  queue_->Enter();
}

void QueuedCall::Observe(const absl::Status& status) const {
  if (!observer_) return;
  observer_(method_, absl::StatusCodeToString(status.code()),
            std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began_));
}

void QueuedCall::EndBy(const std::function<void(void* tag)>& finish) {
  finish(ended_.Tag());
  queue_->Leave();
}

}  // namespace pawl::api::rpc
