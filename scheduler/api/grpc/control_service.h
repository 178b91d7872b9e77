// control.v1 on the Gateway. Internal to scheduler/api/grpc.
#pragma once

#include <memory>

#include "proto/control/v1/control.grpc.pb.h"
#include "scheduler/api/grpc/method.h"
#include "scheduler/gateway/gateway.h"

namespace pawl::api::rpc {

class ControlService final : public ServiceOf<control::v1::ControlService::AsyncService> {
 public:
  ControlService(gateway::Gateway& gateway, gateway::Caller caller, RequestObserver observer);

 private:
  using Call = std::shared_ptr<UnaryCall>;
  void StartExecution(const Call& call, const control::v1::StartExecutionRequest& request,
                      control::v1::StartExecutionResponse& response);
  void StartExecutions(const Call& call, const control::v1::StartExecutionsRequest& request,
                       control::v1::StartExecutionsResponse& response);
  void DescribeExecution(const Call& call, const control::v1::DescribeExecutionRequest& request,
                         control::v1::Execution& response);
  void ListExecutions(const Call& call, const control::v1::ListExecutionsRequest& request,
                      control::v1::ListExecutionsResponse& response);
  void StopExecution(const Call& call, const control::v1::StopExecutionRequest& request,
                     control::v1::StopExecutionResponse& response);

  gateway::Gateway& gateway_;
  const gateway::Caller caller_;
};

}  // namespace pawl::api::rpc
