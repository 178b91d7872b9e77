// One StartExecutions call: starts all, then, where asked for, waits until all that were started have ended. Internal
// to scheduler/api/grpc.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "proto/control/v1/control.pb.h"
#include "scheduler/api/grpc/unary_call.h"
#include "scheduler/gateway/gateway.h"

namespace pawl::api::rpc {

// At most 10,000 items of one state machine.
absl::Status CheckBulk(const control::v1::StartExecutionsRequest& request);

class BulkStart : public std::enable_shared_from_this<BulkStart> {
 public:
  BulkStart(gateway::Gateway& gateway, gateway::Caller caller, std::shared_ptr<UnaryCall> call,
            control::v1::StartExecutionsResponse* response)
      : gateway_(gateway), caller_(std::move(caller)), call_(std::move(call)), response_(response) {}

  void Run(std::vector<gateway::StartExecutionRequest> starts, bool wait);

 private:
  struct Outcome {
    std::string arn;
    std::string error;
    std::string message;
    std::string status;
  };
  void Await(size_t index, const std::string& arn);
  void OneEnded();
  void Answer();

  gateway::Gateway& gateway_;
  const gateway::Caller caller_;
  const std::shared_ptr<UnaryCall> call_;
  control::v1::StartExecutionsResponse* const response_;  // written after the claim only
  // Each element is written before its callback counts down; read when the count is zero. The start of all counts too.
  std::vector<Outcome> outcomes_;
  std::atomic<size_t> running_ = 0;
};

}  // namespace pawl::api::rpc
